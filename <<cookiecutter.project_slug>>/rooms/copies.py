"""A document like another: what is written in it, and nothing else of the other, such as who may open it.

What a feature keeps of a document beside its text may come along if the person wants that, who is asked:

    @taken_along("comments", "Its comments", exists=lambda room: room.threads.exists())
    def copy_comments(room, made):
        ...

The copy keeps the ids of all that is written in it, so positions in the one are positions in the other.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from pycrdt import Doc, Text

from accounts.models import User
from yroom.authors import REMOVED, copied
from yroom.document import YroomDocument, begin
from yroom.errands import finished

from .access import Ability
from .kinds import TITLE
from .models import Room
from .titles import column_of

COPY_OF: Final = "Copy of "


@dataclass(frozen=True)
class Companion:
    """What may come along with a copy."""

    name: str
    # What the person reads who is asked.
    label: str
    # Whether there is any of it, for this document.
    exists: Callable[[Room], bool]
    # From a document to its copy, in the transaction that makes this.
    carry: Callable[[Room, Room], None]


_COMPANIONS: Final[list[Companion]] = []


def taken_along(
    name: str, label: str, exists: Callable[[Room], bool]
) -> Callable[[Callable[[Room, Room], None]], Callable[[Room, Room], None]]:
    """Have people who copy a document asked whether this comes along, where there is any, and have it done."""

    def register(carry: Callable[[Room, Room], None]) -> Callable[[Room, Room], None]:
        _COMPANIONS.append(Companion(name, label, exists, carry))
        return carry

    return register


def companions_of(room: Room) -> list[Companion]:
    """What may come along with a copy of this document."""
    return [companion for companion in _COMPANIONS if companion.exists(room)]


def copy(room: Room, owner: User, along: Collection[str] = ()) -> Room:
    """A copy of a document as it is now, in somebody's hands. Raises what YroomDocument raises."""
    doc: Doc[Any] = Doc()
    state = finished(YroomDocument(room.yroom_name).state)
    doc.apply_update(state)
    doc.get(TITLE, type=Text).insert(0, COPY_OF)
    # What others wrote is theirs in the copy, too.
    notes = copied(room.yroom_name, state)
    if Ability.WRITE not in room.abilities:
        # Who deleted what is told only to those who may write: author_views.py.
        notes = [
            each._replace(user="", by="", first=None, last=None) if each.kind == REMOVED else each for each in notes
        ]
    title, update = column_of(str(doc.get(TITLE, type=Text))), doc.get_update()
    # Only now, as nobody else may be able to write until it ends.
    with transaction.atomic():
        # Without a title, with which a document would begin: this one has its own.
        made = Room.objects.create(owner=owner, kind=room.kind)
        begin(made.yroom_name, update, str(owner.pk), notes)
        Room.objects.filter(pk=made.pk).update(title=title)
        for companion in _COMPANIONS:
            if companion.name in along:
                companion.carry(room, made)
    return made
