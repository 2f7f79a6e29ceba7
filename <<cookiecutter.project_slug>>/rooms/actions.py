"""The one way to change who may do what in a room; nothing else writes memberships or invitations.

An action holds the room until it is done, so that what it has found to be allowed still is; looks whether `by`, who
does it, has the ability; and makes its changes in one transaction. Without `by` it is the site's staff, whom the admin
site has asked, or a command. Open sockets and the log of rights hear of it by the rows that change (signals.py and
audit.py): so they do of what somebody does in a shell.

Raises Room.DoesNotExist, PermissionDenied with a sentence for who asked, or what else an action says.
"""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

from . import titles
from .access import Ability, Role, require, widest
from .copies import copy
from .drafts import settle_drafts
from .invitations import refusal, send_invitation, waiting_for
from .kinds import DEFAULT
from .models import Invitation, Membership, Room

YOURS = "This document is yours. You can move it to the trash instead."
NOT_IN_TRASH = "Move the document to the trash before you delete it for good."
NOT_RENAMED = "The document could not be renamed, as it cannot be reached at the moment. Try again in a moment."
NOT_COPIED = "The document could not be copied, as it cannot be reached at the moment. Try again in a moment."

# Whoever is on a room's list of people: those who have come in, and those who are invited.
Entry = Membership | Invitation


@contextmanager
def hold(by: User | None, room_id: uuid.UUID, ability: Ability, *, even_trashed: bool = False) -> Iterator[Room]:
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
    return entry


def hand_over(by: User, room_id: uuid.UUID, key: int) -> Membership:
    """Make a member the owner; who was it may edit from then on. Raises Membership.DoesNotExist."""
    with hold(by, room_id, Ability.MANAGE) as room:
        membership = room.memberships.select_related("user").get(pk=key)
        before, room.owner = room.owner, membership.user
        membership.delete()
        room.save(update_fields=["owner"])
        Membership.objects.create(room=room, user=before, role=Role.EDITOR)
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
    return room


def _listed(room_id: uuid.UUID, model: type[Entry], key: int) -> Entry:
    entry: Entry = model._default_manager.select_for_update().get(room=room_id, pk=key)
    return entry
