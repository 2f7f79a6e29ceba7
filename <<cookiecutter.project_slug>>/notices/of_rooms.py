"""Who is told of who can open a document: of requests and answers, and of a document that has become one's own."""

import uuid
from typing import Any, Final

from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import User
from rooms.happened import access_asked, access_given, handed_over, invitation_answered
from rooms.models import AccessRequest, Room

from .models import Kind
from .telling import take_back, tell

# The part of the address by which a document's page shows who can see it.
SHARING: Final = "share"


@receiver(access_asked, sender=Room)
def asked(room: Room, by: User, **_: Any) -> None:
    """Its owner, who gets an e-mail about that anyway."""
    tell(room, [room.owner_id], Kind.ASKED, _about_request(room.pk, by.pk), by=by, place=SHARING, has_mail=True)


@receiver(post_delete, sender=AccessRequest)
def settled(instance: AccessRequest, **_: Any) -> None:
    """However it was answered, it is no news any more."""
    take_back(_about_request(instance.room_id, instance.user_id))


@receiver(access_given, sender=Room)
def given(room: Room, by: User, whom: User, **_: Any) -> None:
    """Who asked, who gets an e-mail about that anyway."""
    _tell_anew(room, whom.pk, Kind.LET_IN, f"let in {room.pk} {whom.pk}", by=by, has_mail=True)


@receiver(invitation_answered, sender=Room)
def answered(room: Room, by: User, accepted: bool, addresses: list[str], **_: Any) -> None:
    """The owner, who has invited them; of who declines, they hear no more than they knew: an address."""
    about = f"invitation {room.pk} {by.pk}"
    if accepted:
        _tell_anew(room, room.owner_id, Kind.ACCEPTED, about, by=by, place=SHARING)
    else:
        _tell_anew(room, room.owner_id, Kind.DECLINED, about, by=None, place=SHARING, words=", ".join(addresses))


@receiver(handed_over, sender=Room)
def handed(room: Room, by: User, whom: User, **_: Any) -> None:
    """Whose it is now."""
    _tell_anew(room, whom.pk, Kind.HANDED_OVER, f"owner {room.pk} {whom.pk}", by=by)


def _tell_anew(room: Room, person: int, kind: Kind, about: str, **more: Any) -> None:
    """Of what may have happened before, with another end meanwhile."""
    take_back(about)
    tell(room, [person], kind, about, **more)


def _about_request(room_id: uuid.UUID, user_id: int) -> str:
    return f"asked {room_id} {user_id}"
