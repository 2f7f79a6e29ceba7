"""Who may do what about comments: asked in abilities, as everywhere.

Whoever may read a document reads its comments. Beside those whose role lets them comment, viewers may where the owner
has allowed it, for this document.
"""

from rooms.access import Ability
from rooms.models import Room

from .models import Rules


def abilities_in(room: Room) -> frozenset[Ability]:
    """What the person may do about comments whom the room was looked up for."""
    if Ability.READ in room.abilities and Ability.COMMENT not in room.abilities and let_viewers(room):
        return room.abilities | {Ability.COMMENT}
    return room.abilities


def let_viewers(room: Room) -> bool:
    """Whether the owner has allowed those who may read a document to comment."""
    return Rules.objects.filter(room=room.pk, viewers=True).exists()
