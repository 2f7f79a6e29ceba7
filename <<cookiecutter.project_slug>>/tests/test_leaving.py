"""Taking one's documents along, giving them to others, and the end of an account."""

import io
import json
import threading
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone
from pycrdt import Doc

from accounts.models import User
from rooms.access import Role
from rooms.kinds import DEFAULT, KINDS
from rooms.models import Membership, Room
from rooms.text.html import as_html
from rooms.text.write import insert_lines, line_of
from yroom.document import begin

PASSWORD = "correct horse battery"


def log_in(user: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def delete_account(client: Client, documents: str) -> str:
    """Press the button, and enter the password once more, as one is asked to; the page that one is on then."""
    asked = client.post(reverse("leaving_delete"), {"documents": documents})
    assert reverse("account_reauthenticate") in asked["Location"]
    return client.post(asked["Location"], {"password": PASSWORD}, follow=True).content.decode()


def owners() -> dict[str, str]:
    return {room.title: room.owner.email for room in Room.objects.select_related("owner")}


@pytest.mark.parametrize("way", ["page", "shell", "two at once"])
def test_documents_with_others_in_them_outlive_their_owner(person: Any, people: dict[str, User], way: str) -> None:
    """They are those people's, of whom who may do most is the first; whatever the way the account is deleted."""
    owner, editor, viewer = people["owner"], people["editor"], people["viewer"]
    closed = person("Closed", is_active=False)
    for title, members in {
        "alone": [],
        "all": [(closed, Role.EDITOR), (viewer, Role.VIEWER), (editor, Role.EDITOR)],
        "viewed": [(viewer, Role.VIEWER)],
        "closed": [(closed, Role.EDITOR)],
    }.items():
        room = Room.objects.create(owner=owner, title=title)
        for user, role in members:
            Membership.objects.create(room=room, user=user, role=role)
    Room.objects.create(owner=editor, title="editor's")
    if way == "page":
        client = log_in(owner)
        page = client.get(reverse("leaving")).content.decode()
        assert "Editor" in page
        assert "Your account is deleted." in delete_account(client, "hand_over")
        assert not Session.objects.exists()
    elif way == "shell":
        owner.delete()
    else:
        User.objects.filter(pk__in=[owner.pk, editor.pk]).delete()
    assert not User.objects.filter(pk=owner.pk).exists()
    if way == "two at once":
        assert owners() == {"all": viewer.email, "viewed": viewer.email}
    else:
        assert owners() == {"all": editor.email, "viewed": viewer.email, "editor's": editor.email}
    # Who owns a document is not on the list of its members.
    assert {each.user for each in Membership.objects.filter(room__title="all")} == {closed, viewer, editor} - {
        Room.objects.get(title="all").owner
    } - ({editor} if way == "two at once" else set())


def test_who_wants_that_deletes_them_for_everybody(people: dict[str, User], room: Room) -> None:
    Room.objects.create(owner=people["editor"], title="editor's")
    delete_account(log_in(people["owner"]), "delete")
    assert owners() == {"editor's": "editor@example.com"}


def test_an_owner_hands_a_document_over(client_of: Any, people: dict[str, User], room: Room) -> None:
    membership = Membership.objects.get(room=room, user=people["viewer"])
    url = reverse("room_member", args=[room.pk, membership.pk])
    assert client_of("editor").post(url, {"hand_over": "1"}).status_code == 403
    assert client_of("owner").post(url, {"hand_over": "1"}).status_code == 302
    room.refresh_from_db()
    assert room.owner == people["viewer"]
    roles = {each.user: each.role for each in room.memberships.all()}
    assert roles == {
        people["owner"]: Role.EDITOR,
        people["editor"]: Role.EDITOR,
        people["commenter"]: Role.COMMENTER,
    }


async def exported(user: User) -> bytes:
    client = AsyncClient()
    await client.aforce_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    response: Any = await client.post(reverse("leaving_export"))
    return b"".join([part async for part in response.streaming_content])


@pytest.mark.django_db(transaction=True)
def test_all_documents_in_one_file(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of others, and of the same name; with what features have beside them."""
    for number, owner in enumerate([people["owner"], people["editor"]]):
        room = Room.objects.create(owner=owner, title="Plans: a/b")
        doc: Doc[Any] = Doc()
        insert_lines(doc, [line_of(f"Number {number}", kind="heading", level=2)])
        begin(room.yroom_name, doc)
        if number:
            Membership.objects.create(room=room, user=people["owner"], role=Role.VIEWER)
    others = [kind for kind in KINDS if kind != DEFAULT.name]
    for kind in others:
        Room.objects.create(owner=people["owner"], title=f"in {kind}", kind=kind)
    Room.objects.create(owner=people["stranger"], title="secret")
    written_by: list[threading.Thread] = []

    def written(*arguments: Any) -> str:
        written_by.append(threading.current_thread())
        return as_html(*arguments)

    monkeypatch.setattr("leaving.archive.as_html", written)
    monkeypatch.setattr("rooms.extras._EXPORTS", {"more.txt": lambda room: room.title if "/" in room.title else None})
    archive = zipfile.ZipFile(io.BytesIO(async_to_sync(exported)(people["owner"])))
    # Not by the event loop's, which all other people's sockets need: a long document takes seconds.
    assert all(thread.name.startswith("asyncio") for thread in written_by)
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        "account.json",
        *(f"in {kind}/document.txt" for kind in others),
        *(f"{folder}/document.{end}" for folder in ("Plans  a b", "Plans  a b (2)") for end in ("md", "html")),
        *(f"{folder}/more.txt" for folder in ("Plans  a b", "Plans  a b (2)")),
    }
    assert "## Number 0" in archive.read("Plans  a b/document.md").decode()
    assert "<h2>Number 1</h2>" in archive.read("Plans  a b (2)/document.html").decode()
    about = json.loads(archive.read("account.json"))
    assert about["addresses"][0]["address"] == "owner@example.com"
    assert sorted(each["role"] for each in about["documents"]) == ["owner"] * (1 + len(others)) + ["viewer"]


@pytest.mark.django_db(transaction=True)
def test_a_document_that_is_taken_away_while_it_is_read_is_not_in_it(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read a long one takes seconds."""
    for title in ("removed", "last"):
        room = Room.objects.create(owner=people["owner"], title=title)
        begin(room.yroom_name, Doc())
        Membership.objects.create(room=room, user=people["editor"], role=Role.EDITOR)

    def read(room: Room) -> dict[str, str]:
        if room.title == "removed":
            room.memberships.all().delete()
        return {}

    monkeypatch.setattr("leaving.archive.exports_of", read)
    archive = zipfile.ZipFile(io.BytesIO(async_to_sync(exported)(people["editor"])))
    assert {name.partition("/")[0] for name in archive.namelist() if "/" in name} == {"last"}


@pytest.mark.django_db(transaction=True)
def test_a_document_that_is_taken_away_meanwhile_is_not_in_it(people: dict[str, User]) -> None:
    """However slowly somebody fetches the file."""
    rooms = [
        Room.objects.create(owner=people["owner"], title=title) for title in ("first", "removed", "trashed", "last")
    ]
    for room in rooms:
        begin(room.yroom_name, Doc())
        Membership.objects.create(room=room, user=people["editor"], role=Role.EDITOR)

    async def fetched() -> bytes:
        client = AsyncClient()
        await client.aforce_login(people["editor"], "allauth.account.auth_backends.AuthenticationBackend")
        response: Any = await client.post(reverse("leaving_export"))
        parts: list[bytes] = []
        async for part in response.streaming_content:
            if not parts:
                await Membership.objects.filter(room=rooms[1]).adelete()
                await Room.objects.filter(pk=rooms[2].pk).aupdate(trashed_at=timezone.now())
            parts.append(part)
        return b"".join(parts)

    archive = zipfile.ZipFile(io.BytesIO(async_to_sync(fetched)()))
    assert {name.partition("/")[0] for name in archive.namelist() if "/" in name} == {"first", "last"}


def test_sessions_are_listed_and_ended(people: dict[str, User]) -> None:
    one, other = (log_in(people["editor"]) for _ in range(2))
    page = one.get(reverse("usersessions_list"), headers={"User-Agent": "x"}).content.decode()
    assert page.count("person-row") == 2
    one.post(reverse("usersessions_list"))
    assert other.get(reverse("dashboard")).status_code == 302
    assert one.get(reverse("dashboard")).status_code == 200


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8", "curl/8"),
        ("", "An unknown program"),
    ],
)
def test_browsers_have_names(said: str, shown: str) -> None:
    from accounts.templatetags.browsers import browser

    assert browser(said) == shown


@pytest.mark.django_db(transaction=True)
async def test_one_person_exports_one_at_a_time(people: dict[str, User]) -> None:
    """Each takes a thread for as long as it lasts; it ends with its file, or once nobody takes that any more."""

    async def begun() -> Any:
        client = AsyncClient()
        await client.aforce_login(people["owner"], "allauth.account.auth_backends.AuthenticationBackend")
        return await client.post(reverse("leaving_export"))

    await Room.objects.acreate(owner=people["owner"], title="Plans")
    first = await begun()
    await anext(aiter(first.streaming_content))
    assert (await begun()).status_code == 302
    assert await exported(people["editor"])
    await sync_to_async(first.close)()
    second = await begun()
    assert [part async for part in second.streaming_content]
    assert (await begun()).status_code == 200


def test_nobody_exports_without_end(people: dict[str, User], settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"export": "1/h/user"}
    client = log_in(people["owner"])
    answers = []
    for _ in range(2):
        answers.append(client.post(reverse("leaving_export")))
        # Its place is taken until the file is there, or for a minute.
        cache.delete(f"leaving.export.{people['owner'].pk}")
    assert [answer.status_code for answer in answers] == [200, 302]
