"""What the log of security holds, and that no browser keeps what belongs to somebody."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.access import Role
from rooms.models import Membership, Room

PASSWORD = "correct horse battery"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines of the audit log so far, which are then forgotten."""
    caplog.set_level(logging.INFO, "audit")

    def take() -> list[str]:
        lines = [record.getMessage() for record in caplog.records if record.name == "audit"]
        caplog.clear()
        return lines

    return take


def test_logins_failures_and_lockouts_are_logged(people: dict[str, User], settings: Any, logged: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}
    logged()
    for password in ["wrong"] * 6:
        Client().post(reverse("account_login"), {"login": "owner@example.com", "password": password})
    lines = logged()
    assert [line.split(" login=")[0] for line in lines] == ["login failed"] * 5 + ["login locked"]
    assert all("login=owner@example.com" in line and line.endswith("address=127.0.0.1") for line in lines)
    Client().post(reverse("account_login"), {"login": "editor@example.com", "password": PASSWORD})
    assert logged() == [f"login user={people['editor'].pk} by={people['editor'].pk} address=127.0.0.1"]


def test_changes_of_rights_are_logged(people: dict[str, User], room: Room, client_of: Any, logged: Any) -> None:
    owner, editor = people["owner"], people["editor"]
    membership = Membership.objects.get(user=editor)
    client = client_of("owner")
    logged()
    url = reverse("room_member", args=[room.pk, membership.pk])
    where = f"room={room.pk} user={editor.pk}"
    by = f"by={owner.pk} address=127.0.0.1"
    client.post(url, {"role": "viewer"})
    client.post(url, {"remove": "1"})
    assert logged() == [f"membership changed {where} role=viewer {by}", f"membership taken {where} {by}"]
    Membership.objects.create(room=room, user=editor, role=Role.EDITOR)
    room.owner = editor
    room.save()
    assert logged() == [
        f"membership given {where} role=editor",
        f"owner changed room={room.pk} before={owner.pk} user={editor.pk}",
    ]
    editor.is_staff = True
    editor.save()
    editor.groups.add(Group.objects.create(name="Helpers"))
    assert logged() == [
        f"rights changed user={editor.pk} is_staff=False->True",
        f"rights add to=user:{editor.pk} group={Group.objects.get().pk}",
    ]
    form = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    client.post(reverse("account_change_password"), form)
    assert f"password changed user={owner.pk} {by}" in logged()


PAGES = ["dashboard", "trash", "account_profile", "account_email", "mfa_index", "mfa_activate_totp", "admin:index"]


def test_no_page_is_stored(people: dict[str, User], room: Room) -> None:
    """Nor those that need nobody, nor failures."""
    User.objects.filter(email="owner@example.com").update(is_staff=True, is_superuser=True)
    client = Client()
    client.post(reverse("account_login"), {"login": "owner@example.com", "password": PASSWORD})
    urls = [*map(reverse, PAGES), room.get_absolute_url(), reverse("room_members", args=[room.pk]), "/nothing/"]
    for url in urls:
        for each in (client, Client()):
            response = each.get(url)
            assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", ")), url
