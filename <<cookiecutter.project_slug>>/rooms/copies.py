"""A document like another: what is written in it, and nothing else of the other, such as who may open it."""

import uuid
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
    made = Room(pk=uuid.uuid4(), owner=owner, kind=room.kind, title=column_of(str(doc.get(TITLE, type=Text))))
    with transaction.atomic():
        # Before the row: who finds a document there begins none with the title.
        begin(made.yroom_name, doc, str(owner.pk))
        made.save(force_insert=True)
    return made


async def _state(room_name: str) -> bytes:
    return await YroomDocument(room_name).state()
