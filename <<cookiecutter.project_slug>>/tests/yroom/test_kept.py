"""What has been acknowledged is kept: in the document, or set aside where it is listed, whatever happens in between.

Rooms are given what browsers and attackers send, in orders in which it is not meant to arrive, and are unloaded,
compacted and opened again in between.
"""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Text, merge_updates

from yroom.crdt import applied, causal_index, causal_order, patches, update_reader
from yroom.crdt.causal_order import Extent
from yroom.crdt.protocol import EMPTY_UPDATE, read_var_bytes, sync_step1, sync_step2, sync_update
from yroom.crdt.room import Room
from yroom.exceptions import (
    ProtocolError,
    RoomDamagedError,
    RoomTooComplexError,
    RoomTooLargeError,
    TooMuchWaitingError,
)

from .fuzz import is_kept
from .test_room import Recorder, join, make_room
from .test_structs import ROOT, SCENARIOS, WIDE, decoded, deliver, identity, opened, update_of

# Made by cuts.mjs beside it with Yjs 13.6.33: three clients a scenario that cut characters in two.
CUTS = json.loads((Path(__file__).parent / "corpus" / "cuts.json").read_text())
EMOJI = update_of(b"\4" + ROOT + b"\6" + "👩ab".encode())


def text_of(state: bytes, root: str = "content") -> str:
    return str(opened(state).get(root, type=Text))


class Store:
    """What is stored of a room, as DatabaseStorage keeps it."""

    def __init__(self) -> None:
        self.snapshot = EMPTY_UPDATE
        self.log: list[bytes] = []
        self.set_aside: list[bytes] = []

    def compact(self) -> None:
        folded = causal_order.fold(self.snapshot, self.log)
        self.set_aside += [self.log[place] for place in folded.wrong]
        gone = {*folded.held, *folded.wrong}
        self.snapshot = folded.state
        self.log = [update for place, update in enumerate(self.log) if place not in gone]

    def open(self) -> tuple[Room, Recorder]:
        """The room as a worker opens it."""
        room, outlet = make_room(**WIDE)
        room.document.reset()
        ordered = causal_order.order([self.snapshot, *self.log])
        room.document.restore([update for update, _ in ordered.ready])
        room.document.restored(ordered.lacking)
        room.document.survey()
        return room, outlet


class Site:
    """A room that is opened and closed, and the updates that it counted as saved."""

    def __init__(self) -> None:
        self.store = Store()
        self.saved: list[bytes] = []
        self.begin()

    def begin(self) -> None:
        self.room, self.outlet = self.store.open()
        self.clients = [join(self.room, number) for number in (1, 2, 3)]
        self.waiting: dict[int, list[bytes]] = {1: [], 2: [], 3: []}

    def send(self, number: int, update: bytes, *, answer: bool) -> None:
        client = self.clients[number - 1]
        if client.id not in self.room.clients:
            return
        before, waiting = client.documents, self.waiting[client.id]
        try:
            self.room.receive(client, (sync_step2 if answer else sync_update)(update))
        except (ProtocolError, TooMuchWaitingError, RoomTooLargeError):
            self.room.leave(client)
            return
        except RoomDamagedError:
            self.restart()
            return
        waiting.append(update)
        if client.documents - before == len(waiting):
            # All that it sent is saved, the last included.
            self.saved += waiting
            waiting.clear()
        elif client.documents > before:
            # Some of it: that which the document has.
            taken = [each for each in waiting if Extent.of(self.room.document.doc).covers_all(update_reader.read(each))]
            for each in taken[: client.documents - before]:
                waiting.remove(each)
                self.saved.append(each)
        self.keep()

    def keep(self) -> None:
        """The writer has committed."""
        self.store.log += self.outlet.stored
        self.outlet.stored.clear()

    def answer(self, number: int) -> None:
        """A client that was asked has nothing more."""
        client = self.clients[number - 1]
        if client.id in self.room.clients and self.room.ask(client):
            self.room.receive(client, sync_step2(EMPTY_UPDATE))
            client.documents -= 1
        self.keep()

    def restart(self) -> None:
        self.keep()
        self.begin()

    def check(self) -> None:
        """A fresh reader has all that was saved, or it is set aside; nothing that was stored is gone."""
        folded = causal_order.fold(self.store.snapshot, self.store.log)
        stored = Extent.of_encoded(folded.state)
        set_aside = [*self.store.set_aside, *(self.store.log[place] for place in folded.wrong)]
        fresh, _ = self.store.open()
        reader = opened(fresh.document.encode())
        has = Extent.of(reader)
        for update in self.saved:
            assert is_kept(update, has, set_aside)
            assert is_kept(update, stored, set_aside)
        assert causal_index.survey(fresh.document.encode()).ends == causal_order.read_state_vector(reader.get_state())


