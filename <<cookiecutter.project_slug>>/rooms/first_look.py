"""The beginning of a document in its page, so that one reads while the editor is still on its way.

It is made when the document falls quiet, and shown only if nothing has changed since. The editor takes its place as
soon as it has the text itself: what one may change, and what others are changing, is never this. It is never kept on
anybody's device: see offline/editor/service-worker.ts.
"""

import logging
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils.module_loading import import_string

from yroom.commits import Committed
from yroom.contents import ProtocolError

from .kinds import KINDS
from .models import FirstLook, Room
from .quiet import fell_quiet

logger = logging.getLogger(__name__)


@receiver(fell_quiet, sender=Room)
def keep_first_look(room: Room, document: Committed, **_: Any) -> None:
    """Make it anew, unless the document was only opened, and there is one of it as it is now."""
    kind = KINDS.get(room.kind)
    if kind is None or kind.first_look is None or not settings.FIRST_LOOK_BYTES:
        return
    if not document.is_news and first_look_of(room):
        return
    # The row was read before the state: what comes between is in the state, and in the next one's time.
    try:
        html = import_string(kind.first_look)(document.state(), settings.FIRST_LOOK_BYTES)
    except ProtocolError as error:
        # To try again, as what fails here is, would be of no use.
        logger.warning("%s cannot be shown as it begins: %s", document.room, error)
        html = ""
    FirstLook.objects.update_or_create(room=room, defaults={"html": html.replace("\0", ""), "of": room.updated})


def first_look_of(room: Room) -> str:
    """HTML made by the function that the room's kind names; empty where there is none, or one of an older state."""
    if not settings.FIRST_LOOK_BYTES:
        return ""
    return FirstLook.objects.filter(room=room, of=room.updated).values_list("html", flat=True).first() or ""
