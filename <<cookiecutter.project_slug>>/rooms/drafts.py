"""Documents that were made and left as they were.

Who makes a new document and goes away without a word in it finds no empty one on the list: it is a draft, which is
taken up again the next time. Nothing is ever deleted for being empty, for words may still be on somebody's device: once
they arrive, or anybody else is invited, the draft is a document like any other.
"""

from django.db.models import QuerySet

from yroom.exceptions import StoredRoomDamagedError
from yroom.store.base import get_storage

from .models import Room


def has_text(room: Room) -> bool:
    """Whether anything was ever written in a room, be it deleted again."""
    try:
        return bool(get_storage(room.yroom_name).load(room.yroom_name).updates)
    except StoredRoomDamagedError:
        return True


def drafts_of(user_id: int) -> QuerySet[Room]:
    """Those that somebody owns, the latest first."""
    return Room.objects.filter(owner=user_id, is_draft=True, trashed_at=None)


def settle_drafts(user_id: int) -> list[Room]:
    """Make documents of the drafts in which something was written by now; return those that are empty."""
    empty: list[Room] = []
    written: list[Room] = []
    for room in drafts_of(user_id):
        (written if room.title or has_text(room) else empty).append(room)
    if written:
        Room.objects.filter(pk__in=[room.pk for room in written]).update(is_draft=False)
    return empty
