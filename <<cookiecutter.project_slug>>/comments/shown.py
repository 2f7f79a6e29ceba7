"""Threads as editors get them."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from rooms.models import Room

from .models import Comment, Thread


def threads_of(room: Room) -> QuerySet[Thread]:
    """A room's threads, with all that is shown of them, in three queries."""
    comments = Comment.objects.select_related("author")
    return (
        Thread.objects.filter(room=room.pk)
        .select_related("resolved_by")
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
        "resolvedBy": thread.resolved_by and person(thread.resolved_by),
        "comments": [
            {
                "id": str(comment.pk),
                "author": comment.author and person(comment.author),
                "text": comment.text,
                "written": comment.written.isoformat(),
                "edited": comment.edited and comment.edited.isoformat(),
                "deleted": comment.deleted is not None,
            }
            for comment in thread.comments.all()
        ],
    }


def person(user: User) -> dict[str, Any]:
    """Who has written something."""
    return {"id": str(user.pk), "name": user.display_name, "initials": user.initials, "color": user.color_index}
