"""Whose words are that a restore brings back: their author's, if they are what he wrote, where he wrote it."""

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pycrdt import Doc, Map, Text

from accounts.models import User
from history.models import Version
from rooms.authors import authors_of
from rooms.bringing import same
from rooms.models import Room
from rooms.people import key_of
from yroom.authors import BROUGHT, Copied, notes
from yroom.contents import Items
from yroom.models import AuthorNote
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

from .versions import Writer

pytestmark = pytest.mark.django_db(transaction=True)

Clients = Callable[[str], Client]
Run = tuple[int, int, int, int, int]


class Desk:
    """A document in which several people write, each with a browser of his own."""

    def __init__(self, room: Room, people: dict[str, User]) -> None:
        self.room, self.people = room, people
        self.writer = Writer(room)
        self.docs: dict[str, Doc[Any]] = {}

    def doc(self, part: str) -> Doc[Any]:
        """What somebody's browser has: all that there is."""
        doc = self.docs.setdefault(part, Doc())
        doc.apply_update(self.writer.doc.get_update())
        return doc

    def does(self, part: str, change: Callable[[Text], object], sender: str = "") -> None:
        """Somebody changes the text, which is stored as his, or as that of whose session it came by."""
        doc = self.doc(part)
        updates: list[bytes] = []
        subscription = doc.observe(lambda event: updates.append(event.update))
        change(doc.get("text", type=Text))
        doc.unobserve(subscription)
        for update in updates:
            self.writer.doc.apply_update(update)
            sent = Entry(self.room.yroom_name, update, key_of(self.people[sender or part]))
            DatabaseStorage().append([sent])

    def writes(self, part: str, words: str, at: int = 0, sender: str = "") -> int:
        """Somebody writes; returns the clock of the first letter."""
        clock = self.next(part)
        self.does(part, lambda text: text.insert(at, words), sender)
        return clock

    def deletes(self, part: str, start: int, end: int) -> None:
        def change(text: Text) -> None:
            del text[start:end]

        self.does(part, change)

    def next(self, part: str) -> int:
        """The next clock of somebody's browser."""
        client = self.client(part)
        made = (note for note in notes(self.room.yroom_name) if note.client == client)
        return max((note.end for note in made), default=0)

    def client(self, part: str) -> int:
        return int(self.doc(part).client_id)

    def version(self) -> Version:
        version = self.writer.keep("named", name="One")
        assert version is not None
        return version


@pytest.fixture
def desk(room: Room, people: dict[str, User]) -> Desk:
    return Desk(room, people)


def bring(client: Client, version: Version, *runs: Run) -> Any:
    url = reverse("history_brought", args=[version.room_id, version.pk])
    return client.post(url, {"runs": runs}, content_type="application/json")


def noted(room: Room) -> list[tuple[int, int, int, str, str]]:
    return [(n.client, n.clock, n.length, n.user, n.by) for n in notes(room.yroom_name) if n.kind == BROUGHT]


def test_words_that_come_back_stay_their_authors(desk: Desk, client_of: Clients) -> None:
    """Whoever brings them back again, whatever the log is folded into meanwhile, and in a copy."""
    first = desk.writes("owner", "Ada's 😀 words")
    version = desk.version()
    desk.does("editor", lambda text: text.clear())
    second = desk.writes("editor", "Ada's 😀 words")
    ada, bob = desk.client("owner"), desk.client("editor")
    run = (ada, first, bob, second, 14)
    assert bring(client_of("editor"), version, run).json() == {"noted": 14}
    owner, editor = (key_of(desk.people[part]) for part in ("owner", "editor"))
    assert noted(desk.room) == [(bob, second, 14, owner, editor)]
    (stretch,) = authors_of(desk.room).who_wrote(bob, second, 14)
    assert (stretch.author.name, stretch.by and stretch.by.name, stretch.brought) == ("Owner", "Editor", True)
    # Once is enough.
    assert bring(client_of("editor"), version, run).json() == {"noted": 0}
    DatabaseStorage().compact(desk.room.yroom_name)
    assert noted(desk.room) == [(bob, second, 14, owner, editor)]
    # From a version that holds them as brought back.
    again = desk.writer.keep("named", name="Two")
    assert again is not None
    desk.does("owner", lambda text: text.clear())
    third = desk.writes("stranger", "Ada's 😀 words")
    desk.room.memberships.create(user=desk.people["stranger"], role="editor")
    carol = desk.client("stranger")
    assert bring(client_of("stranger"), again, (bob, second, carol, third, 14)).json() == {"noted": 14}
    (stretch,) = authors_of(desk.room).who_wrote(carol, third, 14)
    assert (stretch.author.name, stretch.by and stretch.by.name) == ("Owner", "Stranger")
    # The page is told; it is a doing of who brought them back.
    answer = client_of("viewer").get(reverse("room_authors", args=[desk.room.pk])).json()
    (row,) = (row for row in answer["written"] if row[:3] == [carol, third, 14])
    names = [person["name"] for person in answer["people"]]
    assert (names[row[3]], names[row[6]], row[7]) == ("Owner", "Stranger", 1)
    asked = {"written": [[carol, third, 14]], "deleted": []}
    url = reverse("history_authors", args=[desk.room.pk])
    changed = client_of("owner").post(url, asked, content_type="application/json").json()
    assert changed["people"][0]["name"] == "Stranger"
    client_of("owner").post(reverse("room_duplicate", args=[desk.room.pk]), {"asked": "1"})
    copy = Room.objects.exclude(pk=desk.room.pk).get()
    (stretch,) = authors_of(copy).who_wrote(carol, third, 14)
    assert (stretch.author.name, stretch.by and stretch.by.name) == ("Owner", "Stranger")


