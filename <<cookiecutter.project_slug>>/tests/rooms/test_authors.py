"""Who wrote what, as pages and features are told: people by their names, as long as they have an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pycrdt import Doc, Text

from accounts.models import User
from rooms import actions
from rooms.access import Role
from rooms.authors import FORMER, UNKNOWN, Author, authors_of
from rooms.models import Arrival, Audience, Guest, Link, Room
from rooms.people import key_of, remember
from yroom.models import RoomUpdate
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

pytestmark = pytest.mark.django_db(transaction=True)

Clients = Callable[[str], Client]


def writes(room: Room, user: User | None, text: str, doc: Doc[Any] | None = None) -> Doc[Any]:
    """Somebody's browser sends what he types; his document is returned, to go on with."""
    doc = doc or Doc()
    before = doc.get_state()
    doc.get("text", type=Text).insert(0, text)
    send(room, user, doc.get_update(before))
    return doc


def send(room: Room, user: User | None, update: bytes) -> None:
    DatabaseStorage().append([Entry(room.yroom_name, update, "" if user is None else str(user.pk))])


def whose(room: Room, doc: Doc[Any], length: int) -> list[tuple[int, str]]:
    return [(each.length, each.author.name) for each in authors_of(room).who_wrote(int(doc.client_id), 0, length)]


def test_people_are_named_and_who_has_left_is_a_former_member(room: Room, people: dict[str, User]) -> None:
    doc = writes(room, people["editor"], "Hello")
    editor = people["editor"]
    (stretch,) = authors_of(room).who_wrote(int(doc.client_id), 1, 3)
    assert stretch.author == Author(str(editor.pk), "Editor", editor.color)
    assert (stretch.clock, stretch.length, stretch.confirmed, stretch.by) == (1, 3, True, None)
    forged: Doc[Any] = Doc(client_id=int(doc.client_id))
    forged.apply_update(doc.get_update())
    writes(room, people["viewer"], "I quit. ", forged)
    # What nobody has told of is unknown.
    assert whose(room, doc, 15) == [(5, "Editor"), (8, "Editor"), (2, UNKNOWN.name)]
    (_, disputed) = authors_of(room).who_wrote(int(doc.client_id), 0, 13)
    assert not disputed.confirmed
    assert disputed.by is not None
    assert disputed.by.name == "Viewer"
    editor.delete()
    assert whose(room, doc, 5) == [(5, FORMER.name)]
    DatabaseStorage().compact(room.yroom_name)
    assert whose(room, doc, 13) == [(5, FORMER.name), (8, FORMER.name)]


def test_a_copy_of_a_document_has_its_authors(room: Room, people: dict[str, User]) -> None:
    doc = writes(room, people["owner"], "Mine. ")
    writes(room, people["editor"], "Yours. ", other := _joined(doc))
    copy = actions.duplicate(people["viewer"], room.pk)
    for _ in range(2):
        assert whose(copy, doc, 6) == [(6, "Owner")]
        assert whose(copy, other, 7) == [(7, "Editor")]
        assert {each.author.name for each in authors_of(copy).written} == {"Owner", "Editor", "Viewer"}
        DatabaseStorage().compact(copy.yroom_name)
    writes(room, people["owner"], "Not in the copy. ", doc)
    assert whose(copy, doc, 7) == [(6, "Owner"), (1, UNKNOWN.name)]
    copy.delete()
    assert not DatabaseStorage().authors(copy.yroom_name)


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize(("role", "known"), [("viewer", set()), ("editor", {"Editor"})])
def test_a_copy_tells_who_deleted_what_only_to_who_was_told_before(
    room: Room, people: dict[str, User], role: str, known: set[str], is_folded: bool
) -> None:
    """It is the viewer's own, who may see there all that is known."""
    doc = writes(room, people["owner"], "Mine. ")
    before = doc.get_state()
    del doc.get("text", type=Text)[0:3]
    DatabaseStorage().append([Entry(room.yroom_name, doc.get_update(before), str(people["editor"].pk))])
    if is_folded:
        DatabaseStorage().compact(room.yroom_name)
    assert {each.author.name for each in authors_of(room).deleted} == {"Editor"}
    copy = actions.duplicate(people[role], room.pk)
    DatabaseStorage().compact(copy.yroom_name)
    assert {each.doer.name for each in authors_of(copy).deleted if each.doer is not UNKNOWN} == known
    assert "Owner" in {each.author.name for each in authors_of(copy).written}


