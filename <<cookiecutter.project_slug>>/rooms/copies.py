"""A document like another: what is written in it, and nothing else of the other, such as who may open it."""

from functools import partial
from typing import Any, Final

from django.db import transaction
from pycrdt import Doc, Text

from accounts.models import User
from yroom.document import YroomDocument, begin
from yroom.errands import finished

from .kinds import TITLE
from .models import Room
from .titles import column_of

COPY_OF: Final = "Copy of "


def copy(room: Room, owner: User) -> Room:
    """A copy of a document as it is now, in somebody's hands. Raises what YroomDocument raises."""
    doc: Doc[Any] = Doc()
    doc.apply_update(finished(partial(_state, room.yroom_name)))
    doc.get(TITLE, type=Text).insert(0, COPY_OF)
    with transaction.atomic():
        # Without a title, with which a document would begin: this one has its own.
        made = Room.objects.create(owner=owner, kind=room.kind)
        begin(made.yroom_name, doc, str(owner.pk))
        Room.objects.filter(pk=made.pk).update(title=column_of(str(doc.get(TITLE, type=Text))))
    return made


async def _state(room_name: str) -> bytes:
    return await YroomDocument(room_name).state()
