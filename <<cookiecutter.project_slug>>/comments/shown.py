"""Threads as editors get them."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from rooms.models import Guest, Room
from rooms.people import key_of

from .models import Comment, Thread


def threads_of(room: Room) -> QuerySet[Thread]:
    """A room's threads, with all that is shown of them, in three queries."""
    comments = Comment.objects.select_related("author", "guest")
    return (
        Thread.objects.filter(room=room.pk)
        .select_related("resolved_by", "resolved_by_guest")
        .prefetch_related(Prefetch("comments", comments))
    )


def shown(thread: Thread) -> dict[str, Any]:
    """A thread; of people the names, which everybody sees who has opened the document with them."""
    return {
        "id": str(thread.pk),
        "start": thread.start,
        "end": thread.end,
        "quote": thread.quote,
        "resolved": thread.resolved and thread.resolved.isoformat(),
        "resolvedBy": person(thread.resolved_by or thread.resolved_by_guest),
        "comments": [
            {
                "id": str(comment.pk),
                "author": person(comment.writer),
                "text": comment.text,
                "written": comment.written.isoformat(),
                "edited": comment.edited and comment.edited.isoformat(),
                "deleted": comment.deleted is not None,
            }
            for comment in thread.comments.all()
        ],
    }


def in_words(thread: Thread) -> dict[str, Any]:
    """A thread for who reads it without the document: names alone, and nothing that only this site knows."""
    return {
        "about": thread.quote,
        "resolved": thread.resolved and thread.resolved.isoformat(),
        "comments": [
            {
                "by": comment.name,
                "written": comment.written.isoformat(),
                "edited": comment.edited and comment.edited.isoformat(),
                "text": comment.text,
            }
            for comment in thread.comments.all()
            if comment.deleted is None
        ],
    }


def person(who: User | Guest | None) -> dict[str, Any] | None:
    """Who has written something; None for somebody whose account is gone."""
    if who is None:
        return None
    return {"id": key_of(who), "name": who.display_name, "initials": who.initials, "color": who.color_index}
