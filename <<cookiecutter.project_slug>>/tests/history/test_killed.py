"""The process dies while a version is named, or kept as an older one is to be restored."""

from typing import Any

import pytest
from django.urls import reverse
from pycrdt import Doc, Text

from history.keeping import keep
from history.models import Version, Whole
from rooms.models import Room
from tests.dying import Dying, browser, room_of_two
from yroom.document import YroomDocument
from yroom.document import begin as write
from yroom.errands import finished

from .versions import words


def begin() -> None:
    """A document that has got a version by itself, and has gone on since."""
    room, doc = room_of_two(), Doc[Any]()
    text = doc.get("text", type=Text)
    text += "words"
    write(room.yroom_name, doc)
    keep(room, finished(YroomDocument(room.yroom_name).state), Version.Cause.QUIET)
    text += " and more"
    write(room.yroom_name, doc)


def keeps(sent: dict[str, Any]) -> None:
    """Have a version kept, as the page does."""
    url = reverse("history", args=[Room.objects.get().pk])
    assert browser("ben").post(url, sent, "application/json").status_code == 200


def name() -> None:
    """What it is now, by name."""
    keeps({"name": "Mine"})


def restore() -> None:
    """Before another one is restored."""
    keeps({"restores": True})


def look() -> Any:
    """The versions, the oldest first, each readable; and states that none of them is made of."""
    versions = Version.objects.order_by("at")
    return [[[each.name, each.cause, words(each)] for each in versions], Whole.objects.filter(versions=None).count()]


FIRST = ["", "quiet", "words"]


@pytest.mark.parametrize(
    ("act", "kept"), [(name, ["Mine", "named", "words and more"]), (restore, ["", "restore", "words and more"])]
)
def test_a_version_is_kept_once_or_not_yet(dying: Dying, act: Any, kept: list[str]) -> None:
    found = dying.at_each_commit(begin, act, look)
    before, after = [[FIRST], 0], [[FIRST, kept], 0]
    assert found[-1][0] == after
    assert all(left in (before, after) and again == after for left, again in found)
    assert before in [left for left, _ in found]