HOSTILE = [
    b"\0\1\1\1" + identity(0, 1),
    b"\0\1\1\1" + identity(1, 1),
    b"\0\1\1\1" + identity(0, 9),
    update_of(b"\x84" + identity(1, 0) + b"\1x", client=2),
    update_of(b"\x44" + identity(1, 1) + b"\1y", client=3),
    update_of(b"\xc4" + identity(1, 0) + identity(1, 1) + b"\1z", client=4),
    update_of(b"\4\0" + identity(1, 0) + b"\1i", client=5),
    update_of(b"\7" + ROOT + b"\0", client=6),
    update_of(b"\4\0" + identity(6, 0) + b"\4\xf0\x9f\x91\xa9", client=7),
    update_of(b"\x84" + identity(7, 0) + b"\1k", clock=1, client=6, deletes=b"\1\1\1" + identity(0, 2)),
    update_of(b"\0\2", client=1),
    update_of(b"\4" + ROOT + b"\3\xef\xbf\xbd", client=1),
    update_of(b"\x84" + identity(1, 3) + b"\1m", clock=4),
    update_of(b"\x84" + identity(1, 4) + b"\5n\xf0\x9f\x91\xa9", clock=5),
    EMOJI,
    merge_updates(EMOJI, b"\0\1\1\1" + identity(0, 2)),
    update_of(b"\x84" + identity(8, 0) + b"\1p", client=9, deletes=b"\1\1\1" + identity(0, 2)),
    update_of(b"\x84" + identity(9, 0) + b"\1q", client=8),
]

WHAT = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 3), st.integers(0, 200), st.booleans()),
    st.tuples(st.just("hostile"), st.integers(1, 3), st.integers(0, len(HOSTILE) - 1), st.booleans()),
    st.tuples(st.sampled_from(["answer", "restart", "compact"]), st.integers(1, 3), st.just(0), st.just(False)),
)


@settings(max_examples=150)
@given(st.sampled_from([*CUTS[:6], *SCENARIOS[:3]]), st.lists(WHAT, max_size=40))
def test_what_was_saved_is_there_or_set_aside(
    scenario: dict[str, Any], steps: list[tuple[str, int, int, bool]]
) -> None:
    site = Site()
    sent = decoded(scenario, "updates")[:30]
    for what, who, which, answer in steps:
        if what == "send":
            site.send(who, sent[which % len(sent)], answer=answer)
        elif what == "hostile":
            site.send(who, HOSTILE[which], answer=answer)
        elif what == "answer":
            site.answer(who)
        elif what == "restart":
            site.restart()
        else:
            site.keep()
            site.store.compact()
        site.check()


@settings(max_examples=40)
@given(st.sampled_from(CUTS), st.randoms(use_true_random=False))
def test_what_cuts_characters_gives_what_browsers_have(scenario: dict[str, Any], chance: random.Random) -> None:
    """In any order, with the room opened anew and compacted in between."""
    site = Site()
    sent = decoded(scenario, "updates")
    chance.shuffle(sent)
    for update in sent:
        site.room.document.apply(patches.patched(update, update_reader.read(update)))
        site.keep()
        if chance.random() < 0.1:
            site.store.compact()
        if chance.random() < 0.1:
            site.restart()
    for state in (site.room.document.encode(), site.store.open()[0].document.encode()):
        assert text_of(state) == scenario["text"]
        assert causal_index.survey(state).ends == {int(client): end for client, end in scenario["ends"].items()}
    site.store.compact()
    assert not site.store.log
    assert not site.store.set_aside
    assert text_of(site.store.snapshot) == scenario["text"]


@pytest.mark.parametrize("scenario", CUTS)
def test_who_was_offline_is_sent_what_browsers_have(scenario: dict[str, Any]) -> None:
    """Whatever part of it one has: a state vector may end between two halves too."""
    room, outlet = make_room(**WIDE)
    sent = [patches.patched(each, update_reader.read(each)) for each in decoded(scenario, "updates")]
    deliver(room, sent, checked=False)
    alice = join(room, 1)
    for state in decoded(scenario, "states"):
        assert not room.document.apply(state)
    # Another room stands for a browser: it does what browsers do to a character that is cut.
    browser, _ = make_room(**WIDE)
    for update in decoded(scenario, "updates"):
        browser.document.apply(update)
        room.receive(alice, sync_step1(browser.document.doc.get_state()))
        answer = read_var_bytes(outlet.replies[-1][1], 2)[0]
        other, _ = make_room(**WIDE)
        other.document.apply(browser.document.encode())
        for waiting in browser.document.lacking():
            other.document.apply(waiting)
        other.document.apply(answer)
        assert text_of(other.document.encode()) == scenario["text"]


