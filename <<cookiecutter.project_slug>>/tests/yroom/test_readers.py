"""What a reader sends: never counted as saved unless it is there already, and never dropped without a notice."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc

import yroom
from yroom.crdt import library, patches, protocol, update_reader
from yroom.crdt.causal_order import Extent
from yroom.crdt.clients import read
from yroom.crdt.protocol import read_var_bytes, sync_step2, sync_update
from yroom.exceptions import ProtocolError, RoomDamagedError

from .test_kept import CUTS
from .test_room import Recorder, join, make_room, text_of, typed
from .test_structs import ROOT, SCENARIOS, WIDE, A, decoded, identity, update_of


def refusals(outlet: Recorder, number: int) -> int:
    told = [frame for to, frame in outlet.replies if to == number and frame[0] == protocol.CONTROL]
    return sum(json.loads(read_var_bytes(frame, 1)[0]).get("code") == "read_only" for frame in told)


THERE = update_of(A, b"\x84" + identity(1, 0) + b"\6bcdefg")
SENT = {
    "an update": update_of(b"\4" + ROOT + b"\1x", client=2),
    "what lacks something": update_of(b"\x84" + identity(9, 9) + b"\1x", client=2),
    "a deletion": b"\0\1\1\1" + identity(2, 1),
    "a deletion and what is there": THERE[:-1] + b"\1\1\1" + identity(2, 1),
    "a deletion of what is not there": b"\0\1\1\1" + identity(20, 1),
    "a deletion of somebody unknown": b"\0\1\7\1" + identity(0, 1),
    "a deletion beyond one that is there": b"\0\1\1\1" + identity(0, 3),
    "something large": update_of(b"\4" + ROOT + protocol.write_var_bytes(b"x" * 50_000), client=2),
}


@pytest.mark.parametrize("frame", [sync_update, sync_step2], ids=["update", "step 2"])
@pytest.mark.parametrize("beside", [b"", sync_step2(b"\0\0"), sync_step2(THERE)], ids=["alone", "nothing", "known"])
@pytest.mark.parametrize("sent", SENT)
def test_what_is_dropped_is_told(sent: str, beside: bytes, frame: Any) -> None:
    room, outlet = make_room(**WIDE)
    room.document.apply(THERE)
    room.document.apply(b"\0\1\1\1" + identity(0, 1))
    stored, state = len(outlet.stored), room.document.encode()
    reader = join(room, 1, read_only=True, controls=True)
    room.receive(reader, beside + frame(SENT[sent]) + beside)
    assert refusals(outlet, 1) == 1
    assert reader.documents == 2 * bool(beside)
    assert (len(outlet.stored), room.document.encode()) == (stored, state)


def test_an_empty_update_is_dropped_with_a_notice_and_an_empty_answer_is_not() -> None:
    room, outlet = make_room()
    reader = join(room, 1, read_only=True, controls=True)
    room.receive(reader, sync_step2(b"\0\0"))
    assert (reader.documents, refusals(outlet, 1)) == (1, 0)
    room.receive(reader, sync_update(b"\0\0"))
    assert (reader.documents, refusals(outlet, 1)) == (1, 1)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*CUTS[:8], *SCENARIOS[:4]]), st.data())
def test_an_answer_counts_if_it_is_there(scenario: dict[str, Any], data: st.DataObject) -> None:
    """Whatever a room holds, and whatever part of it, or more, a reader has."""
    room, outlet = make_room(**WIDE)
    sent = decoded(scenario, "updates")
    for update in sent[: data.draw(st.integers(0, len(sent)))]:
        room.document.apply(update)
    reader = join(room, 1, read_only=True, controls=True)
    answer = data.draw(st.sampled_from([*sent, *decoded(scenario, "states")]))
    state = room.document.encode()
    room.receive(reader, sync_step2(answer))
    is_there = Extent.of(room.document.doc).covers(patches.patched(answer, update_reader.read(answer)))
    assert (reader.documents, refusals(outlet, 1)) == ((1, 0) if is_there else (0, 1))
    assert room.document.encode() == state


# The library's panics


class Panic(BaseException):
    """As the library raises it."""


Panic.__name__ = "PanicException"


def test_a_panic_of_the_library_is_an_error() -> None:
    """Wherever it is called, on documents and on updates: what is no Exception would end a task without a word."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise Panic("in native code")

    broken: Any = Broken()
    for call in (library.encode, library.state_of, lambda doc: library.apply(doc, b"")):
        with pytest.raises(RuntimeError, match="in native code"):
            call(broken)
    with pytest.raises(RuntimeError), library.no_panic():
        raise Panic
    with pytest.raises(KeyboardInterrupt), library.no_panic():
        raise KeyboardInterrupt


def test_a_panic_ends_with_its_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    room, _ = make_room()
    alice = join(room, 1)
    (update,) = typed("a")

    def panic(*_: Any) -> Any:
        raise Panic

    class Broken:
        apply_update = get_update = get_state = create_transaction = panic

    with monkeypatch.context() as patched:
        patched.setattr(room.document.doc, "_doc", Broken())
        for name in ("get_update", "get_state"):
            patched.setattr(Doc, name, panic)
        with pytest.raises(RoomDamagedError):
            room.receive(alice, sync_update(update))
        with pytest.raises(ProtocolError):
            room.receive(alice, protocol.sync_step1(b"\1\1\1"))
        with pytest.raises(RuntimeError):
            room.join(alice)
    room.document.apply(update)
    assert text_of(room) == "a"


def test_the_library_is_called_in_one_place() -> None:
    """Everywhere else a panic would go by unnoticed."""
    calls = ("get_update(", "get_state(", "merge_updates(", ".apply_update(")
    for path in Path(yroom.__file__).parent.rglob("*.py"):
        if path.name != "library.py":
            assert not [call for call in calls if call in path.read_text()], path.name


def test_a_length_in_one_byte_is_below_128() -> None:
    """What announces more is no keystroke, whatever stands behind it."""
    (update,) = typed("x" * 190)
    frame = b"\x00\x02" + bytes((len(update),)) + update
    assert 128 <= len(update) < 256
    with pytest.raises(ProtocolError):
        read(frame)
