"""The process dies while a comment is sent, and the browser sends it again."""

import uuid
from typing import Any, Final

from django.urls import reverse

from comments.models import Comment
from rooms.models import Room
from tests.dying import Dying, browser, room_of_two

from .threads import END, START

KEY: Final = str(uuid.UUID(int=7))


def write() -> None:
    """Ben comments on Ada's document."""
    sent = {"id": KEY, "start": START, "end": END, "quote": "words", "text": "Really?", "mentioned": [1]}
    url = reverse("comments", args=[Room.objects.get().pk])
    assert browser("ben").post(url, sent, "application/json").status_code == 200


def look() -> Any:
    """What there is of it."""
    return list(Comment.objects.values_list("text", "thread__quote"))


def test_a_comment_is_there_once_or_not_yet(dying: Dying) -> None:
    found = dying.at_each_commit(room_of_two, write, look)
    one = [["Really?", "words"]]
    assert [left for left, _ in found][-1] == one
    assert all(left in ([], one) and again == one for left, again in found)
    assert [] in [left for left, _ in found]
