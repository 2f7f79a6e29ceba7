"""The log of who was given what in which room, and by whom: see accounts/audit.py."""

from typing import Any

from django.db.models.signals import post_delete, post_init, post_save
from django.dispatch import receiver

from accounts.audit import note

from .models import AccessRequest, Arrival, Guest, Invitation, Link, Membership, Room


@receiver(post_save, sender=Membership)
def membership_given(instance: Membership, created: bool, **_: Any) -> None:
    """Somebody may open a room, or may do something else there than before."""
    event = "membership given" if created else "membership changed"
    note(event, room=instance.room_id, user=instance.user_id, role=instance.role)


@receiver(post_delete, sender=Membership)
def membership_taken(instance: Membership, **_: Any) -> None:
    """Somebody may no longer open a room."""
    note("membership taken", room=instance.room_id, user=instance.user_id)


@receiver(post_save, sender=Invitation)
def invited(instance: Invitation, created: bool, **_: Any) -> None:
    """An address is invited, or to something else than before."""
    event = "invitation sent" if created else "invitation changed"
    note(event, room=instance.room_id, to=instance.email, role=instance.role)


@receiver(post_delete, sender=Invitation)
def invitation_ended(instance: Invitation, **_: Any) -> None:
    """It was accepted, declined or taken back."""
    note("invitation ended", room=instance.room_id, to=instance.email)


@receiver(post_save, sender=Link)
def link_opened(instance: Link, created: bool, **_: Any) -> None:
    """Whoever has a link may open a room, or do something else there than before."""
    event = "link opened" if created else "link changed"
    expires = instance.expires.isoformat() if instance.expires is not None else "never"
    note(event, room=instance.room_id, audience=instance.audience, role=instance.role, expires=expires)


@receiver(post_delete, sender=Link)
def link_closed(instance: Link, **_: Any) -> None:
    """The link opens nothing any longer."""
    note("link closed", room=instance.room_id)


@receiver(post_save, sender=Arrival)
def came_by_link(instance: Arrival, created: bool, **_: Any) -> None:
    """Somebody has come by a link, or is put out."""
    who = {"guest": instance.guest_id} if instance.guest_id else {"user": instance.user_id}
    note("came by link" if created else "put out", room=instance.link.room_id, **who)


@receiver(post_save, sender=Guest)
def guest_named(instance: Guest, **_: Any) -> None:
    """Somebody without an account goes by a name."""
    note("guest", guest=instance.pk, name=instance.name)


@receiver(post_save, sender=AccessRequest)
def access_asked_for(instance: AccessRequest, **_: Any) -> None:
    """Somebody asks to be let in."""
    note("access asked for", room=instance.room_id, user=instance.user_id)


@receiver(post_init, sender=Room)
def remember_owner(instance: Room, **_: Any) -> None:
    """Whose room it was when it was loaded."""
    instance.owner_before = instance.__dict__.get("owner_id")  # type: ignore[attr-defined]


@receiver(post_save, sender=Room)
def owner_changed(instance: Room, created: bool, **_: Any) -> None:
    """A room has another owner."""
    before = instance.owner_before  # type: ignore[attr-defined]
    if not created and before is not None and before != instance.owner_id:
        note("owner changed", room=instance.pk, before=before, user=instance.owner_id)
    remember_owner(instance)


@receiver(post_delete, sender=Room)
def room_deleted(instance: Room, **_: Any) -> None:
    """A room is gone for good."""
    note("room deleted", room=instance.pk)
