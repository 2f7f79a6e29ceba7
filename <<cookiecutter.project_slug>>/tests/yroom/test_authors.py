"""Who wrote and who deleted what: as the log tells it, as it is noted when the log is folded, and what is confirmed."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, Text

from yroom.authors import copied, notes, state_before
from yroom.crdt import confirming, protocol, update_reader
from yroom.crdt.authors import CONFIRMED, MADE, REMOVED, SHOWN, Claim, Note, settle
from yroom.crdt.causal_order import read_state_vector
from yroom.crdt.clients import Client
from yroom.crdt.item_reader import ItemReader, Type
from yroom.crdt.protocol import read_var_bytes, sync_step1, sync_step2, sync_update
from yroom.crdt.ranges import Ranges
from yroom.crdt.room import Room
from yroom.document import begin
from yroom.models import AuthorNote, RoomSnapshot, RoomUpdate
from yroom.store.authors import FEW
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

from .test_room import Recorder, join, make_room
from .test_structs import identity, update_of

ROOM = "room.1"
database = pytest.mark.django_db(transaction=True)


class Writer:
    """Somebody's browser: a document of its own, and what it has changed since it was last asked."""

    def __init__(self, user: str, state: bytes = protocol.EMPTY_UPDATE, client: int | None = None) -> None:
        self.user = user
        self.doc: Doc[Any] = Doc() if client is None else Doc(client_id=client)
        self.doc.apply_update(state)

    @property
    def text(self) -> Text:
        text: Text = self.doc.get("content", type=Text)
        return text

    @property
    def number(self) -> int:
        return int(self.doc.client_id)

    def types(self, text: str, at: int = 0) -> bytes:
        before = self.doc.get_state()
        self.text.insert(at, text)
        return self.doc.get_update(before)

    def deletes(self, start: int, end: int) -> bytes:
        changes: list[bytes] = []
        subscription = self.doc.observe(lambda event: changes.append(event.update))
        del self.text[start:end]
        self.doc.unobserve(subscription)
        return changes[0]


def sent(user: str, *updates: bytes, live: bool = True, room: str = ROOM) -> None:
    DatabaseStorage().append([Entry(room, update, user, live=live) for update in updates])


def told(kind: int = MADE, room: str = ROOM) -> list[tuple[int, int, int, str, bool, str]]:
    """What is known of a room, without when; neighbours that say the same as one."""
    joined: list[tuple[int, int, int, str, bool, str]] = []
    for each in sorted(note for note in notes(room) if note.kind == kind):
        row = each.client, each.clock, each.end, each.user, each.confirmed, each.by
        if joined and joined[-1][0] == row[0] and joined[-1][2] == row[1] and joined[-1][3:] == row[3:]:
            row = *joined.pop()[:2], *row[2:]
        joined.append(row)
    return joined


@pytest.fixture(params=["in the log", "folded"])
def folded(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "folded")


def fold(folded: bool) -> None:
    """Compact, or leave it at that: what is known must be the same."""
    if folded:
        DatabaseStorage().compact(ROOM)
        assert not RoomUpdate.objects.exists()


@database
def test_who_sent_what_is_told_by_the_log_and_noted_when_it_is_folded(folded: bool) -> None:
    ada = Writer("1")
    sent("1", ada.types("one "), ada.types("two "))
    fold(folded)
    ben = Writer("2", ada.doc.get_update())
    sent("2", ben.types("three"))
    assert told() == sorted([(ada.number, 0, 8, "1", True, ""), (ben.number, 0, 5, "2", True, "")])
    sent("2", ben.deletes(0, 3), ben.deletes(2, 4))
    fold(folded)
    assert told() == sorted([(ada.number, 0, 8, "1", True, ""), (ben.number, 0, 5, "2", True, "")])
    assert {row[3] for row in told(REMOVED)} == {"2"}
    assert sum(row[2] - row[1] for row in told(REMOVED)) == 5
    now = timezone.now()
    for note in notes(ROOM):
        assert note.first is not None
        assert note.last is not None
        assert now - timedelta(minutes=1) < note.first <= note.last <= now
    DatabaseStorage().delete(ROOM)
    assert not AuthorNote.objects.exists()