def test_the_page_is_told_and_asks_for_what_is_newer(room: Room, people: dict[str, User], client_of: Clients) -> None:
    doc = writes(room, people["owner"], "First. ")
    RoomUpdate.objects.update(created=timezone.now() - timedelta(hours=2))
    later = writes(room, people["editor"], "Later. ", _joined(doc))
    del doc.get("text", type=Text)[0:5]
    send(room, people["owner"], doc.get_update())
    url = reverse("room_authors", args=[room.pk])
    told = client_of("owner").get(url).json()
    names = [person["name"] for person in told["people"]]
    rows = {(row[0], row[1], row[2], names[row[3]]) for row in told["written"]}
    assert rows >= {(int(doc.client_id), 0, 7, "Owner"), (int(later.client_id), 0, 7, "Editor")}
    # And the title, with which the room was made.
    assert len(rows) == 3
    assert [(row[0], row[1], row[2], names[row[3]]) for row in told["deleted"]] == [(int(doc.client_id), 0, 5, "Owner")]
    since = int((timezone.now() - timedelta(hours=1)).timestamp() * 1000)
    told = client_of("owner").get(url, {"since": str(since)}).json()
    assert int(doc.client_id) not in [row[0] for row in told["written"]]
    # Of what is gone only those are told who may write.
    told = client_of("viewer").get(url).json()
    assert "deleted" not in told
    assert told["written"]
    for wrong in ("soon", "-1", "1" * 30):
        assert client_of("viewer").get(url, {"since": wrong}).status_code == 400
    config = client_of("viewer").get(room.get_absolute_url()).context["editor_config"]
    assert config["features"]["authors"] == {"url": url, "most": django_settings.UNDO_STRETCHES}


def test_guests_are_authors_and_are_told_where_they_may_write(
    room: Room, people: dict[str, User], settings: Any
) -> None:
    settings.LINKS_FOR_ANYONE = True
    guest = Guest.objects.create(name="Grace")
    doc: Doc[Any] = Doc()
    doc.get("text", type=Text).insert(0, "Hello")
    DatabaseStorage().append([Entry(room.yroom_name, doc.get_update(), key_of(guest))])
    (stretch,) = authors_of(room).who_wrote(int(doc.client_id), 0, 5)
    assert (stretch.author.id, stretch.author.name) == (key_of(guest), "Grace (guest)")
    client = Client()
    session = client.session
    remember(session, guest)
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = str(session.session_key)
    url = reverse("room_authors", args=[room.pk])
    link = actions.open_link(people["owner"], room.pk, Audience.ANYONE, Role.VIEWER, None)
    Arrival.objects.create(link=link, guest=guest)
    assert client.get(url).status_code == 403
    assert "authors" not in client.get(room.get_absolute_url()).context["editor_config"]["features"]
    Link.objects.update(role=Role.EDITOR)
    assert client.get(url).json()["people"]
    assert "authors" in client.get(room.get_absolute_url()).context["editor_config"]["features"]


def test_whose_words_a_title_is(room: Room, people: dict[str, User], client_of: Clients) -> None:
    """What the server writes is his who asked for it."""
    client_of("editor").post(reverse("room_rename", args=[room.pk]), {"title": "Another"})
    assert "Editor" in {each.author.name for each in authors_of(room).written}


def _joined(doc: Doc[Any]) -> Doc[Any]:
    other: Doc[Any] = Doc()
    other.apply_update(doc.get_update())
    return other