def test_nobody_gives_words_to_another(desk: Desk, client_of: Clients) -> None:
    """Neither others than those that were there, nor as if they were somebody's who did not write them."""
    first = desk.writes("owner", "I will not quit\nnor say so")
    version = desk.version()
    desk.deletes("editor", 0, 26)
    ada, bob = desk.client("owner"), desk.client("editor")

    def claims(words: str, *runs: tuple[int, int, int], at: int = 0) -> int:
        """How many letters of what somebody writes become the other's by copies of hers."""
        start = desk.writes("editor", words, at)
        claimed = [(ada, first + of, bob, start + where, length) for of, where, length in runs]
        result: int = bring(client_of("editor"), version, *claimed).json()["noted"]
        return result

    assert claims("I quit\n", (0, 0, 2), (11, 2, 4), (15, 6, 1)) == 0
    assert claims("I will quit now", (0, 0, 11)) == 0  # the same letters, in another line
    desk.deletes("editor", 0, 22)
    assert claims("XXX", (0, 0, 15), (0, -1, 3), (0, 0, 0), (0, 0, -3), (10**30, 0, 3), (0, 0, 10**30)) == 0
    desk.deletes("editor", 0, 3)
    # Where the line is what it was, its letters are hers; one of them twice is not.
    assert claims("I will not quit\nmy line", (0, 0, 15), (0, 0, 15), (16, 16, 7)) == 15
    # What is deleted again is not read.
    desk.deletes("editor", 0, 23)
    assert bring(client_of("editor"), version, (ada, first, bob, desk.next("editor") - 23, 15)).json() == {"noted": 0}
    # Nor do letters that are still there count as copies of others.
    assert claims("I will not quit", (0, 0, 15)) == 15
    again = desk.version()
    start = desk.next("editor") - 15
    desk.deletes("editor", 0, 1)
    later = desk.writes("stranger", "I")
    assert [row[:3] for row in noted(desk.room)][-1] == (bob, start, 15)
    runs = [(bob, start, desk.client("stranger"), later, 1), (bob, start + 1, bob, start + 2, 1)]
    desk.room.memberships.create(user=desk.people["stranger"], role="editor")
    assert bring(client_of("stranger"), again, runs[1]).json() == {"noted": 0}
    assert bring(client_of("stranger"), again, *runs).json() == {"noted": 1}


def test_what_others_write_in_a_line_is_theirs_and_the_rest_stays_whose_it_was(desk: Desk, client_of: Clients) -> None:
    """Before it is brought back, within it, behind it, and in a line that two people bring back at once."""
    desk.room.memberships.create(user=desk.people["stranger"], role="editor")
    first = desk.writes("owner", "one two three")
    version = desk.version()
    desk.deletes("editor", 4, 8)
    desk.writes("stranger", " hal", 9)
    ada, bob, cyd = (desk.client(part) for part in ("owner", "editor", "stranger"))
    start = desk.writes("editor", "two ", 4)
    desk.writes("stranger", "-", 6)
    other = desk.writes("stranger", "two ", 4)
    assert str(desk.writer.text) == "one two tw-o three hal"
    assert bring(client_of("editor"), version, (ada, first + 4, bob, start, 4)).json() == {"noted": 4}
    assert bring(client_of("stranger"), version, (ada, first + 4, cyd, other, 4)).json() == {"noted": 4}
    # But nobody divides it into two, or leaves out what stood in it.
    desk.deletes("editor", 0, 22)
    start = desk.writes("editor", "one two \nthree")
    assert bring(
        client_of("editor"), version, (ada, first, bob, start, 8), (ada, first + 8, bob, start + 9, 5)
    ).json() == {"noted": 0}
    desk.deletes("editor", 0, 14)
    start = desk.writes("editor", "one three")
    assert bring(
        client_of("editor"), version, (ada, first, bob, start, 4), (ada, first + 8, bob, start + 4, 5)
    ).json() == {"noted": 0}


