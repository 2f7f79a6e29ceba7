"""Who is told of a comment: whom it names, whoever has a part in its thread, and the owner of the document."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from comments.models import Comment, Thread
from comments.signals import comment_deleted, comment_edited, comment_written
from rooms.models import Visitor

from .models import Kind
from .telling import reword, take_back, tell


@receiver(comment_written)
def written(thread: Thread, comment: Comment, by: Visitor, mentioned: list[int] | None, **_: Any) -> None:
    """Each is told once, of what concerns them most."""
    _tell(thread, comment, by, mentioned or [], Kind.COMMENT_MENTION)
    others = thread.comments.filter(deleted=None).exclude(author=None).values_list("author", flat=True)
    _tell(
        thread, comment, by, [*others.distinct(), *([thread.created_by_id] if thread.created_by_id else [])], Kind.REPLY
    )
    _tell(thread, comment, by, [thread.room.owner_id], Kind.COMMENT)


@receiver(comment_edited)
def edited(thread: Thread, comment: Comment, by: Visitor, mentioned: list[int] | None, **_: Any) -> None:
    """Whom it names only now; whoever was told before reads what it says now."""
    reword(_about(comment), comment.text)
    _tell(thread, comment, by, mentioned or [], Kind.COMMENT_MENTION)


@receiver(comment_deleted)
def deleted(comment: Comment, **_: Any) -> None:
    """Nobody is told of it any more."""
    take_back(_about(comment))


def _tell(thread: Thread, comment: Comment, by: Visitor, people: list[int], kind: Kind) -> None:
    place = comment.get_absolute_url().partition("#")[2]
    # A guest has no account that one could be told of.
    known = by if isinstance(by, User) else None
    tell(thread.room, people, kind, _about(comment), by=known, place=place, words=comment.text)


def _about(comment: Comment) -> str:
    return f"comment {comment.pk}"
