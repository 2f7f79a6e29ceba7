"""Notices of who can open a document: who is told of requests and answers, and of what they are told no more."""

from typing import Any

from django.core import mail
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import User
from notices.models import Digest, Kind, Notice
from rooms import actions
from rooms.access import Role
from rooms.models import Invitation, Room

People = dict[str, User]


def told() -> set[tuple[str, Kind, str]]:
    """Who is told of what, and by whom."""
    return {(notice.receiver.name, Kind(notice.kind), notice.name) for notice in Notice.objects.all()}


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().post("/", secure=True)
    request.user = user
    return request


def ask(user: User, room: Room) -> int:
    actions.ask(user, room.pk, "", request_of(user))
    return room.requests.get(user=user).pk


def test_who_asks_for_a_document_and_who_is_let_in(people: People, room: Room) -> None:
    """Each by the e-mail that there is anyway, and in the bell; what is answered is no news any more."""
    owner, stranger = people["owner"], people["stranger"]
    for _ in range(2):
        key = ask(stranger, room)
        assert told() == {("Owner", Kind.ASKED, "Stranger")}
        assert Notice.objects.get().get_absolute_url() == f"{room.get_absolute_url()}#share"
    actions.answer_request(owner, room.pk, key, None, request_of(owner))
    assert told() == set()
    for _ in range(2):
        key = ask(stranger, room)
        actions.answer_request(owner, room.pk, key, Role.VIEWER, request_of(owner))
        assert told() == {("Stranger", Kind.LET_IN, "Owner")}
        Notice.objects.update(read=Notice.objects.get().created)
        actions.leave(stranger, room.pk)
    assert all("New in" not in message.subject for message in mail.outbox)
    assert not Digest.objects.exists()


def test_how_an_invitation_was_answered(people: People, room: Room, settings: Any) -> None:
    """Of who declines, nobody hears the name."""
    stranger = people["stranger"]
    for accepted in (False, True):
        Invitation.objects.create(room=room, email=stranger.email, role=Role.VIEWER)
        actions.answer(stranger, room.pk, accepted)
        kind, name = (Kind.ACCEPTED, "Stranger") if accepted else (Kind.DECLINED, "Somebody")
        assert told() == {("Owner", kind, name)}
        assert Notice.objects.get().words == ("" if accepted else stranger.email)
    assert [message.to for message in mail.outbox if "accepted your invitation to" in message.body] == [
        ["owner@example.com"]
    ]


def test_whose_a_document_has_become(people: People, room: Room) -> None:
    owner, editor = people["owner"], people["editor"]
    actions.hand_over(owner, room.pk, room.memberships.get(user=editor).pk)
    assert told() == {("Editor", Kind.HANDED_OVER, "Owner")}
    actions.hand_over(editor, room.pk, room.memberships.get(user=owner).pk)
    actions.hand_over(owner, room.pk, room.memberships.get(user=editor).pk)
    assert told() == {("Editor", Kind.HANDED_OVER, "Owner"), ("Owner", Kind.HANDED_OVER, "Editor")}
