"""Every way to change who may do what goes through rooms/actions.py: see conftest.py, which refuses all others."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms import actions
from rooms.access import Role
from rooms.models import Invitation, Membership, Room


@pytest.fixture
def root(person: Any) -> Client:
    """The browser of somebody who may do everything on the admin site."""
    client = Client()
    client.force_login(
        person("Root", is_staff=True, is_superuser=True), "allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def form_of(root: Client, room: Room) -> dict[str, Any]:
    """What the form of the admin site would send of a room, with nothing changed."""
    context = root.get(reverse("admin:rooms_room_change", args=[room.pk])).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    sent: dict[str, Any] = {}
    for form in forms:
        for field in form:
            for widget in getattr(field.field.widget, "widgets", [None]):
                number = field.field.widget.widgets.index(widget) if widget else None
                value = field.value()
                if number is not None:
                    value = (field.field.widget.decompress(value) or [None, None])[number]
                sent[field.html_name + ("" if number is None else f"_{number}")] = "" if value is None else value
    return sent


def test_staff_changes_the_list_of_people(root: Client, people: dict[str, User], room: Room) -> None:
    url = reverse("admin:rooms_room_change", args=[room.pk])
    form = form_of(root, room)
    changed = {
        **form,
        "memberships-TOTAL_FORMS": 3,
        "memberships-0-role": "viewer",
        "memberships-1-DELETE": "on",
        "memberships-2-room": room.pk,
        "memberships-2-user": people["stranger"].pk,
        "memberships-2-role": "editor",
        "invitations-TOTAL_FORMS": 1,
        "invitations-0-room": room.pk,
        "invitations-0-email": "new@example.com",
        "invitations-0-role": "viewer",
    }
    assert root.post(url, changed).status_code == 302
    given = dict(room.memberships.values_list("user", "role"))
    assert given == {people["editor"].pk: "viewer", people["stranger"].pk: "editor"}
    assert Invitation.objects.get().email == "new@example.com"


def test_a_new_owner_is_no_member(root: Client, people: dict[str, User], room: Room) -> None:
    form = {**form_of(root, room), "owner": people["editor"].pk}
    assert root.post(reverse("admin:rooms_room_change", args=[room.pk]), form).status_code == 302
    assert Room.objects.get().owner == people["editor"]
    assert not room.memberships.filter(user=people["editor"]).exists()


def test_staff_deletes_rooms(root: Client, room: Room) -> None:
    data = {"action": "delete_selected", "_selected_action": [room.pk], "post": "yes"}
    assert root.post(reverse("admin:rooms_room_changelist"), data).status_code == 302
    assert not Room.objects.exists()
    assert not Membership.objects.exists()


@pytest.mark.parametrize("part", ["editor", "commenter", "viewer", "stranger"])
def test_an_action_asks_by_itself(people: dict[str, User], room: Room, part: str) -> None:
    """Whoever calls it, a page or another feature, need not have asked before."""
    by, member = people[part], Membership.objects.get(user=people["viewer"])
    refused: list[Any] = [
        lambda: actions.trash(by, room.pk),
        lambda: actions.restore(by, room.pk),
        lambda: actions.delete(by, room.pk),
        lambda: actions.change_role(by, room.pk, Membership, member.pk, Role.EDITOR),
        lambda: actions.remove(by, room.pk, Membership, member.pk),
        lambda: actions.invite(by, room.pk, "new@example.com", Role.EDITOR, None),  # type: ignore[arg-type]
    ]
    for action in refused:
        with pytest.raises(PermissionDenied):
            action()
    assert room.memberships.count() == 3


def test_owners_do_not_leave(people: dict[str, User], room: Room) -> None:
    with pytest.raises(PermissionDenied, match="yours"):
        actions.leave(people["owner"], room.pk)
