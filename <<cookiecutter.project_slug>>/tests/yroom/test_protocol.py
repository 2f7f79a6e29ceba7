"""Frames: what is written can be read, and what cannot be read is refused without reading beyond its end."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yroom import protocol
from yroom.protocol import ProtocolError


@given(st.integers(0, protocol.MAX_SAFE_INTEGER))
def test_numbers_survive(number: int) -> None:
    encoded = protocol.write_var_uint(number)
    assert protocol.read_var_uint(encoded, 0) == (number, len(encoded))


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.binary(max_size=300)), max_size=5))
def test_many_messages_share_a_frame(messages: list[tuple[int, bytes]]) -> None:
    frame = b"".join(bytes((protocol.SYNC, step)) + protocol.write_var_bytes(payload) for step, payload in messages)
    assert [(step, payload) for _, step, payload in protocol.read_messages(frame)] == messages


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_an_error(frame: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        list(protocol.read_messages(frame))


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_truncated_frame_is_an_error(payload: bytes, data: st.DataObject) -> None:
    frame = protocol.sync_update(payload)
    cut = data.draw(st.integers(1, len(frame) - 1))
    with pytest.raises(ProtocolError):
        list(protocol.read_messages(frame[:cut]))


def test_lengths_are_utf8_bytes() -> None:
    assert protocol.permission_denied("é") == b"\x02\x00\x02\xc3\xa9"


def test_awareness_alone_is_recognised() -> None:
    frame = protocol.awareness(b"\x00")
    assert protocol.is_awareness_only(frame)
    assert not protocol.is_awareness_only(frame + protocol.sync_step1(b"\x00"))
    assert not protocol.is_awareness_only(frame[:-1])
    assert not protocol.is_awareness_only(protocol.sync_step1(b"\x00"))