def test_random_copies() -> None:
    """Of all that may be claimed that is believed which a look at each letter by itself allows."""
    chance = random.Random(os.environ["TEST_SEED"])
    believed = 0
    for _ in range(200):
        past, now, copies = _restored(chance)
        found = {
            (copy.of_client, copy.of_clock + step, copy.client, copy.clock + step)
            for copy in same(past, now, ["text"], copies)
            for step in range(copy.length)
        }
        assert found == _believed(_letters(past), _letters(now), copies)
        believed += bool(found)
    assert believed


class _Table:
    """Three who write in one document, at random places."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.docs = [Doc[Any](client_id=number) for number in (1, 2, 3)]

    @property
    def state(self) -> bytes:
        return self.docs[0].get_update()

    def writes(self, number: int, words: str, at: int | None = None) -> None:
        text = self.docs[number].get("text", type=Text)
        text.insert(self.chance.randrange(len(text) + 1) if at is None else at, words)
        self._meet(number)

    def deletes(self, number: int) -> None:
        text = self.docs[number].get("text", type=Text)
        start = self.chance.randrange(len(text) + 1)
        del text[start : min(len(text), start + self.chance.randrange(1, 4))]
        self._meet(number)

    def _meet(self, number: int) -> None:
        for other in self.docs:
            other.apply_update(self.docs[number].get_update())


def _restored(chance: random.Random) -> tuple[bytes, bytes, list[Copied]]:
    """What was, what is, and what is said to be a copy: of letters where they were, or nearly so, or elsewhere."""
    table = _Table(chance)
    for _ in range(chance.randrange(1, 5)):
        table.writes(0, chance.choice(["ab", "abc\n", "\n", "ba"]))
    past = table.state
    for _ in range(chance.randrange(3)):
        table.deletes(1)
    now = {identity for identity, _ in _letters(table.state)}
    copies: list[Copied] = []
    place = clock = 0
    for identity, letter in _letters(past):
        here = [each for each, _ in _letters(table.state)]
        if identity in now:
            place = here.index(identity) + 1
        elif chance.random() < 0.95:
            if chance.random() < 0.1:
                table.writes(2, chance.choice(["x", "\n"]))
            where = min(place, len(here)) if chance.random() < 0.95 else 0
            table.writes(1, letter if chance.random() < 0.97 else "z", where)
            copies.append(Copied(*identity, 2, clock, 1))
            clock, place = clock + 1, where + 1
    return past, table.state, copies


Letters = list[tuple[tuple[int, int], str]]


def _letters(state: bytes) -> Letters:
    text = Items(state).root("text")
    return [
        ((item.client, item.clock + step), item.content[step])
        for item in text.items()
        if not item.deleted
        for step in range(item.length)
    ]


def _lines(letters: Letters) -> list[tuple[Letters, Letters]]:
    """Each line, and the end of it, if that is there."""
    lines: list[tuple[Letters, Letters]] = [([], [])]
    for letter in letters:
        if letter[1] == "\n":
            lines[-1][1].append(letter)
            lines.append(([], []))
        else:
            lines[-1][0].append(letter)
    return lines


def _believed(old: Letters, new: Letters, copies: list[Copied]) -> set[tuple[int, int, int, int]]:
    there = {identity for identity, _ in new}
    stands = {copy[:2]: copy[2:4] for copy in copies} | {each: each for each, _ in old if each in there}
    found = set()
    for line, end in _lines(old):
        if not line:
            continue
        for other, closing in _lines(new):
            wanted = [(stands.get(identity), letter) for identity, letter in line]
            ours = {identity for identity, _ in wanted}
            if [each for each in other if each[0] in ours] != wanted:
                continue
            if {identity for identity, _ in other} & {identity for identity, _ in old} - ours:
                continue
            parts = [*line, *(each for each in end if [stands.get(each[0])] == [each for each, _ in closing])]
            found |= {(*each, *stands[each]) for each, _ in parts if stands[each] != each}
    return found


def test_only_who_has_written_them_says_so_of_letters(desk: Desk, client_of: Clients) -> None:
    """And only of what its author was confirmed to have written; his own stay his anyway."""
    first = desk.writes("owner", "mine")
    forged = desk.writes("owner", "forged ", sender="editor")
    version = desk.version()
    desk.deletes("owner", 0, 11)
    ada, bob = desk.client("owner"), desk.client("editor")
    start = desk.writes("editor", "forged mine")
    both = [(ada, forged, bob, start, 7), (ada, first, bob, start + 7, 4)]
    assert bring(client_of("owner"), version, *both).json() == {"noted": 0}
    assert bring(client_of("editor"), version, *both).json() == {"noted": 4}
    assert [row[1:3] for row in noted(desk.room)] == [(start + 7, 4)]
    own = desk.writer.keep("named", name="Two")
    assert own is not None
    desk.deletes("owner", 0, 11)
    later = desk.writes("editor", "forged mine")
    assert bring(client_of("editor"), own, (bob, start, bob, later, 7)).json() == {"noted": 0}


def test_what_nobody_is_known_to_have_written_stays_so(desk: Desk, client_of: Clients) -> None:
    first = desk.writes("owner", "old words")
    DatabaseStorage().compact(desk.room.yroom_name)
    AuthorNote.objects.filter(client=desk.client("owner")).delete()
    version = desk.version()
    desk.deletes("editor", 0, 9)
    start = desk.writes("editor", "old words")
    run = (desk.client("owner"), first, desk.client("editor"), start, 9)
    assert bring(client_of("editor"), version, run).json() == {"noted": 9}
    (stretch,) = authors_of(desk.room).who_wrote(desk.client("editor"), start, 9)
    assert (stretch.author.name, stretch.by and stretch.by.name) == ("Unknown", "Editor")
    answer = client_of("viewer").get(reverse("room_authors", args=[desk.room.pk])).json()
    assert [desk.client("editor"), start, 9] in [row[:3] for row in answer["written"]]


def test_ends_of_lines_divide_it_as_line_feeds_do(desk: Desk, client_of: Clients) -> None:
    first = desk.writes("owner", "onetwo")
    desk.does("owner", lambda text: text.insert_embed(3, Map({"kind": "paragraph"})))
    version = desk.version()
    desk.deletes("editor", 4, 7)
    start = desk.writes("editor", "two", 4)
    run = (desk.client("owner"), first + 3, desk.client("editor"), start, 3)
    desk.writes("owner", "some", 0)
    assert bring(client_of("editor"), version, run).json() == {"noted": 3}


def test_limits(desk: Desk, client_of: Clients, settings: Any) -> None:
    settings.HISTORY = {"MOST_BROUGHT": 2}
    first = desk.writes("owner", "abc")
    version = desk.version()
    desk.deletes("editor", 0, 3)
    start = desk.writes("editor", "abc")
    ada, bob = desk.client("owner"), desk.client("editor")
    client = client_of("editor")
    run = (ada, first, bob, start, 3)
    assert bring(client, version, run, run, run).status_code == 413
    for body in ("", "[]", '{"runs": [[1, 2]]}', '{"runs": [["a", 0, 0, 0, 0]]}'):
        url = reverse("history_brought", args=[version.room_id, version.pk])
        assert client.post(url, body, content_type="application/json").status_code == 400
    most = desk.room.yroom_name.partition(".")[0]
    settings.YROOM_SETTINGS = settings.YROOM_SETTINGS | {most: settings.YROOM_SETTINGS[most] | {"MAX_AUTHOR_NOTES": 2}}
    assert bring(client, version, run).json() == {"noted": 0}
    del settings.YROOM_SETTINGS
    assert bring(client, version, run).json() == {"noted": 3}
    other = Room.objects.create(owner=desk.people["editor"])
    elsewhere = reverse("history_brought", args=[other.pk, version.pk])
    assert client.post(elsewhere, {"runs": [run]}, content_type="application/json").status_code == 404
    settings.ACCOUNT_RATE_LIMITS = {"brought": "1/h/key"}
    assert [bring(client, version, run).status_code for _ in range(2)] == [200, 429]


def test_random_lines(desk: Desk, client_of: Clients) -> None:
    """Whatever is restored, only what was another's is noted, and never more than is copied."""
    chance = random.Random(os.environ["TEST_SEED"])
    for _ in range(20):
        length = len(desk.writer.text)
        part = chance.choice(["owner", "editor"])
        desk.writes(part, chance.choice(["one ", "two\n", "😀", "x"]), 0 if not length else chance.choice([0, length]))
    version = desk.version()
    words = str(desk.writer.text)
    order = _in_order(desk.writer.doc)
    owners = sum(length for client, _, length in order if client == desk.client("owner"))
    desk.does("editor", lambda text: text.clear())
    start = desk.writes("editor", words)
    runs: list[Run] = []
    at = start
    for client, clock, length in order:
        runs.append((client, clock, desk.client("editor"), at, length))
        at += length
    assert bring(client_of("editor"), version, *runs).json() == {"noted": owners}


def _in_order(doc: Doc[Any]) -> list[tuple[int, int, int]]:
    text = Items(doc.get_update()).root("text")
    return [(item.client, item.clock, item.length) for item in text.items() if not item.deleted]
