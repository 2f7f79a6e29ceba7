"""The one way to change who may do what in a room; nothing else writes memberships, invitations, links or requests.

An action holds the room until it is done, so that what it has found to be allowed still is; looks whether `by`, who
does it, has the ability; and makes its changes in one transaction. Without `by` it is the site's staff, whom the admin
site has asked, or a command. Open sockets and the log of rights hear of it by the rows that change (signals.py and
audit.py): so they do of what somebody does in a shell.

Raises Room.DoesNotExist, PermissionDenied with a sentence for who asked, or what else an action says.
"""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

from . import titles
from .access import Ability, Role, abilities_of, require, widest
from .asking import send_answer, send_request
from .copies import copy
from .drafts import settle_drafts
from .happened import access_asked, access_given, handed_over, invitation_answered
from .invitations import refusal, send_invitation, waiting_for
from .kinds import DEFAULT
from .links import is_for
from .models import AccessRequest, Arrival, Guest, Invitation, Link, Membership, Room, Visitor, ids_of

YOURS = "This document is yours. You can move it to the trash instead."
NOT_IN_TRASH = "Move the document to the trash before you delete it for good."
NOT_RENAMED = "The document could not be renamed, as it cannot be reached at the moment. Try again in a moment."
NOT_COPIED = "The document could not be copied, as it cannot be reached at the moment. Try again in a moment."

PUT_OUT = "Its owner does not let you in by this link any more."

# Whoever is on a room's list of people: those who have come in, and those who are invited.
Entry = Membership | Invitation


@contextmanager
def hold(by: Visitor | None, room_id: uuid.UUID, ability: Ability, *, even_trashed: bool = False) -> Iterator[Room]:
    """A room that nobody else can change, nor its people, until this transaction ends."""
    with transaction.atomic():
        # The room and the role are looked up after the lock, in another query: one that has waited for a lock sees the
        # locked row as it is now, but all other rows as they were when it began.
        Room.objects.select_for_update().filter(pk=room_id).values_list("pk").first()
        if by is None:
            yield Room.objects.get(pk=room_id)
        else:
            room = Room.objects.for_user(by, room_id, even_trashed=even_trashed)
            require(room.abilities, ability)
            yield room


def create(by: User, title: str = "", kind: str = DEFAULT.name) -> Room:
    """A new room; without a title, one of its kind that was created and left empty before."""
    empty = [] if title else [room for room in settle_drafts(by.pk) if room.kind == kind]
    if empty:
        return empty[0]
    # With its document, which holds the title: see signals.py.
    with transaction.atomic():
        return Room.objects.create(owner=by, title=title, kind=kind, is_draft=not title)


def rename(by: User | None, room_id: uuid.UUID, title: str, done: Callable[[bool], object]) -> Room:
    """Give a document another title; once that is written into it, or could not be, `done` hears so."""
    with hold(by, room_id, Ability.WRITE) as room:
        titles.rename(room, title, "" if by is None else by.pk, done)
    return room


def duplicate(by: User, room_id: uuid.UUID, along: Collection[str] = ()) -> Room:
    """A copy of a document, which is theirs, with what is to come along of it. Raises what YroomDocument raises."""
    room = Room.objects.for_user(by, room_id)
    require(room.abilities, Ability.READ)
    # Not held meanwhile: the worker takes its time, and nothing of the room is changed.
    return copy(room, by, along)


def trash(by: User | None, room_id: uuid.UUID) -> Room:
    """Close a room for everybody until it is restored."""
    with hold(by, room_id, Ability.MANAGE, even_trashed=True) as room:
        room.trashed_at = timezone.now()
        room.save(update_fields=["trashed_at"])
    return room


def restore(by: User | None, room_id: uuid.UUID) -> Room:
    """Take a room out of the trash."""
    with hold(by, room_id, Ability.MANAGE, even_trashed=True) as room:
        room.trashed_at = None
        room.save(update_fields=["trashed_at"])
    return room


def delete(by: User | None, room_id: uuid.UUID) -> Room:
    """Delete a room for good, which for people must be in the trash."""
    with hold(by, room_id, Ability.MANAGE, even_trashed=True) as room:
        if by is not None and room.trashed_at is None:
            raise PermissionDenied(NOT_IN_TRASH)
        room.delete()
    return room


def change_room(room: Room, fields: Collection[str]) -> None:
    """Write what the admin site has changed of a room but its title; a new owner is no longer one of its members."""
    with hold(None, room.pk, Ability.MANAGE):
        if "owner" in fields:
            room.memberships.filter(user=room.owner_id).delete()
        room.save(update_fields=fields)