@database
def test_a_deletion_is_his_who_sent_it_first_however_often_it_is_repeated(folded: bool) -> None:
    ada = Writer("1")
    sent("1", ada.types("abcdef"))
    ben = Writer("2", ada.doc.get_update())
    sent("2", ben.deletes(1, 3))
    fold(folded)
    ada.doc.apply_update(ben.doc.get_update())
    # What somebody answers with who comes holds all deletions that he has heard of.
    sent("1", ada.deletes(0, 1), ada.doc.get_update(), live=False)
    fold(folded)
    assert told(REMOVED) == [(ada.number, 0, 1, "1", True, ""), (ada.number, 1, 3, "2", True, "")]
    assert told() == [(ada.number, 0, 6, "1", True, "")]


@database
def test_what_is_sent_under_the_number_of_another_is_not_taken_as_his(folded: bool) -> None:
    ada = Writer("1")
    sent("1", ada.types("mine"))
    fold(folded)
    forger = Writer("2", ada.doc.get_update(), ada.number)
    sent("2", forger.types("I resign. "))
    fold(folded)
    assert told() == [(ada.number, 0, 4, "1", True, ""), (ada.number, 4, 14, "1", False, "2")]
    # Nor may somebody without a name.
    nobody = Writer("", forger.doc.get_update(), ada.number)
    sent("", nobody.types("!"))
    assert told()[-1] == (ada.number, 14, 15, "1", False, "")
    DatabaseStorage().note(ROOM, [Note(CONFIRMED, ada.number, 6, 4, "1")])
    fold(folded)
    assert told() == [
        (ada.number, 0, 4, "1", True, ""),
        (ada.number, 4, 6, "1", False, "2"),
        (ada.number, 6, 10, "1", True, ""),
        (ada.number, 10, 14, "1", False, "2"),
        (ada.number, 14, 15, "1", False, ""),
    ]


@database
def test_who_writes_under_a_number_comes_before_who_brought_what_was_written(folded: bool) -> None:
    """A server died before it had stored anything of Ada's, and Ben's browser came back first."""
    ada = Writer("1")
    sent("2", ada.types("hers"), live=False)
    fold(folded)
    sent("1", ada.types(" too"))
    sent("2", ada.types(" brought"), live=False)
    assert told() == [
        (ada.number, 0, 4, "2", True, ""),
        (ada.number, 4, 8, "1", True, ""),
        (ada.number, 8, 16, "1", False, "2"),
    ]


@database
def test_what_lacks_something_is_nobodys_until_that_comes(folded: bool) -> None:
    """Or all that somebody writes would be his who sent something under her number that is never there."""
    ada = Writer("1")
    forger = Writer("2", Writer("2").types("never sent"), ada.number)
    sent("2", forger.types("not hers"), live=False)
    sent("1", ada.types("hers, all of it"))
    fold(folded)
    assert told() == [(ada.number, 0, 15, "1", True, "")]


@database
def test_what_lacked_something_is_his_who_sent_it_first(folded: bool) -> None:
    ben = Writer("2")
    words = ben.types("sent later")
    ada = Writer("1", words)
    answer, deletion = ada.types("answer "), ada.deletes(10, 12)
    sent("1", answer, deletion, live=False)
    sent("2", words)
    # As a room that was opened meanwhile has it stored: it does not know any more who had sent it.
    sent("", answer, deletion, live=False)
    fold(folded)
    assert told() == sorted([(ada.number, 0, 7, "1", True, ""), (ben.number, 0, 10, "2", True, "")])
    assert told(REMOVED) == [(ben.number, 3, 5, "1", True, "")]


@database
def test_what_was_there_before_is_unknown(folded: bool) -> None:
    old = Writer("")
    old.types("from long ago")
    RoomSnapshot.objects.create(room=ROOM, state=(state := old.doc.get_update()), checksum=crc32(state))
    ada = Writer("1", state)
    sent("1", ada.types("new "))
    sent("1", ada.doc.get_update(), live=False)
    fold(folded)
    assert told() == [(ada.number, 0, 4, "1", True, "")]


@database
def test_a_copy_keeps_whose_words_are_whose() -> None:
    ada, old = Writer("1"), Writer("")
    old.types("old ")
    state = old.doc.get_update()
    sent("", state)
    sent("1", ada.types("words"))
    ada.doc.apply_update(state)
    sent("2", ada.deletes(0, 2))
    forged = ada.types("forged")
    sent("2", forged)
    whole = ada.doc.get_update()
    doc: Doc[Any] = Doc()
    doc.apply_update(whole)
    doc.get("title", type=Text).insert(0, "Copy")
    begin("room.2", doc, "3", copied(ROOM, whole))
    for _ in range(2):
        assert told(room="room.2") == sorted([*told(), (int(doc.client_id), 0, 4, "3", True, "")])
        assert told(REMOVED, "room.2") == told(REMOVED)
        DatabaseStorage().compact("room.2")