CUTTING = {
    "a text behind the first half": (update_of(b"\x84" + identity(1, 0) + b"\1x", client=2), "\ufffd\ufffdabx"),
    "a text before the second half": (update_of(b"\x44" + identity(1, 1) + b"\1x", client=2), "\ufffdx\ufffdab"),
    "a text between": (update_of(b"\xc4" + identity(1, 0) + identity(1, 1) + b"\1x", client=2), "\ufffdx\ufffdab"),
    "the second half deleted": (b"\0\1\1\1" + identity(1, 1), "\ufffdab"),
    "the first half deleted": (b"\0\1\1\1" + identity(0, 1), "\ufffdab"),
    "a mark between": (update_of(b"\xc6" + identity(1, 0) + identity(1, 1) + b"\1b\4true", client=2), "\ufffd\ufffdab"),
    "its own": (
        update_of(b"\x84" + identity(1, 3) + b"\4\xf0\x9f\x91\xa9", b"\x84" + identity(1, 4) + b"\1x", clock=4),
        "👩ab\ufffdx\ufffd",
    ),
}


@pytest.mark.parametrize("cut", CUTTING)
def test_a_character_may_be_cut_in_two(cut: str) -> None:
    """Nobody is refused for it, and all have what browsers make of it."""
    update, text = CUTTING[cut]
    site = Site()
    site.send(1, EMOJI, answer=False)
    site.send(2, update, answer=False)
    assert site.saved == [EMOJI, update]
    for _ in range(2):
        assert text_of(site.room.document.encode(), "r") == text
        site.check()
        site.store.compact()
        assert not site.store.log
        site.restart()


def test_all_that_it_takes_to_cut_a_character_counts_as_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only to put another document in place: to find the character in the whole of it takes as long."""
    halved = patches.halved

    def take_long(*update_and_cuts: Any) -> bytes:
        time.sleep(0.2)
        return halved(*update_and_cuts)

    monkeypatch.setattr(patches, "halved", take_long)
    monkeypatch.setattr(applied, "CUT_EFFORT", 1.0)
    room, _ = make_room(room_effort=0.15)
    room.document.apply(EMOJI)
    with pytest.raises(RoomTooComplexError):
        room.document.apply(CUTTING["a text between"][0])


def test_a_half_comes_before_the_whole() -> None:
    """A browser that wrote one half after the other sends but the first, then both as one."""
    site = Site()
    site.send(1, update_of(b"\4" + ROOT + b"\3\xef\xbf\xbd"), answer=False)
    site.send(1, EMOJI, answer=True)
    assert len(site.saved) == 2
    site.check()
    assert text_of(site.room.document.encode(), "r") == "\ufffd\ufffdab"
    site.room.receive(site.clients[1], sync_step1(b"\1" + identity(1, 1)))
    reader = opened(update_of(b"\4" + ROOT + b"\3\xef\xbf\xbd"))
    reader.apply_update(read_var_bytes(site.outlet.replies[-1][1], 2)[0])
    assert str(reader.get("r", type=Text)) == "\ufffd\ufffdab"


def test_who_has_half_of_it_is_sent_the_other_half() -> None:
    """The room has the whole: nobody cut it there."""
    room, outlet = make_room(**WIDE)
    room.document.apply(EMOJI)
    room.receive(join(room, 1), sync_step1(b"\1" + identity(1, 1)))
    reader = opened(update_of(b"\4" + ROOT + b"\3\xef\xbf\xbd"))
    reader.apply_update(read_var_bytes(outlet.replies[-1][1], 2)[0])
    assert str(reader.get("r", type=Text)) == "\ufffd\ufffdab"
    assert text_of(room.document.encode(), "r") == "👩ab"


def test_an_emoji_deleted_before_a_restart_and_cut_after_it() -> None:
    site = Site()
    site.send(1, EMOJI, answer=False)
    site.send(1, b"\0\1\1\1" + identity(0, 2), answer=False)
    site.restart()
    between = update_of(b"\xc4" + identity(1, 0) + identity(1, 1) + b"\1x", b"\x84" + identity(2, 0) + b"\1y", client=2)
    site.send(2, between, answer=True)
    site.send(2, update_of(b"\x84" + identity(2, 1) + b"\5 more", clock=2, client=2), answer=False)
    assert len(site.saved) == 4
    for _ in range(2):
        site.check()
        site.store.compact()
        assert not site.store.log
        site.restart()
        assert text_of(site.room.document.encode(), "r") == "xy moreab"


def test_what_turns_out_to_be_wrong_is_set_aside() -> None:
    """Before a restart it was inside of what is left of something deleted; the log says that this holds nothing."""
    site = Site()
    site.send(1, EMOJI, answer=False)
    site.send(1, b"\0\1\1\1" + identity(0, 4), answer=False)
    site.restart()
    inside = update_of(b"\4\0" + identity(1, 2) + b"\1x", client=2)
    site.send(2, inside, answer=False)
    site.store.log = [EMOJI, *site.store.log]
    assert inside in site.saved
    site.store.compact()
    site.check()
    assert site.store.set_aside in ([], [inside])
    assert not site.store.log
