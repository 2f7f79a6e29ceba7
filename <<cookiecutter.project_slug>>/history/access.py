"""Who may see what a document was: those who may write in it, and who may read it if its owner has said so.

What was deleted may have been secret, and was perhaps deleted because others were let in. This is the one place that is
asked.
"""

from typing import Final

from django.core.exceptions import PermissionDenied

from rooms.access import NO_ACCESS, Ability
from rooms.models import Room

from .models import Rules

NOT_SHOWN: Final = "Only those who may edit this document see what it was. Its owner can allow that to others."


def for_readers(room: Room) -> bool:
    """Whether the owner lets those see old versions who may only read."""
    return Rules.objects.filter(room=room, readers=True).exists()


def may_see(room: Room) -> bool:
    """Whether the person sees old versions whom the room was looked up for."""
    return Ability.WRITE in room.abilities or (Ability.READ in room.abilities and for_readers(room))


def require_sight(room: Room) -> None:
    """Raise PermissionDenied, with a sentence for who asked, unless they may see old versions."""
    if not may_see(room):
        raise PermissionDenied(NOT_SHOWN if Ability.READ in room.abilities else NO_ACCESS)