def invite(by: User, room_id: uuid.UUID, email: str, role: str, request: HttpRequest) -> None:
    """Invite an address and tell it by e-mail. Raises ValueError with a sentence."""
    with hold(by, room_id, Ability.SHARE) as room:
        problem = refusal(request, room, email)
        if not problem:
            invitation = Invitation.objects.create(room=room, email=email, role=role)
            send_invitation(request, invitation)
    # Only now: what was counted counts for a refusal too, and would be undone with the transaction.
    if problem:
        raise ValueError(problem)


def answer(by: User, room_id: uuid.UUID, accepted: bool) -> Room | None:
    """Accept or decline all invitations to a room; returns it, or None where nothing waits any longer."""
    with transaction.atomic():
        room = Room.objects.select_for_update(of=("self",)).filter(pk=room_id, trashed_at=None).first()
        invitations = list(waiting_for(by).filter(room=room_id)) if room is not None else []
        if not invitations:
            return None
        if accepted:
            # Two addresses of one account may have been invited.
            role = widest(invitation.role for invitation in invitations)
            Membership.objects.get_or_create(room=room, user=by, defaults={"role": role})
        Invitation.objects.filter(pk__in=[invitation.pk for invitation in invitations]).delete()
        addresses = [str(invitation.email) for invitation in invitations]
        invitation_answered.send(Room, room=room, by=by, accepted=accepted, addresses=addresses)
    return room


def put(entry: Entry) -> None:
    """Write a membership or an invitation that staff or a command has made or changed."""
    with hold(None, entry.room_id, Ability.SHARE):
        entry.save()


def change_role(by: User | None, room_id: uuid.UUID, model: type[Entry], key: int, role: str) -> Entry:
    """Let somebody on the list do something else than before. Raises the model's DoesNotExist."""
    with hold(by, room_id, Ability.SHARE):
        entry = _listed(room_id, model, key)
        entry.role = role
        changed = ["role"]
        if isinstance(entry, Invitation):
            # One that was over waits anew.
            entry.created = timezone.now()
            changed.append("created")
        entry.save(update_fields=changed)
    return entry


def remove(by: User | None, room_id: uuid.UUID, model: type[Entry], key: int) -> Entry:
    """Take somebody off the list. Raises the model's DoesNotExist."""
    with hold(by, room_id, Ability.SHARE):
        entry = _listed(room_id, model, key)
        entry.delete()
        if isinstance(entry, Membership):
            _end_arrivals(room_id, entry.user_id)
    return entry


def hand_over(by: User, room_id: uuid.UUID, key: int) -> Membership:
    """Make a member the owner; who was it may edit from then on. Raises Membership.DoesNotExist."""
    with hold(by, room_id, Ability.MANAGE) as room:
        membership = room.memberships.select_related("user").get(pk=key)
        before, room.owner = room.owner, membership.user
        membership.delete()
        room.save(update_fields=["owner"])
        Membership.objects.create(room=room, user=before, role=Role.EDITOR)
        handed_over.send(Room, room=room, by=by, whom=membership.user)
    return membership


def settle_owners() -> list[Membership]:
    """Take members off the list who have become the owner: where the one before is gone, see ownership.py."""
    with transaction.atomic():
        memberships = list(Membership.objects.filter(room__owner=F("user")))
        for membership in memberships:
            membership.delete()
    return memberships


def leave(by: User, room_id: uuid.UUID) -> Room:
    """Give up one's own membership."""
    with hold(by, room_id, Ability.READ) as room:
        if room.owner_id == by.pk:
            raise PermissionDenied(YOURS)
        room.memberships.filter(user=by).delete()
        _end_arrivals(room_id, by.pk)
    return room


def open_link(by: User | None, room_id: uuid.UUID, audience: str, role: str, expires: datetime | None) -> Link:
    """Let people in by a link, or by the one there is as something else than before."""
    with hold(by, room_id, Ability.SHARE) as room:
        link = Link.objects.filter(room=room).first() or Link(room=room)
        link.audience, link.role, link.expires = audience, role, expires
        link.save()
    return link


def renew_link(by: User | None, room_id: uuid.UUID) -> Link:
    """End the link, for all who came by it too, and let people in by another one. Raises Link.DoesNotExist."""
    with hold(by, room_id, Ability.SHARE) as room:
        before = Link.objects.get(room=room)
        before.delete()
        return Link.objects.create(room=room, audience=before.audience, role=before.role, expires=before.expires)