@database
def test_stretches_are_told_apart_by_time_and_the_more_there_are_the_longer_they_get() -> None:
    ada = Writer("1")
    sent("1", *(ada.types("a") for _ in range(6)))
    start = timezone.now() - timedelta(hours=1)
    for place, update in enumerate(RoomUpdate.objects.order_by("sequence")):
        RoomUpdate.objects.filter(pk=update.pk).update(created=start + timedelta(seconds=25 * place))
    made = [note for note in notes(ROOM) if note.kind == MADE]
    assert [(note.clock, note.length) for note in made] == [(0, 3), (3, 3)]
    assert made[0].last == start + timedelta(seconds=50)
    AuthorNote.objects.bulk_create(
        AuthorNote(room=ROOM, kind=MADE, client=1, clock=clock, length=1, user="9") for clock in range(2000)
    )
    made = [note for note in notes(ROOM) if note.client == ada.number]
    assert [(note.clock, note.length) for note in made] == [(0, 5), (5, 1)]


@database
@override_settings(YROOM_SETTINGS={"default": {"MAX_AUTHOR_NOTES": 100}})
def test_nobody_fills_up_the_notes_of_a_room() -> None:
    doc: Doc[Any] = Doc()
    for _ in range(300):
        doc.apply_update(Writer("2").types("x"))
    sent("2", doc.get_update())
    DatabaseStorage().compact(ROOM)
    ada = Writer("1", doc.get_update())
    sent("1", ada.types("still noted"))
    DatabaseStorage().compact(ROOM)
    assert AuthorNote.objects.count() == 51
    assert (ada.number, 0, 11, "1", True, "") in told()


