"""The one way to write, change or resolve comments.

As with rooms' own actions: the room is held until it is done, `by` is asked for the ability, and all happens in one
transaction, the signals of signals.py within it. Open pages hear of it after the commit.

Raises Room.DoesNotExist, Thread.DoesNotExist, Comment.DoesNotExist, PermissionDenied with a sentence, or RefusedError
with one where a limit is reached.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from rooms.access import Ability, require
from rooms.actions import hold
from rooms.live import tell_room
from rooms.models import Room, Visitor, ids_of
from rooms.scripts import RefusedError

from .access import abilities_in
from .models import Comment, Rules, Thread
from .signals import comment_deleted, comment_edited, comment_written, thread_resolved

NOT_YOURS: Final = "Only its author can change a comment."
NOT_YOURS_TO_DELETE: Final = "Only its author, or the owner of the document, can delete a comment."
TAKEN: Final = "There is another comment of this id."
TOO_MANY_THREADS: Final = "This document has as many comments as it can have. Delete some that are resolved."
TOO_MANY_REPLIES: Final = "There are as many replies here as there can be. Write another comment on the same words."


# Of the people whom a comment names; a receiver of the signals looks who they are.
Mentioned = list[int] | None


@dataclass(frozen=True)
class Place:
    """The words that a thread is about: where they stand, as places.py says, and how they read."""

    start: str
    end: str
    quote: str


@contextmanager
def hold_comments(by: Visitor, room_id: uuid.UUID, ability: Ability) -> Iterator[Room]:
    """A room that is held, in which somebody may do this about comments."""
    with hold(by, room_id, Ability.READ) as room:
        require(abilities_in(room), ability)
        yield room


def begin(by: Visitor, room_id: uuid.UUID, key: uuid.UUID, place: Place, text: str, mentioned: Mentioned) -> Thread:
    """A new thread, with its first comment. `key` is theirs to choose: sent twice, it is written once."""
    with hold_comments(by, room_id, Ability.COMMENT) as room:
        if (known := _known(by, room, key)) is not None:
            return known.thread
        if room.threads.count() >= settings.THREADS_PER_DOCUMENT:
            raise RefusedError(TOO_MANY_THREADS)
        begun_by = ids_of(by)[0]
        thread = Thread.objects.create(
            pk=key, room=room, start=place.start, end=place.end, quote=place.quote, created_by_id=begun_by
        )
        _write(by, thread, key, text, mentioned)
    return thread


def reply(
    by: Visitor, room_id: uuid.UUID, thread_id: uuid.UUID, key: uuid.UUID, text: str, mentioned: Mentioned
) -> Thread:
    """A reply in a thread. Sent twice, with the same key, it is written once."""
    with hold_comments(by, room_id, Ability.COMMENT) as room:
        thread = room.threads.get(pk=thread_id)
        if (known := _known(by, room, key)) is not None:
            return known.thread
        if thread.comments.count() >= settings.COMMENTS_PER_THREAD:
            raise RefusedError(TOO_MANY_REPLIES)
        _write(by, thread, key, text, mentioned)
    return thread


def edit(by: Visitor, room_id: uuid.UUID, key: uuid.UUID, text: str, mentioned: Mentioned) -> Thread:
    """Change what one has written."""
    with hold_comments(by, room_id, Ability.COMMENT) as room:
        comment = _live(room, key)
        if not comment.is_by(by):
            raise PermissionDenied(NOT_YOURS)
        if comment.text != text:
            comment.text, comment.edited = text, timezone.now()
            comment.save(update_fields=["text", "edited"])
            comment_edited.send(Thread, thread=comment.thread, comment=comment, by=by, mentioned=mentioned)
            _tell(comment.thread)
    return comment.thread


def delete(by: Visitor, room_id: uuid.UUID, key: uuid.UUID) -> Thread | None:
    """Take away a comment of one's own, or any as an owner; a thread of which nothing is left goes with it."""
    with hold(by, room_id, Ability.READ) as room:
        comment = _live(room, key)
        if not comment.is_by(by) and Ability.MANAGE not in room.abilities:
            raise PermissionDenied(NOT_YOURS_TO_DELETE)
        thread = comment.thread
        comment.text, comment.deleted = "", timezone.now()
        comment.save(update_fields=["text", "deleted"])
        comment_deleted.send(Thread, thread=thread, comment=comment, by=by)
        _tell(thread)
        if thread.comments.filter(deleted=None).exists():
            return thread
        thread.delete()
    return None


def resolve(by: Visitor, room_id: uuid.UUID, thread_id: uuid.UUID, resolved: bool) -> Thread:
    """Say that a thread is done with, or that it is not."""
    with hold_comments(by, room_id, Ability.COMMENT) as room:
        thread = room.threads.get(pk=thread_id)
        if resolved != (thread.resolved is not None):
            thread.resolved = timezone.now() if resolved else None
            thread.resolved_by_id, thread.resolved_by_guest_id = ids_of(by) if resolved else (None, None)
            thread.save(update_fields=["resolved", "resolved_by", "resolved_by_guest"])
            thread_resolved.send(Thread, thread=thread, by=by, resolved=resolved)
            _tell(thread)
    return thread


def move(by: Visitor, room_id: uuid.UUID, ends: Mapping[uuid.UUID, tuple[str, str]]) -> None:
    """Bind threads to other letters: an undo, which takes somebody who may write, brings words back as such."""
    with hold(by, room_id, Ability.WRITE) as room:
        moved = [thread for thread in room.threads.filter(pk__in=ends) if (thread.start, thread.end) != ends[thread.pk]]
        for thread in moved:
            thread.start, thread.end = ends[thread.pk]
        Thread.objects.bulk_update(moved, ["start", "end"])
        if len(moved) == 1:
            _tell(moved[0])
        elif moved:
            tell_room(room.pk, "comments")


def set_viewers(by: Visitor, room_id: uuid.UUID, allowed: bool) -> None:
    """Let those who may read a document comment, or no longer."""
    with hold(by, room_id, Ability.SHARE) as room:
        Rules.objects.update_or_create(room=room, defaults={"viewers": allowed})
        tell_room(room.pk, "comments", {"rules": True})


def _known(by: Visitor, room: Room, key: uuid.UUID) -> Comment | None:
    """What was written under a key before, by the same person: its answer was lost on the way."""
    comment = Comment.objects.filter(pk=key).select_related("thread").first()
    if comment is not None and (not comment.is_by(by) or comment.thread.room_id != room.pk):
        raise PermissionDenied(TAKEN)
    return comment


def _live(room: Room, key: uuid.UUID) -> Comment:
    return Comment.objects.select_related("thread").get(pk=key, thread__room=room, deleted=None)


def _write(by: Visitor, thread: Thread, key: uuid.UUID, text: str, mentioned: Mentioned) -> None:
    author, guest = ids_of(by)
    comment = Comment.objects.create(pk=key, thread=thread, author_id=author, guest_id=guest, text=text)
    comment_written.send(Thread, thread=thread, comment=comment, by=by, mentioned=mentioned)
    _tell(thread)


def _tell(thread: Thread) -> None:
    tell_room(thread.room_id, "comments", {"thread": str(thread.pk)})
