"""Threads for tests."""

import base64
import uuid
from typing import Any, Final

from comments.models import Comment, Thread
from rooms.models import Room

# Beside the first letter that somebody wrote, and beside their fifth.
START: Final = base64.b64encode(bytes([0, 1, 0, 0])).decode()
END: Final = base64.b64encode(bytes([0, 1, 4, 0x41])).decode()


def thread_in(room: Room, author: Any, *others: Any) -> Thread:
    """A thread that somebody has begun, in which others have replied."""
    key = uuid.uuid4()
    thread = Thread.objects.create(pk=key, room=room, start=START, end=END, quote="words", created_by=author)
    Comment.objects.create(pk=key, thread=thread, author=author, text="First")
    for number, other in enumerate(others):
        Comment.objects.create(thread=thread, author=other, text=f"Reply {number}")
    return thread


def new_thread(text: str = "Really?", **other: Any) -> dict[str, Any]:
    """What an editor sends to begin one."""
    return {"id": str(uuid.uuid4()), "start": START, "end": END, "quote": "words", "text": text, **other}


# What an editor sends to each URL; only of the ids does it matter that they are new.
POSTED: Final[dict[str, dict[str, Any]]] = {
    "comments": new_thread(),
    "comments_thread": {"id": str(uuid.uuid4()), "text": "Really."},
    "comments_edit": {"text": "Other words"},
    "comments_delete": {},
    "comments_resolve": {"resolved": True},
    "comments_viewers": {"allowed": True},
    "comments_places": {"places": [{"thread": str(uuid.uuid4()), "start": START, "end": END}]},
}


def arguments(room: Room, author: Any) -> dict[str, tuple[Any, ...]]:
    """What stands in each URL, about a thread that is made for it."""
    one, whole = (room.pk, thread_in(room, author).pk), (room.pk,)
    return {name: whole if name in ("comments", "comments_places", "comments_viewers") else one for name in POSTED}
