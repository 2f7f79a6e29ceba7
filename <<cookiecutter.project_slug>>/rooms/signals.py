"""What follows from changes in the database, whoever makes them: a page, the admin site or a script."""

from contextlib import suppress
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import PermissionDenied
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit import note
from accounts.models import User
from tasks.mail import undelivered

from .actions import arrive, settle_owners, settle_requests, take_along
from .invitations import note_undelivered
from .links import TooManyError, find, kept
from .live import delete_text, recheck_person, recheck_room, tell_room
from .models import GUEST, AccessRequest, Arrival, Invitation, Link, Membership, Room
from .people import guest_of
from .titles import begin_document


@receiver(post_save, sender=Room)
def room_saved(instance: Room, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    """Begin a new document with its title; look again at who may be here."""
    if created:
        if instance.title:
            begin_document(instance)
    elif update_fields is None or {"trashed_at", "owner"} & update_fields:
        recheck_room(instance.pk)


@receiver(post_delete, sender=Room)
def room_deleted(instance: Room, **_: Any) -> None:
    """Close its sockets and forget its text."""
    delete_text(instance)


@receiver(post_save, sender=Membership)
@receiver(post_delete, sender=Membership)
def membership_changed(instance: Membership, **_: Any) -> None:
    """Let the new role count on open sockets."""
    recheck_room(instance.room_id, instance.user_id)


@receiver(post_save, sender=Link)
@receiver(post_delete, sender=Link)
def link_changed(instance: Link, **_: Any) -> None:
    """Let it count on the open sockets of who came by it."""
    recheck_room(instance.room_id)


@receiver(post_save, sender=Arrival)
def arrival_changed(instance: Arrival, created: bool, **_: Any) -> None:
    """Close the sockets of who came by a link and is put out."""
    tell_room(instance.link.room_id, "sharing")
    if not created:
        recheck_room(instance.link.room_id, instance.user_id or f"{GUEST}{instance.guest_id}")


@receiver(post_delete, sender=Arrival)
def arrival_ended(instance: Arrival, origin: Any, **_: Any) -> None:
    """Close the sockets of who came by a link and has left; what else is deleted with such rows tells of itself."""
    if isinstance(origin, Arrival):
        recheck_room(instance.link.room_id, instance.user_id or f"{GUEST}{instance.guest_id}")


@receiver(post_save, sender=Membership)
@receiver(post_save, sender=Invitation)
@receiver(post_save, sender=Link)
def somebody_let_in(instance: Membership | Invitation | Link, created: bool, **_: Any) -> None:
    """A draft that others are let into is a draft no longer."""
    if created:
        Room.objects.filter(pk=instance.room_id, is_draft=True).update(is_draft=False)


@receiver(post_save, sender=Membership)
def request_answered(instance: Membership, created: bool, **_: Any) -> None:
    """Whoever is let in need not ask any more."""
    if created:
        settle_requests(instance.room_id, instance.user_id)


@receiver([post_save, post_delete], sender=Membership)
@receiver([post_save, post_delete], sender=Invitation)
@receiver([post_save, post_delete], sender=Link)
@receiver([post_save, post_delete], sender=AccessRequest)
def sharing_changed(instance: Membership | Invitation | Link | AccessRequest, **_: Any) -> None:
    """Whoever looks at who can see a document sees it anew."""
    tell_room(instance.room_id, "sharing")


@receiver(user_logged_in)
def user_came(request: HttpRequest | None, user: User, **_: Any) -> None:
    """Let the link count with which somebody came before they signed in, and those by which they were a guest."""
    session = getattr(request, "session", None)
    if request is None or session is None:
        return
    if (remembered := kept(session)) is not None:
        with suppress(TooManyError, PermissionDenied):
            link = find(request, *remembered)
            if link is not None:
                arrive(user, link)
    if (guest := guest_of(session)) is not None:
        take_along(user, guest)


@receiver(post_save, sender=User)
def user_saved(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    """A user may have been deactivated, renamed, or logged out elsewhere by a new password."""
    if not created and set(update_fields or ()) != {"last_login"}:
        recheck_person(instance.pk)


@receiver(post_delete, sender=User)
def owner_left(instance: User, **_: Any) -> None:
    """Close their sockets; who has got their documents is their owner now: see ownership.py."""
    recheck_person(instance.pk)
    for membership in settle_owners():
        note("owner changed", room=membership.room_id, before=instance.pk, user=membership.user_id)


@receiver(post_delete, sender=UserSession)
def session_ended(instance: UserSession, **_: Any) -> None:
    """Close its sockets."""
    recheck_person(instance.user_id)


@receiver(undelivered)
def mail_undelivered(about: str, **_: Any) -> None:
    """Say so where the owner sees whom they have invited."""
    note_undelivered(about)


@receiver(user_logged_out)
def user_left(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Close the sockets of the session that ends."""
    if user is not None:
        # The signal is sent before Django ends the session, and the sockets go by the session.
        request.session.flush()
        recheck_person(user.pk)
