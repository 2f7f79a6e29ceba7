"""Versions that are kept by themselves: whenever a document has fallen quiet, and there is something new."""

from typing import Any

from rooms.live import tell_room
from rooms.models import Room
from rooms.quiet import fell_quiet
from yroom.commits import Committed

from .keeping import keep
from .models import Version


def listen() -> None:
    """From now on versions are kept."""
    fell_quiet.connect(keep_by_itself, sender=Room, dispatch_uid="history")


def keep_by_itself(room: Room, document: Committed, **_: Any) -> None:
    """Keep what a document is by now, in a worker's thread.

    A worker that was killed before may have missed that: so it is looked for whenever a document is opened, too.
    """
    if keep(room, document.state(), Version.Cause.QUIET, people=document.users) is not None:
        tell_room(room.pk, "history", {})
