"""The title: a text of the document, which people edit together as they do the rest of it.

Lists, searches and exports go by a column, `Room.title`: a worker has it follow the document's commits, a moment later.
Who renames a document elsewhere, on a form say, therefore writes into the document.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Greatest
from django.utils import timezone
from pycrdt import Doc, Text

from accounts.names import one_line
from yroom.commits import Committed
from yroom.document import CallFailedError, YroomDocument, YroomTimeout, begin
from yroom.errands import finished

from .changes import change
from .kinds import TITLE
from .models import LONGEST_TITLE, FirstLook, Room

logger = logging.getLogger(__name__)

# Characters of a document's title that are looked at: many may be invisible, and nobody has to wait for a million.
LOOKED_AT: Final = 10 * LONGEST_TITLE
# How exactly is noted when a document was changed: not anew at each commit, unless its page shows how it begins.
EXACTLY: Final = timedelta(seconds=10)


def column_of(title: str) -> str:
    """What the column holds of a document's title."""
    return one_line(one_line(title[:LOOKED_AT])[:LONGEST_TITLE])


def follow(document: Committed) -> None:
    """Have the row follow what was committed of its document: see ON_COMMIT in yroom/conf.py."""
    rooms = Room.objects.filter(pk=UUID(document.room.partition(".")[2]))
    first_look = Exists(FirstLook.objects.filter(room=OuterRef("pk"), of=OuterRef("updated")))
    title = document.text(TITLE)
    row: Any = rooms.annotate(is_looked_at=first_look).first()
    if row is None:
        return
    values: dict[str, Any] = {}
    # Without that root nobody has written a title into it yet.
    if title is not None and column_of(title) != row.title:
        values["title"] = column_of(title)
    if document.is_news and row.is_draft:
        values["is_draft"] = False
    now = timezone.now()
    if values or (document.is_news and (row.is_looked_at or row.updated < now - EXACTLY)):
        # It only grows, whatever the clocks of two servers say.
        rooms.update(**values, updated=Greatest("updated", now))


def begin_document(room: Room) -> None:
    """Write a new room's title into its document, in the same transaction."""
    doc: Doc[Any] = Doc()
    doc.get(TITLE, type=Text).insert(0, room.title)
    begin(room.yroom_name, doc, str(room.owner_id))


def rename(room: Room, title: str, user: object, done: Callable[[bool], object]) -> None:
    """Rename a room in the transaction under way, and then its document; `done` hears whether that could be reached."""
    former, room.title, room.is_draft = room.title, title, False
    room.updated = max(timezone.now(), room.updated)
    room.save(update_fields=["title", "is_draft", "updated"])
    transaction.on_commit(partial(_rename_document, room, former, str(user), done))


def _rename_document(room: Room, former: str, user: str, done: Callable[[bool], object]) -> None:
    try:
        finished(partial(_write, room.yroom_name, former, room.title, user))
    except (CallFailedError, YroomTimeout, DatabaseError):
        logger.exception("could not write a title into its document")
        Room.objects.filter(pk=room.pk, title=room.title).update(title=former)
        done(False)
    else:
        done(True)


async def _write(room_name: str, former: str, title: str, user: str) -> None:
    async with YroomDocument(room_name).edit(user) as doc:
        text = doc.get(TITLE, type=Text)
        now = str(text)
        # What lists do not show of it is nothing that one could have meant to take away.
        rest = now.removeprefix(former) if former and now.startswith(former) else ""
        change(text, now, title + rest)