@database
def test_what_cannot_be_noted_keeps_no_room_from_being_folded(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Writer("1")
    sent("1", ada.types("words"))
    monkeypatch.setattr("yroom.store.authors._senders", lambda room: 1 // 0)
    DatabaseStorage().compact(ROOM)
    assert not RoomUpdate.objects.exists()
    assert "could not note who wrote what" in caplog.text


@database
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_random_people_at_random_times(seed: int) -> None:
    """Each letter is his who typed it, and each deletion his who did it first, whenever the log is folded."""
    DatabaseStorage().delete(ROOM)
    chance = random.Random(seed)
    writers = [Writer(str(number)) for number in (1, 2, 3)]
    made: dict[tuple[int, int], str] = {}
    removed: dict[tuple[int, int], str] = {}
    state: Doc[Any] = Doc()
    for _ in range(40):
        writer = chance.choice(writers)
        act = chance.random()
        if act < 0.5:
            ends = dict(clocks(writer.doc))
            update = writer.types("word"[: chance.randint(1, 4)], chance.randint(0, len(str(writer.text))))
            made.update(
                ((writer.number, clock), writer.user)
                for clock in range(ends.get(writer.number, 0), dict(clocks(writer.doc))[writer.number])
            )
        elif act < 0.7 and len(str(writer.text)) > 1:
            start = chance.randint(0, len(str(writer.text)) - 1)
            update = writer.deletes(start, chance.randint(start + 1, len(str(writer.text))))
        elif act < 0.9:
            writer.doc.apply_update(state.get_update())
            continue
        else:
            DatabaseStorage().compact(ROOM)
            continue
        for each in deleted(update):
            removed.setdefault(each, writer.user)
        # Some send all that they have besides.
        whole = chance.random() < 0.2
        before = state.get_update()
        state.apply_update(writer.doc.get_update() if whole else update)
        if state.get_update() != before:
            sent(writer.user, writer.doc.get_update() if whole else update, live=not whole)
    told_made = {(n.client, clock): n.user for n in notes(ROOM) if n.kind == MADE for clock in range(n.clock, n.end)}
    told_removed = {
        (n.client, clock): n.user for n in notes(ROOM) if n.kind == REMOVED for clock in range(n.clock, n.end)
    }
    assert told_made == made
    assert told_removed == removed
    # Of some operations the same is known, though not all notes are read.
    asked = [(client, first := chance.randint(0, 40), first + chance.randint(1, 9)) for client in dict(clocks(state))]
    assert within(notes(ROOM, asked), asked) == within(notes(ROOM), asked)


def within(found: list[Note], asked: list[tuple[int, int, int]]) -> list[Note]:
    """The notes that say something of some operations."""
    return sorted(
        n for n in found if any(n.client == at and n.clock < end and first < n.end for at, first, end in asked)
    )


@database
def test_of_few_operations_not_all_notes_are_read() -> None:
    ada, ben = Writer("1"), Writer("2")
    for number in range(50):
        before = ada.doc.get_state()
        ada.text.insert(0, f"{number} ")
        sent(str(number + 1), ada.doc.get_update(before))
    sent("99", ben.types("ben"))
    DatabaseStorage().compact(ROOM)
    assert len(notes(ROOM)) == 51
    assert [note.user for note in notes(ROOM, [(ben.number, 1, 2), (ben.number, 2, 3)])] == ["99"]
    assert len(notes(ROOM, [(ada.number, 4, 9)])) == 3
    assert notes(ROOM, []) == notes(ROOM, [(ada.number, 10_000, 10_001)]) == []
    # Of many all are.
    assert len(notes(ROOM, [(ada.number, 2 * clock, 2 * clock + 1) for clock in range(FEW + 1)])) == 51


def clocks(doc: Doc[Any]) -> Iterator[tuple[int, int]]:
    yield from read_state_vector(doc.get_state()).items()


def deleted(update: bytes) -> Iterator[tuple[int, int]]:
    for client, first, behind in update_reader.read(update).deletes:
        yield from ((client, clock) for clock in range(first, behind))


@given(st.lists(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6), max_size=6))
def test_ranges_are_as_sets_of_clocks(batches: list[list[tuple[int, int]]]) -> None:
    ranges, clocks_ = Ranges(), set[int]()
    for batch in batches:
        some = [(first, first + length) for first, length in batch]
        new = {clock for first, behind in some for clock in range(first, behind)}
        lacking = [clock for first, behind in ranges.lacks(10, 50) for clock in range(first, behind)]
        assert lacking == sorted(set(range(10, 50)) - clocks_)
        fresh = [clock for first, behind in ranges.add(some) for clock in range(first, behind)]
        assert sorted(fresh) == sorted(new - clocks_)
        assert len(fresh) == len(set(fresh))
        clocks_ |= new


def test_an_update_of_many_numbers_and_clocks_takes_little_time() -> None:
    """Half a million ranges, each of which the next batch fills up."""
    ranges = Ranges((2 * clock, 2 * clock + 1) for clock in range(250_000))
    assert len(ranges.add([(2 * clock + 1, 2 * clock + 2) for clock in range(250_000)])) == 250_000
    assert ranges.lacks(0, 500_000) == []


# What an open room asks and confirms


def ask(room: Room, outlet: Recorder, writer: Writer, number: int) -> tuple[Client, list[bytes]]:
    """Somebody comes with all he has, as browsers do; returns what he answers the server's question with."""
    outlet.replies.clear()
    client = join(room, number, login=writer.user)
    vectors = [read_var_bytes(frame, 2)[0] for to, frame in outlet.replies if to == number and frame[:2] == b"\0\0"]
    room.receive(client, sync_step1(writer.doc.get_state()))
    answers = [sync_step2(writer.doc.get_update(vector)) for vector in vectors]
    for to, frame in outlet.replies:
        if to == number and frame[:2] in (b"\0\1", b"\0\2"):
            writer.doc.apply_update(read_var_bytes(frame, 2)[0])
    return client, answers


def brought(user: str, forged: bool) -> tuple[Room, Recorder, Writer, int]:
    """A room that knows a number for Ada's, under which somebody brings words: hers, or forged ones."""
    room, outlet = make_room()
    ada = Writer("1")
    first = ada.types("known ")
    room.document.restore([first])
    room.document.survey()
    before = ada.doc.get_update()
    update = ada.types("lost ") if not forged else Writer("2", before, ada.number).types("I lie")
    helper, _ = ask(room, outlet, Writer(user), 7)
    room.receive(helper, sync_step2(update))
    assert outlet.unsure == 1
    room.found({ada.number: Claim("1", True)})
    room.leave(helper)
    return room, outlet, ada, 11


def test_the_owner_confirms_what_his_browser_has_and_had_not_from_here() -> None:
    room, outlet, ada, end = brought("2", forged=False)
    ada.types("and more")
    client, answers = ask(room, outlet, ada, 8)
    for answer in answers:
        room.receive(client, answer)
    (kind, foreign), (rest, _) = outlet.settled_
    assert rest == SHOWN
    assert (kind, foreign.client, foreign.clock, foreign.end, foreign.owner) == (CONFIRMED, ada.number, 6, end, "1")
    assert not room.authorship.foreign
    assert "and more" in str(room.document.doc.get("content", type=Text))


def test_who_has_other_words_of_the_same_clocks_confirms_nothing() -> None:
    room, outlet, ada, _ = brought("2", forged=True)
    ada.types("truth and more")
    client, answers = ask(room, outlet, ada, 8)
    for answer in answers:
        room.receive(client, answer)
    assert outlet.settled_ == []
    assert len(room.authorship.foreign) == 1


def test_however_much_one_may_confirm_an_update_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a megabyte would take an hour, of which others had brought a thousand parts."""
    room, outlet = make_room()
    ada = Writer("1")
    room.document.restore([ada.types("known ")])
    room.document.survey()
    helper, _ = ask(room, outlet, Writer("2"), 7)
    for number in range(30):
        room.receive(helper, sync_step2(ada.types(f"\U0001f600{number}")))
        room.found({ada.number: Claim("1", True)})
    assert len(room.authorship.waits_for("1")) == 30
    read: list[bytes] = []

    class Reader(ItemReader):
        def __init__(self, update: bytes, roots: dict[str, Type]) -> None:
            read.append(update)
            super().__init__(update, roots)

    monkeypatch.setattr(confirming, "ItemReader", Reader)
    client = join(room, 8, login="1")
    room.receive(client, sync_step2(ada.doc.get_update()))
    assert room.authorship.waits_for("1") == []
    assert sum(each.end - each.clock for kind, each in outlet.settled_ if kind == CONFIRMED) == 30 * 2 + 10 + 20 * 2
    assert len(read) == 2


def test_who_was_sent_the_words_confirms_nothing_with_them() -> None:
    """A forger's words came to her browser as to all others; later it hands over all it has."""
    room, outlet, ada, _ = brought("2", forged=True)
    client, _ = ask(room, outlet, ada, 8)
    assert "I lie" in str(ada.text)
    assert [kind for kind, _ in outlet.settled_] == [SHOWN]
    room.receive(client, sync_step2(ada.doc.get_update()))
    room.leave(client)
    client, _ = ask(room, outlet, ada, 9)
    room.receive(client, sync_step2(ada.doc.get_update()))
    assert [kind for kind, _ in outlet.settled_] == [SHOWN]


def test_who_was_there_when_the_words_came_confirms_nothing_with_them() -> None:
    room, outlet = make_room()
    ada = Writer("1")
    client, answers = ask(room, outlet, ada, 1)
    room.receive(client, answers[0])
    room.receive(client, sync_update(ada.types("hers")))
    forger, _ = ask(room, outlet, Writer("2"), 2)
    update = Writer("2", ada.doc.get_update(), ada.number).types("not hers")
    room.receive(forger, sync_update(update))
    assert room.authorship.foreign == []
    assert [kind for kind, _ in outlet.settled_] == [SHOWN]
    ada.doc.apply_update(update)
    room.receive(client, sync_step2(ada.doc.get_update()))
    assert [kind for kind, _ in outlet.settled_] == [SHOWN]


def watch(outlet: Recorder) -> list[tuple[str, bool]]:
    """As whose a room has something stored from now on, and whether as sent when it was made."""
    taken: list[tuple[str, bool]] = []
    store = outlet.store

    def note(update: bytes, client: Client) -> None:
        taken.append((client.login, client.live))
        store(update, client)

    outlet.store = note  # type: ignore[method-assign]
    return taken


def appear(room: Room, client: Client, writer: Writer) -> None:
    """Have all who are here see somebody's number."""
    entry = protocol.write_var_uint(writer.number) + b"\x01" + protocol.write_var_bytes(b'{"user":{}}')
    room.receive(client, protocol.awareness(b"\x01" + entry))


def test_nobody_takes_the_number_of_somebody_who_is_here() -> None:
    """It is seen by all before anything is written under it: whoever does that first has only brought it."""
    room, outlet = make_room()
    taken = watch(outlet)
    ada = Writer("1")
    client, answers = ask(room, outlet, ada, 1)
    room.receive(client, answers[0])
    appear(room, client, ada)
    forger, _ = ask(room, outlet, Writer("2"), 2)
    update = Writer("2", client=ada.number).types("not hers")
    room.receive(forger, sync_update(update))
    ada.doc.apply_update(update)
    room.receive(client, sync_update(ada.types("hers")))
    # Her own second browser has the same number, where a page is loaded again from what it had kept.
    other, _ = ask(room, outlet, Writer("1"), 3)
    room.receive(other, sync_update(ada.types("too")))
    room.receive(forger, sync_update(Writer("2").types("his")))
    assert taken == [("2", False), ("1", True), ("1", True), ("2", True)]


def test_nobody_takes_a_number_by_what_waits_either() -> None:
    """It lacks something, and is stored when something else of the same browser has been taken meanwhile."""
    room, outlet = make_room()
    taken = watch(outlet)
    ada = Writer("1")
    appear(room, join(room, 1, login="1"), ada)
    forger = join(room, 2, login="2")
    update = Writer("2", Writer("2").types("unheard of"), client=ada.number).types("not hers")
    room.receive(forger, sync_update(update))
    room.receive(forger, sync_update(Writer("2").types("his")))
    room.leave(forger)
    assert outlet.stored[1] == update
    assert taken == [("2", True), ("2", False)]


def test_another_than_the_owner_confirms_nothing() -> None:
    room, outlet, ada, _ = brought("2", forged=False)
    other = Writer("3", ada.doc.get_update())
    client, answers = ask(room, outlet, other, 8)
    for answer in answers:
        room.receive(client, answer)
    room.receive(client, sync_step2(other.doc.get_update()))
    assert outlet.settled_ == []


def test_what_is_stored_can_still_be_confirmed_when_the_room_is_opened_again() -> None:
    room, outlet = make_room()
    ada = Writer("1")
    room.document.restore([ada.types("known "), ada.types("brought")])
    room.document.survey()
    room.expect([Note(MADE, ada.number, 6, 7, "1", confirmed=False, by="2")])
    client, answers = ask(room, outlet, ada, 1)
    room.receive(client, answers[0])
    assert [kind for kind, _ in outlet.settled_] == [CONFIRMED, SHOWN]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_the_same_is_the_same_however_it_is_put_together(seed: int) -> None:
    """Formats, maps, emoji; written in one go or many, and merged by whichever library."""
    chance = random.Random(seed)
    room, outlet = make_room()
    ada = Writer("1")
    room.document.restore([ada.types("known ")])
    room.document.survey()
    start = dict(clocks(ada.doc))[ada.number]
    before = ada.doc.get_state()
    for _ in range(chance.randint(1, 8)):
        act = chance.randint(0, 3)
        if act == 0:
            ada.types(chance.choice(["a", "word ", "x👩\N{ZERO WIDTH JOINER}b", "né"]))
        elif act == 1:
            ada.text.format(0, 1, {"b": chance.choice([True, {"t": 1}])})
        elif act == 2:
            ada.text.insert_embed(0, Map({"kind": "heading"}))
        else:
            ada.doc.get("m", type=Map)[f"k{chance.randint(0, 2)}"] = chance.choice([1, "x", None, [1, {"a": 2}]])
    helper, _ = ask(room, outlet, Writer("2"), 7)
    room.receive(helper, sync_step2(ada.doc.get_update(before)))
    room.found({ada.number: Claim("1", True)})
    room.leave(helper)
    client, answers = ask(room, outlet, ada, 8)
    room.receive(client, answers[0])
    confirmed = {clock for kind, each in outlet.settled_ if kind == CONFIRMED for clock in range(each.clock, each.end)}
    gone = {clock for number, clock in deleted(ada.doc.get_update()) if number == ada.number}
    assert confirmed == set(range(start, dict(clocks(ada.doc))[ada.number])) - gone


def test_settling_cuts_notes() -> None:
    note = Note(MADE, 1, 10, 10, "1", confirmed=False, by="2", first=datetime(2026, 1, 1, tzinfo=UTC))
    parts = settle(
        [note], [Note(CONFIRMED, 1, 0, 12, "1"), Note(CONFIRMED, 1, 15, 1, "1"), Note(CONFIRMED, 2, 0, 99, "1")]
    )
    found = {(part.clock, part.end): part.confirmed for part in parts}
    assert found == {(10, 12): True, (12, 15): False, (15, 16): True, (16, 20): False}


@database
def test_what_can_be_nowhere_is_not_in_what_a_document_was() -> None:
    """It lacked something; the library, given both, would fail over it once that has come."""
    inside = update_of(b"\4\0" + identity(1, 0) + b"\1x", client=2)
    written = update_of(b"\4\1\7content\1a")
    deletion = b"\0\1\1\1\0\1"
    DatabaseStorage().append([Entry(ROOM, update, "1") for update in (inside, written, deletion)])
    state = state_before(ROOM, [(1, 0, 1)])
    assert state is not None
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    assert str(doc.get("content", type=Text)) == "a"
