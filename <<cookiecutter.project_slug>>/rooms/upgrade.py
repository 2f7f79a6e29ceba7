"""Documents of an older schema: what the engine calls for each, once, before it is opened (the setting UPGRADE).

Schema 1 of a text was the editor's tree, stored as XML; now it is a text of lines, see rooms/text/. And in each kind, a
document's title is a text of its own in it, in which several people can write at once.
"""

from typing import Any, Final

from django.core.exceptions import ValidationError
from pycrdt import Doc, Text

from yroom.contents import Items

from .kinds import KINDS, TITLE
from .models import Room
from .text.former import ROOT, read_former
from .text.read import read
from .text.write import new_id, write

# The schema since which documents have today's form. One that was raised since, so that older editors do not open what
# they would hide, needs nothing done to documents.
SAME_SINCE: Final = 2


def upgrade(room: str, schema: int | None, state: bytes) -> bytes | None:
    """The state that takes the place of this one, None where it stays: see yroom/store/upgrade.py."""
    return None if schema is not None and schema >= SAME_SINCE else converted(room, state)


def converted(room: str, state: bytes) -> bytes:
    """A document from before schema 2 in today's form."""
    prefix, _, code = room.partition(".")
    items = Items(state)
    doc: Doc[Any] = Doc()
    if prefix == KINDS["text"].prefix and ROOT in items.roots:
        write(doc, read(read_former(items), new_id))
    else:
        doc.apply_update(state)
    shared: Text = doc.get(TITLE, type=Text)
    if not len(shared):
        shared.insert(0, _title(code))
    return doc.get_update()


def _title(code: str) -> str:
    try:
        return Room.objects.filter(pk=code).values_list("title", flat=True).first() or ""
    except ValidationError:  # it is no room of the site's
        return ""
