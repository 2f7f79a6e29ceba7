"""Whose words are that come back by an undo: their author's, if the server sees that they are what was deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pycrdt import Doc, Text

from accounts.models import User
from rooms.authors import authors_of
from rooms.models import Room
from tests.yroom.test_difference import in_pieces
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

pytestmark = pytest.mark.django_db(transaction=True)

Clients = Callable[[str], Client]
Run = tuple[int, int, int, int, int]


class Browsers:
    """Browsers of several people, who write in one document one after the other."""

    def __init__(self, room: Room, people: dict[str, User]) -> None:
        self.room, self.people = room, people
        self.docs: dict[str, Doc[Any]] = {}

    def number(self, part: str) -> int:
        return int(self._doc(part).client_id)

    def change(self, part: str, change: Callable[[Text], object]) -> None:
        """Somebody changes the text, and the server stores that as theirs."""
        doc = self._doc(part)
        updates: list[bytes] = []
        subscription = doc.observe(lambda event: updates.append(event.update))
        change(doc.get("text", type=Text))
        doc.unobserve(subscription)
        for update in updates:
            DatabaseStorage().append([Entry(self.room.yroom_name, update, str(self.people[part].pk))])
            for other in self.docs.values():
                other.apply_update(update)

    def write(self, part: str, words: str, at: int = 0) -> None:
        self.change(part, lambda text: text.insert(at, words))

    def delete(self, part: str, start: int, end: int) -> None:
        def change(text: Text) -> None:
            del text[start:end]

        self.change(part, change)

    def text(self) -> str:
        return str(next(iter(self.docs.values())).get("text", type=Text))

    def whose(self, part: str, length: int) -> list[tuple[int, str, str]]:
        """How many letters that somebody's browser has sent are whose, and who has brought them back."""
        found = authors_of(self.room).who_wrote(self.number(part), 0, length)
        return [(each.length, each.author.name, each.by.name if each.by else "") for each in found]

    def _doc(self, part: str) -> Doc[Any]:
        if part not in self.docs:
            doc = self.docs[part] = Doc()
            for update in DatabaseStorage().load(self.room.yroom_name).updates:
                doc.apply_update(update)
        return self.docs[part]


@pytest.fixture
def browsers(room: Room, people: dict[str, User]) -> Browsers:
    return Browsers(room, people)


def tell(client: Client, room: Room, *runs: Run) -> Any:
    return client.post(reverse("room_undone", args=[room.pk]), {"runs": runs}, content_type="application/json")


def test_words_that_an_undo_brings_back_stay_their_authors(browsers: Browsers, client_of: Clients) -> None:
    """All that was deleted at once, or one letter after the other; brought back again, too."""
    browsers.write("owner", "Ada's words\nand more")
    ada, bob = browsers.number("owner"), browsers.number("editor")
    for at in (10, 9, 8, 7):
        browsers.delete("editor", at, at + 1)
    assert browsers.text() == "Ada's w\nand more"
    browsers.write("editor", "ords", 7)
    answer = tell(client_of("editor"), browsers.room, (ada, 7, bob, 0, 4))
    assert answer.json() == {"noted": 4}
    assert browsers.whose("editor", 4) == [(4, "Owner", "Editor")]
    # And once more: now it is a copy of a copy.
    browsers.delete("editor", 7, 11)
    browsers.write("editor", "ords", 7)
    assert tell(client_of("editor"), browsers.room, (bob, 0, bob, 4, 4)).json() == {"noted": 4}
    assert browsers.whose("editor", 8) == [(4, "Owner", "Editor"), (4, "Owner", "Editor")]
    DatabaseStorage().compact(browsers.room.yroom_name)
    assert [each[1:] for each in browsers.whose("editor", 8)] == [("Owner", "Editor")] * 2


def test_nobody_makes_another_say_what_they_have_not_said(browsers: Browsers, client_of: Clients) -> None:
    browsers.write("owner", "I do not agree")
    ada, bob = browsers.number("owner"), browsers.number("editor")
    browsers.delete("editor", 0, 14)
    # Without a word that stood there, in another order, or with others in between.
    browsers.write("editor", "I do agree")
    assert tell(client_of("editor"), browsers.room, (ada, 0, bob, 0, 5), (ada, 9, bob, 5, 5)).json() == {"noted": 0}
    browsers.delete("editor", 0, 10)
    browsers.write("editor", "agree I do not ")
    runs = ((ada, 9, bob, 10, 5), (ada, 0, bob, 16, 9))
    assert tell(client_of("editor"), browsers.room, *runs).json() == {"noted": 0}
    assert browsers.whose("editor", 25) == [(25, "Editor", "")]
    # Nor with letters of which nobody has deleted any, or that say something else.
    for run in ((ada, 50, bob, 0, 5), (7, 0, bob, 0, 5), (ada, 0, bob, 10, 5), (ada, 0, bob, 0, -1)):
        assert tell(client_of("editor"), browsers.room, run).json() == {"noted": 0}, run