def close_link(by: User | None, room_id: uuid.UUID) -> None:
    """Let nobody in by a link any longer, nor whoever came by it."""
    with hold(by, room_id, Ability.SHARE) as room:
        for link in Link.objects.filter(room=room):
            link.delete()


def arrive(visitor: User | Guest, link: Link) -> Room | None:
    """Let somebody in by a link that they have: see links.find(); None if it has ended, or is not for them.

    Raises PermissionDenied, with a sentence, for who was put out.
    """
    with transaction.atomic():
        room = Room.objects.select_for_update(of=("self",)).filter(pk=link.room_id, trashed_at=None).first()
        link_now = Link.objects.filter(pk=link.pk).first()
        if room is None or link_now is None or link_now.is_over or not is_for(link_now, visitor):
            return None
        if Arrival.objects.of(*ids_of(visitor)).filter(link=link_now).exclude(ended=None).exists():
            # They may be on the list all the same.
            if Ability.READ in Room.objects.for_user(visitor, room.pk).abilities:
                return room
            raise PermissionDenied(PUT_OUT)
        if isinstance(visitor, Guest):
            Arrival.objects.get_or_create(link=link_now, guest=visitor)
        elif not abilities_of(link_now.role) <= Room.objects.for_user(visitor, room.pk).abilities:
            Arrival.objects.get_or_create(link=link_now, user=visitor)
    return room


def take_along(user: User, guest: Guest) -> None:
    """Who was a guest and has signed in may open with the account what the guest may open."""
    for arrival in Arrival.objects.open().of(None, guest.pk).select_related("link"):
        with suppress(PermissionDenied):
            arrive(user, arrival.link)


def forget(guests: Collection[Guest]) -> None:
    """Guests are nobody any more, and no link lets them in."""
    Guest.objects.filter(pk__in=[guest.pk for guest in guests]).delete()


def put_out(by: User | None, room_id: uuid.UUID, key: int) -> Arrival:
    """Let somebody in no longer who came by the link. Raises Arrival.DoesNotExist."""
    with hold(by, room_id, Ability.SHARE):
        arrival = Arrival.objects.select_related("user", "guest", "link").get(link__room=room_id, ended=None, pk=key)
        arrival.ended = timezone.now()
        arrival.save(update_fields=["ended"])
    return arrival


def ask(by: User, room_id: uuid.UUID, message: str, request: HttpRequest) -> None:
    """Ask the owner to let one in; nothing comes of it where there is nothing to ask for, which nobody is told."""
    with transaction.atomic():
        Room.objects.select_for_update().filter(pk=room_id).values_list("pk").first()
        room = Room.objects.with_role(by.pk).select_related("owner").filter(pk=room_id, trashed_at=None).first()
        if room is None or Ability.READ in room.abilities:
            return
        asked, _ = AccessRequest.objects.update_or_create(room=room, user=by, defaults={"message": message})
        send_request(request, asked)
        access_asked.send(Room, room=room, by=by)


def answer_request(by: User, room_id: uuid.UUID, key: int, given: str | None, request: HttpRequest) -> AccessRequest:
    """Let in who has asked, in the role that is given; or do not. Raises AccessRequest.DoesNotExist."""
    with hold(by, room_id, Ability.SHARE) as room:
        asked = room.requests.select_related("user").get(pk=key)
        asked.delete()
        if given is not None and asked.user_id != room.owner_id:
            membership, is_new = Membership.objects.get_or_create(room=room, user=asked.user, defaults={"role": given})
            if is_new:
                send_answer(request, membership)
                access_given.send(Room, room=room, by=by, whom=asked.user)
    return asked


def settle_requests(room_id: uuid.UUID, user_id: int) -> None:
    """Who may open a room no longer asks for it."""
    for asked in AccessRequest.objects.filter(room=room_id, user=user_id):
        asked.delete()


def _end_arrivals(room_id: uuid.UUID, user_id: int) -> None:
    """Who leaves, or is taken off the list, does not stay because they once came by a link, too; put out is put out."""
    for arrival in Arrival.objects.filter(link__room=room_id, user=user_id, ended=None):
        arrival.delete()


def _listed(room_id: uuid.UUID, model: type[Entry], key: int) -> Entry:
    entry: Entry = model._default_manager.select_for_update().get(room=room_id, pk=key)
    return entry
