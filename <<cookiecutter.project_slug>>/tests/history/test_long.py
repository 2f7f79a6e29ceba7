"""Nobody waits for a document's history, however long the document is."""

import random
from collections.abc import Callable
from itertools import count

import pytest
from django.test import override_settings

from accounts.models import User
from history import keeping
from history.keeping import CrowdedError, erase, keep, thin_all
from history.models import Version
from rooms.models import Room
from tests.transactions import nothing_long_in_transactions
from yroom import contents

from .versions import Writer, words

pytestmark = pytest.mark.postgresql

LONG = "".join(random.Random(1).choices("abcdefgh ", k=200_000))


@pytest.mark.django_db(transaction=True)
@override_settings(HISTORY={"EVERY": 0.000001, "MOST": 3, "THIN": ((None, 0),)})
def test_others_can_write_while_a_version_is_worked_out(room: Room) -> None:
    writer = Writer(room)
    with nothing_long_in_transactions() as looked:
        for number in range(6):
            writer.text.insert(0, f"{number} " if number else LONG)
            writer.keep()
        writer.keep("named", name="Once")
        writer.keep("named", name="Twice")
        erase(room, room.versions.order_by("at")[0].pk)
        thin_all()
    assert looked.number > 10
    assert [words(version)[:4] for version in room.versions.all()] == ["5 4 ", "5 4 ", "4 3 "]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["kept", "named", "erased", "thinned"])
def test_what_another_changes_meanwhile_is_taken_into_account(
    room: Room, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """What was worked out of versions that are no longer the same is worked out anew."""
    writer, other = Writer(room), Writer(room)
    writer.keeps("one", "restore")
    one = room.versions.get()
    other.doc.apply_update(writer.doc.get_update())
    writer.keeps("two", "restore")
    two = room.versions.exclude(pk=one.pk).get()
    changes: dict[str, Callable[[], object]] = {
        "kept": lambda: other.keep("restore", name="Other"),
        "named": lambda: keeping.rename(room, two.pk, "Two", room.owner),
        "erased": lambda: erase(room, one.pk),
        "thinned": lambda: Version.objects.filter(pk=two.pk).delete(),
    }
    other.doc.apply_update(writer.doc.get_update())
    other.text += " other"
    writer.doc.apply_update(other.doc.get_update())
    writer.text += " three"
    once, difference = [changes[what]], contents.difference

    def meanwhile(before: bytes, after: bytes) -> bytes:
        if once:
            once.pop()()
        return difference(before, after)

    monkeypatch.setattr("history.keeping.difference", meanwhile)
    kept = writer.keep("restore")
    assert kept is not None
    expected = {
        "kept": ["one", "two", "two other", "two other three"],
        "named": ["one", "two", "two other three"],
        "erased": ["two", "two other three"],
        "thinned": ["one", "two other three"],
    }
    assert [words(version) for version in room.versions.order_by("at")] == expected[what]


@pytest.mark.django_db(transaction=True)
def test_where_others_never_cease_it_is_left(
    room: Room, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(room)
    writer.keeps("one", "restore")
    version, difference = room.versions.get(), contents.difference
    names = map(str, count())

    def meanwhile(before: bytes, after: bytes) -> bytes:
        keeping.rename(room, version.pk, next(names), people["owner"])
        return difference(before, after)

    monkeypatch.setattr("history.keeping.difference", meanwhile)
    writer.text += " two"
    with pytest.raises(CrowdedError):
        keep(room, writer.doc.get_update(), Version.Cause.QUIET)
    assert room.versions.get() == version
