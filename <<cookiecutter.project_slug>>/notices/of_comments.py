"""Who is told of a comment: whom it names, whoever has a part in its thread, and the owner of the document.

That a thread is resolved concerns those who have a part in it.
"""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from comments.models import Comment, Thread
from comments.signals import comment_deleted, comment_edited, comment_written, thread_resolved
from rooms.models import Visitor

from .models import Kind
from .telling import reword, take_back, tell


@receiver(comment_written)
def written(thread: Thread, comment: Comment, by: Visitor, mentioned: list[int] | None, **_: Any) -> None:
    """Each is told once, of what concerns them most."""
    _tell(thread, comment, by, mentioned or [], Kind.COMMENT_MENTION)
    _tell(thread, comment, by, _those_in(thread), Kind.REPLY)
    _tell(thread, comment, by, [thread.room.owner_id], Kind.COMMENT)


@receiver(comment_edited)
def edited(thread: Thread, comment: Comment, by: Visitor, mentioned: list[int] | None, **_: Any) -> None:
    """Whom it names only now; whoever was told before reads what it says now."""
    reword(_about(comment), comment.text)
    _tell(thread, comment, by, mentioned or [], Kind.COMMENT_MENTION)


@receiver(comment_deleted)
def deleted(thread: Thread, comment: Comment, **_: Any) -> None:
    """Nobody is told of it any more."""
    take_back(_about(comment))
    if not thread.comments.filter(deleted=None).exists():
        take_back(_about_end(thread))


@receiver(thread_resolved)
def resolved(thread: Thread, by: Visitor, resolved: bool, **_: Any) -> None:
    """Whoever has a part in it; that it was resolved is no news where it is open again."""
    take_back(_about_end(thread))
    if resolved:
        place = thread.get_absolute_url().partition("#")[2]
        tell(
            thread.room,
            _those_in(thread),
            Kind.RESOLVED,
            _about_end(thread),
            by=_known(by),
            place=place,
            words=thread.quote,
        )


def _tell(thread: Thread, comment: Comment, by: Visitor, people: list[int], kind: Kind) -> None:
    place = comment.get_absolute_url().partition("#")[2]
    tell(thread.room, people, kind, _about(comment), by=_known(by), place=place, words=comment.text)


def _those_in(thread: Thread) -> list[int]:
    """Those who have said something in a thread that still stands there, and who began it."""
    others = thread.comments.filter(deleted=None).exclude(author=None).values_list("author", flat=True)
    return [*others.distinct(), *([thread.created_by_id] if thread.created_by_id else [])]


def _known(by: Visitor) -> User | None:
    """A guest has no account that one could be told of."""
    return by if isinstance(by, User) else None


def _about(comment: Comment) -> str:
    return f"comment {comment.pk}"


def _about_end(thread: Thread) -> str:
    return f"resolved {thread.pk}"
