"""Comments come along with a copy of their document, if whoever copies it wants that."""

import uuid

from rooms.copies import taken_along
from rooms.models import Room

from .models import Comment, Thread


def has_comments(room: Room) -> bool:
    """Whether there is anything to take along."""
    return Thread.objects.filter(room=room.pk).exists()


@taken_along("comments", "Its comments, with who wrote them and when", has_comments)
def copy_comments(room: Room, made: Room) -> None:
    """The same threads at the same words; nobody is told of them anew."""
    threads = list(Thread.objects.filter(room=room.pk))
    comments = list(Comment.objects.filter(thread__room=room.pk))
    # A thread goes by the id of its first comment.
    keys = {each.pk: uuid.uuid4() for each in [*threads, *comments]}
    for thread in threads:
        thread.pk, thread.room = keys[thread.pk], made
    for comment in comments:
        comment.pk, comment.thread_id = keys[comment.pk], keys[comment.thread_id]
    Thread.objects.bulk_create(threads)
    Comment.objects.bulk_create(comments)