def test_what_is_older_than_the_log_is_his_who_undoes(browsers: Browsers, client_of: Clients) -> None:
    browsers.write("owner", "first\nlast")
    ada, bob = browsers.number("owner"), browsers.number("editor")
    browsers.delete("editor", 0, 5)
    DatabaseStorage().compact(browsers.room.yroom_name)
    browsers.delete("editor", 1, 5)
    browsers.write("editor", "last", 1)
    browsers.write("editor", "first")
    # Of the same undo, what can be seen is noted.
    assert tell(client_of("editor"), browsers.room, (ada, 6, bob, 0, 4), (ada, 0, bob, 4, 5)).json() == {"noted": 4}
    assert browsers.whose("editor", 9) == [(4, "Owner", "Editor"), (5, "Editor", "")]


def test_who_undoes_without_end_is_refused(browsers: Browsers, client_of: Clients, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"undone": "1/h/key"}
    browsers.write("owner", "words")
    client = client_of("editor")
    assert tell(client, browsers.room).json() == {"noted": 0}
    assert tell(client, browsers.room).status_code == 429
    assert tell(client_of("owner"), browsers.room).status_code == 200
    url = reverse("room_undone", args=[browsers.room.pk])
    answer = client_of("owner").post(url, "{", content_type="application/json")
    assert answer.status_code == 400


def test_what_takes_too_long_to_read_is_his_who_undoes(
    room: Room, client_of: Clients, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So much has been written within other words; and no undo there is a fault of the server."""
    monkeypatch.setattr("yroom.crdt.items.STEPS", 0)
    monkeypatch.setattr("yroom.crdt.items.STEPS_EACH", 1)
    deletion = b"\0\x01\x01\x01\0\x01"
    for part, update in (("owner", in_pieces(200)), ("editor", deletion)):
        DatabaseStorage().append([Entry(room.yroom_name, update, str(people[part].pk))])
    answer = tell(client_of("editor"), room, (1, 0, 2, 0, 1))
    assert (answer.status_code, answer.json()) == (200, {"noted": 0})


def test_too_many_at_once_are_refused(browsers: Browsers, client_of: Clients) -> None:
    browsers.write("owner", "words")
    client, run = client_of("editor"), (browsers.number("owner"), 0, browsers.number("editor"), 0, 1)
    answer = tell(client, browsers.room, *[run] * (settings.UNDO_STRETCHES + 1))
    assert (answer.status_code, list(answer.json())) == (413, ["error"])
    assert tell(client, browsers.room, *[run] * settings.UNDO_STRETCHES).json() == {"noted": 0}


def test_an_undo_of_which_nothing_is_seen_holds_nobody_up(browsers: Browsers, client_of: Clients) -> None:
    """To write nothing it needs no transaction, for which others wait where there is one lock for all."""
    browsers.write("owner", "words")
    ada, bob = browsers.number("owner"), browsers.number("editor")
    browsers.delete("editor", 0, 5)
    browsers.write("editor", "other")
    client = client_of("editor")
    with CaptureQueriesContext(connection) as asked:
        assert tell(client, browsers.room, (ada, 0, bob, 0, 5)).json() == {"noted": 0}
    assert not [each["sql"] for each in asked if each["sql"].startswith("BEGIN")]


def test_nothing_is_read_for_words_of_ones_own(
    browsers: Browsers, client_of: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As most undos bring back: written in another tab, or the day before, so under another number."""
    browsers.write("editor", "mine")
    before = browsers.number("editor")
    del browsers.docs["editor"]
    browsers.delete("editor", 0, 4)
    browsers.write("editor", "mine")
    run = (before, 0, browsers.number("editor"), 0, 4)
    assert tell(client_of("editor"), browsers.room, run).json() == {"noted": 0}
    read: list[str] = []
    monkeypatch.setattr("rooms.author_views.state_before", lambda room_name, deleted: read.append(room_name))
    client = client_of("editor")
    for runs in ([], [run], [(before, 1, browsers.number("editor"), 1, 2), run]):
        assert tell(client, browsers.room, *runs).json() == {"noted": 0}
    assert not read
    # What is anybody else's, or unknown, is looked at.
    tell(client, browsers.room, run, (before, 3, browsers.number("editor"), 3, 2))
    assert read
