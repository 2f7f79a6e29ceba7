"""Large updates are applied in parts, and what takes too long is given up, without a trace."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yroom.crdt import update_reader
from yroom.crdt.applied import CLOSELY
from yroom.crdt.causal_index import Index, Missing
from yroom.crdt.causal_order import fold, join, read_state_vector
from yroom.crdt.clients import Client
from yroom.crdt.protocol import EMPTY_UPDATE, sync_update, write_var_bytes
from yroom.crdt.room import Room
from yroom.crdt.slices import LARGE, Parts, cut
from yroom.exceptions import RoomTooComplexError

from .test_room import make_room
from .test_structs import ROOT, SCENARIOS, content_of, decoded, identity, opened, update_of


def embeds(client: int, number: int, *, after_each_other: bool) -> bytes:
    """Things that cannot be merged into one, all at the beginning of a list or each behind the one before it."""
    first = b"\5" + ROOT + b"\x011"
    rest = (b"\x85" + identity(client, at) + b"\x011" if after_each_other else first for at in range(number - 1))
    return update_of(first, *rest, client=client)


def in_parts(update: bytes, number: int) -> list[bytes]:
    some, cut_off = Parts(update, update_reader.read(update)), []
    some._number = number
    while some:
        cut_off.append(some.take())
    return cut_off


LONG = write_var_bytes(b"x" * LARGE)
SINGLE = {
    "a text in a root": b"\4" + ROOT + LONG,
    "a text behind another": b"\x84" + identity(1, 0) + LONG,
    "a text between two": b"\xc4" + identity(1, 0) + identity(1, 1) + LONG,
    "a text before another": b"\x44" + identity(1, 1) + LONG,
    "bytes": b"\x83" + identity(1, 0) + LONG,
    "an embed": b"\x85" + identity(1, 0) + write_var_bytes(b'"' + b"x" * LARGE + b'"'),
}


@pytest.mark.parametrize("what", SINGLE)
def test_one_large_thing_is_loaded_and_compacted(what: str) -> None:
    """However short the way is on which it was read: a long text that is pasted looks like a keystroke."""
    update = update_of(SINGLE[what], client=2)
    assert len(update) >= LARGE
    first = update_of(b"\4" + ROOT + b"\2ab")
    room, _ = make_room(room_size=10_000_000)
    room.document.reset()
    for each in (first, update):
        for _ in room.document.restoring(each, cut(each)):
            pass
    assert read_state_vector(room.document.doc.get_state())[2] in (1, LARGE)
    folded = fold(EMPTY_UPDATE, [first, update])
    assert folded.held == [0, 1]
    assert content_of(opened(folded.state)) == content_of(room.document.doc)


@pytest.mark.parametrize("number", [1, 2, 7, 1000])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_parts_make_the_same_document(scenario: dict[str, Any], number: int) -> None:
    """And none lacks anything when its turn comes."""
    whole = opened(EMPTY_UPDATE)
    for update in decoded(scenario, "updates"):
        whole.apply_update(update)
    state = whole.get_update()
    pieces = opened(EMPTY_UPDATE)
    index = Index()
    for part in in_parts(state, number):
        contents = update_reader.read(part)
        assert contents.size <= number
        placed = index.place(contents, update_reader.MAX_STORED_DEPTH)
        assert not isinstance(placed, Missing)
        index.add(placed)
        pieces.apply_update(part)
    assert content_of(pieces) == content_of(whole)
    assert read_state_vector(pieces.get_state()) == read_state_vector(whole.get_state())


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(1, 9))
def test_parts_of_what_several_wrote_in_turns(seed: int, number: int) -> None:
    """Each behind what another wrote, so that no client's part can go first as a whole."""
    chance = random.Random(seed)
    written = dict.fromkeys(range(1, 5), b"")
    clocks = dict.fromkeys(written, 0)
    last: tuple[int, int] | None = None
    for _ in range(40):
        client = chance.randint(1, 4)
        written[client] += (b"\x85" + identity(*last) if last else b"\5" + ROOT) + b"\x011"
        last = (client, clocks[client])
        clocks[client] += 1
    blocks = [
        bytes((clocks[client],)) + identity(client, 0) + data for client, data in written.items() if clocks[client]
    ]
    update = bytes((len(blocks),)) + b"".join(blocks) + b"\0"
    whole, pieces = opened(update), opened(EMPTY_UPDATE)
    for part in in_parts(update, number):
        pieces.apply_update(part)
    assert pieces.get_update() == whole.get_update() != EMPTY_UPDATE


def work(room: Room, update: bytes) -> int:
    """How many steps a room takes for an update."""
    client = Client(1, "hub")
    steps, result, count = room.receiving(client, sync_update(update)), None, 0
    while True:
        try:
            step = steps.send(result)
        except StopIteration:
            return count
        result = step() if step is not None else None
        count += 1


def test_a_large_update_is_taken_in_steps_and_stored_as_one() -> None:
    room, outlet = make_room()
    update = embeds(1, 5000, after_each_other=True)
    assert work(room, update) > 5
    assert outlet.stored == [update]
    assert [broadcast.frame for broadcast in room.flush()] == [sync_update(update)]
    alone = opened(EMPTY_UPDATE)
    alone.apply_update(update)
    assert room.document.doc.get_update() == alone.get_update()
    ranges = b"".join(identity(at, 1) for at in range(0, 5000, 2))
    deletions = b"\0\1\1" + identity(2500, 0)[:-1] + ranges
    assert work(room, deletions) > 5
    alone.apply_update(deletions)
    assert room.document.doc.get_update() == alone.get_update()


def test_what_takes_too_long_is_given_up() -> None:
    room, outlet = make_room(room_effort=0.05)
    work(room, embeds(1, 5000, after_each_other=True))
    with pytest.raises(RoomTooComplexError):
        work(room, embeds(2, 5000, after_each_other=False))
    assert len(outlet.stored) == 1
    assert len(room.flush()) == 1


def test_what_takes_long_now_and_then_is_given_up() -> None:
    """However many quick ones come in between: they earn it less than it costs."""
    before = (b"\x45" + identity(1, at) + b"\x011" for at in range(100_000 - 1))
    room, _ = make_room(room_size=10_000_000, room_effort=0.1)
    for _ in room.document.restoring(update_of(b"\5" + ROOT + b"\x011", *before)):
        pass
    room.document.survey()

    def attack() -> None:
        clock = 0
        for client in range(3, 13):
            # Each of the eight is put behind all that is at the same place already.
            work(room, embeds(client, 8, after_each_other=False))
            for _ in range(2 * CLOSELY):
                quick = b"\x85" + identity(2, clock - 1) + b"\x011" if clock else b"\5\1\1q\x011"
                work(room, update_of(quick, client=2, clock=clock))
                clock += 1

    with pytest.raises(RoomTooComplexError):
        attack()


def test_a_large_document_is_stored_and_loaded_in_parts() -> None:
    update = embeds(1, 60_000, after_each_other=True)
    assert len(update) > LARGE
    some = cut(update)
    assert some is not None
    room, _ = make_room()
    room.document.reset()
    assert len(list(room.document.restoring(update, some))) > 10
    doc, late = join([update])
    assert not late
    assert room.document.doc.get_update() == doc.get_update() == opened(update).get_update()
    assert cut(update[:1000]) is None
