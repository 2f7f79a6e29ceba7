"""Frames: what is written can be read, and what cannot be read is refused without reading beyond its end."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yroom.crdt import protocol
from yroom.exceptions import ProtocolError


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
    assert protocol.sole_awareness(frame)
    assert not protocol.sole_awareness(frame + protocol.sync_step1(b"\x00"))
    assert not protocol.sole_awareness(frame[:-1])
    assert not protocol.sole_awareness(protocol.sync_step1(b"\x00"))


def long(number: int, size: int) -> bytes:
    """A number written with more bytes than it needs."""
    return bytes([*(number // 128**at % 128 + 128 for at in range(size - 1)), number // 128 ** (size - 1)])


MESSAGES = {"update": (2, b"\0\0"), "step 2": (1, b"\0\0"), "step 1": (0, b"\0")}


@given(
    st.lists(st.tuples(st.sampled_from(sorted(MESSAGES)), st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=6)
)
def test_a_price_is_that_of_all_messages_however_they_are_written(parts: list[tuple[str, int, int]]) -> None:
    frame, price, asks = b"", 0, 0
    for name, kind_size, step_size in parts:
        step, payload = MESSAGES[name]
        frame += long(0, kind_size) + long(step, step_size) + protocol.write_var_bytes(payload)
        price += 1
        asks = protocol.STEP1_PRICE if name == "step 1" else asks
    assert protocol.price(frame) == price + asks
    assert protocol.price(frame + b"\3") == price + asks + 1 + protocol.QUERY_PRICE


def test_a_price_of_presence_is_that_of_its_entries() -> None:
    many = protocol.write_var_uint(5000) + b"\1\1\4null" * 5000
    assert protocol.price(protocol.awareness(many)) == 1 + 5000 // protocol.ENTRIES
    assert protocol.price(protocol.awareness(b"\1\1\1\4null")) == 1


def test_a_price_of_a_question_is_that_of_all_clients_that_it_names() -> None:
    frame = protocol.sync_step1(bytes(10 * protocol.VECTOR))
    assert protocol.price(frame) == 1 + 10 + protocol.STEP1_PRICE


def test_no_more_is_counted_than_there_is_left() -> None:
    """To count a frame must not cost what it is refused for."""
    assert protocol.price(b"\3" * 1_000_000, 50) <= 51 + protocol.QUERY_PRICE
