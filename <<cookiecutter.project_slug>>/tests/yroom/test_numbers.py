"""Numbers at the end of their range: what the server sends on are numbers that browsers read, whatever it was sent."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yroom.crdt import causal_index, causal_order
from yroom.crdt.awareness import LAST_CLOCK, Awareness
from yroom.crdt.protocol import MAX_SAFE_INTEGER, read_var_bytes, read_var_uint, sync_step1, sync_update, write_var_uint
from yroom.crdt.update_reader import MAX_CLOCK
from yroom.exceptions import ProtocolError, TooMuchWaitingError

from .test_awareness import entry, update
from .test_room import join, make_room
from .test_structs import ROOT, WIDE, identity, update_of

LAST = [LAST_CLOCK - 1, LAST_CLOCK, LAST_CLOCK + 1, MAX_SAFE_INTEGER - 1, MAX_SAFE_INTEGER]


def entries(payload: bytes) -> list[tuple[int, int, Any]]:
    """As a browser reads them: a number beyond 53 bits, or what is no JSON, raises."""
    count, at = read_var_uint(payload, 0)
    read_: list[tuple[int, int, Any]] = []
    for _ in range(count):
        client, at = read_var_uint(payload, at)
        clock, at = read_var_uint(payload, at)
        raw, at = read_var_bytes(payload, at)
        assert b"Infinity" not in raw
        read_.append((client, clock, json.loads(raw)))
    return read_


@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.sampled_from([0, 1, *LAST]), st.sampled_from([b"{}", b"null", b'{"user":{}}'])),
        max_size=8,
    ),
    st.integers(0, 50),
)
def test_clocks_of_presence_stay_numbers(sent: list[tuple[int, int, bytes]], renamed: int) -> None:
    awareness = Awareness(("user",), 4, 1000)
    for client, clock, state in sent:
        with suppress(ProtocolError):
            awareness.receive(7, "1", {"name": "A"}, update(entry(client, clock, state)))
    for number in range(renamed):
        awareness.rename(7, {"name": str(number)})
    told = entries(awareness.welcome())
    gone = awareness.leave(7)
    after = {client: clock for client, clock, _ in entries(gone)} if gone else {}
    # Browsers take a state only if its clock is higher than the last.
    assert all(after[client] > clock for client, clock, _ in told)


@pytest.mark.parametrize("number", [b"1e400", b"-1e999", b"[1e400]"])
def test_a_number_too_large_for_python_is_not_sent_on_as_what_is_no_json(number: bytes) -> None:
    awareness = Awareness(("cursor", "more"), 4, 1000)
    state = b'{"more":' + number + b',"other":1}'
    with suppress(ProtocolError):
        awareness.receive(7, "", None, update(entry(1, 1, state)))
    entries(awareness.encode())


def test_a_side_of_a_position_is_a_number() -> None:
    awareness = Awareness(("cursor",), 4, 10_000)
    position = {"item": {"client": 1, "clock": 1}, "assoc": 10**400}
    awareness.receive(7, "", None, update(entry(1, 1, {"cursor": {"anchor": position, "head": position}})))
    assert entries(awareness.encode()) == [(1, 1, {"cursor": None})]


KINDS = ["gone", "skip", "deleted", "deletes", "beside", "asks"]
EDGE = st.sampled_from([0, 1, 2, MAX_CLOCK - 2, MAX_CLOCK - 1, MAX_CLOCK, 2**31, 2**32 - 1, 2**32, MAX_SAFE_INTEGER])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), EDGE, EDGE), max_size=8))
def test_clocks_stay_numbers(steps: list[tuple[str, int, int]]) -> None:
    """A room that was sent the last of them is read, stored and sent on like any other."""
    room, outlet = make_room(**WIDE)
    alice = join(room, 1)
    for what, first, second in steps:
        clock, length = write_var_uint(first), write_var_uint(second)
        made = {
            "gone": update_of(b"\0" + length, clock=first),
            "skip": update_of(b"\x0a" + length, b"\4" + ROOT + b"\1a", clock=first),
            "deleted": update_of(b"\1" + ROOT + length, clock=first, client=2),
            "deletes": b"\0\1\1\1" + clock + length,
            "beside": update_of(b"\x84" + identity(1, first) + b"\1a", client=3, clock=second),
            "asks": b"\1\1" + length,
        }[what]
        with suppress(ProtocolError, TooMuchWaitingError):
            room.receive(alice, (sync_step1 if what == "asks" else sync_update)(made))
    room.document.set_aside()
    state = room.document.encode()
    assert causal_index.survey(state).ends == causal_order.read_state_vector(room.document.doc.get_state())
    folded = causal_order.fold(b"\0\0", outlet.stored)
    assert causal_index.survey(folded.state).ends == causal_index.survey(state).ends
    assert all(end <= MAX_CLOCK for end in causal_index.survey(state).ends.values())
