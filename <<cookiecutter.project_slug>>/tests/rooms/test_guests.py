"""Guests are forgotten some day, unless something is by them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pycrdt import Doc, Text

from rooms import actions
from rooms.guests import forget_guests
from rooms.models import Arrival, Audience, Guest, Room
from yroom.authors import known
from yroom.document import begin
from yroom.models import AuthorNote
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage


def test_who_wrote_nothing_is_forgotten(room: Room, settings: Any, monkeypatch: Any) -> None:
    """However many there are; who wrote, or brought words back, keeps their name."""
    monkeypatch.setattr("rooms.guests.BATCH", 2)
    settings.LINKS_FOR_ANYONE = True
    names = ("Reader", "Writer", "Bringer", *"abcd")
    reader, writer, bringer, *_ = (Guest.objects.create(name=name) for name in names)
    link = actions.open_link(room.owner, room.pk, Audience.ANYONE, "editor", None)
    for guest in (reader, writer):
        Arrival.objects.create(link=link, guest=guest)
    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)
    text += "words"
    begin(room.yroom_name, doc, writer.key)
    AuthorNote.objects.create(room="text.1", kind=0, client=1, clock=0, length=1, user="1", by=bringer.key)
    forget_guests()
    assert Guest.objects.count() == 7
    Guest.objects.update(created=timezone.now() - timedelta(days=settings.GUEST_DAYS, seconds=1))
    new = Guest.objects.create(name="New")
    with CaptureQueriesContext(connection) as asked:
        forget_guests()
    # All notes are read once for all; for each batch, those of its guests.
    assert len([each for each in asked if "yroom_authornote" in each["sql"] and "LIKE" in each["sql"]]) <= 2
    assert set(Guest.objects.all()) == {writer, bringer, new}
    assert [arrival.guest for arrival in Arrival.objects.all()] == [writer]


@pytest.mark.parametrize("is_folded", [False, True])
def test_who_first_writes_while_others_are_forgotten_is_kept(
    room: Room, settings: Any, monkeypatch: Any, is_folded: bool
) -> None:
    """Who has written is asked once; what is in the log by then, or was and is noted, is looked at once more."""
    guest, _ = (Guest.objects.create(name=name) for name in ("Late", "Never"))
    Guest.objects.update(created=timezone.now() - timedelta(days=settings.GUEST_DAYS, seconds=1))

    def asked(beginning: str) -> set[str]:
        found = known(beginning)
        doc: Doc[Any] = Doc()
        doc.get("text", type=Text).insert(0, "words")
        DatabaseStorage().append([Entry(room.yroom_name, doc.get_update(), guest.key)])
        if is_folded:
            DatabaseStorage().compact(room.yroom_name)
        return found

    monkeypatch.setattr("rooms.guests.known", asked)
    forget_guests()
    assert list(Guest.objects.all()) == [guest]
