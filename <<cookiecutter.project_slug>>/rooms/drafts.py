"""Documents that were made and left as they were.

Who makes a new document and goes away without a word in it finds no empty one on the list: it is a draft, which is
taken up again the next time. Nothing is ever deleted for being empty, for words may still be on somebody's device: once
they arrive, or anybody else is invited, the draft is a document like any other.
"""

from django.db.models import QuerySet

from yroom.document import is_stored

from .models import Room


def drafts_of(user_id: int) -> QuerySet[Room]:
    """Those that somebody owns, the latest first."""
    return Room.objects.filter(owner=user_id, is_draft=True, trashed_at=None)


def settle_drafts(user_id: int) -> list[Room]:
    """Make documents of the drafts in which something was written by now; return those that are empty."""
    empty: list[Room] = []
    written: list[Room] = []
    for room in drafts_of(user_id):
        (written if room.title or is_stored(room.yroom_name) else empty).append(room)
    if written:
        Room.objects.filter(pk__in=[room.pk for room in written]).update(is_draft=False)
    return empty
