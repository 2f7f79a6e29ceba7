"""Tells people who have a room open what has changed, once the change is committed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from asgiref.sync import async_to_sync
from django.db import transaction

from yroom.document import YroomDocument, recheck_user

from .models import Room

logger = logging.getLogger(__name__)

Call = Callable[[], Awaitable[None]]


def after_commit(*calls: Call) -> None:
    """Call the engine after the transaction. A failure is logged: sockets look again by themselves later."""

    def make() -> None:
        try:
            async_to_sync(_make_all)(calls)
        except Exception:
            logger.exception("could not reach the open sockets")

    transaction.on_commit(make)


async def _make_all(calls: tuple[Call, ...]) -> None:
    for result in await asyncio.gather(*(call() for call in calls), return_exceptions=True):
        if isinstance(result, BaseException):
            logger.error("could not tell the open sockets of a change: %s: %s", type(result).__name__, result)


def tell_title(room: Room) -> None:
    """Show everybody the room's title."""
    after_commit(partial(YroomDocument(room.yroom_name).notify, {"type": "title", "title": room.title}))


def delete_text(room: Room) -> None:
    """Close a room's sockets and delete its document."""
    after_commit(YroomDocument(room.yroom_name).delete)


def recheck_room(room_id: object, user_id: object = "") -> None:
    """Look again at what the people in a room, or one of them, may do there."""
    after_commit(partial(YroomDocument(Room.yroom_name_of(str(room_id))).recheck, user_id))


def recheck_person(user_id: object) -> None:
    """Look again at what somebody may do, wherever they are."""
    after_commit(partial(recheck_user, user_id))
