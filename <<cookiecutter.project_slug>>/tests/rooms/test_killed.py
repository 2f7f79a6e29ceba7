"""The process dies while somebody is let in, or a document is handed over."""

from typing import Any

import pytest
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from rooms.models import AccessRequest, Membership, Room
from tests.dying import Dying, browser, room_of_two


def asked() -> None:
    """Cyd asks to be let in."""
    cyd = User.objects.create_user("cyd@example.com", None, name="cyd")
    AccessRequest.objects.create(room=room_of_two(), user=cyd)


def answer() -> None:
    """Ada lets her in; the second time that has been done."""
    key = AccessRequest.objects.values_list("pk", flat=True).first() or 1
    url = reverse("room_request", args=[Room.objects.get().pk, key])
    assert browser("ada").post(url, {"role": "viewer"}).status_code == 302


def hand_over() -> None:
    """Ada makes Ben the owner; the second time she may not any more."""
    room = Room.objects.get()
    member = room.memberships.first()
    assert member is not None
    url = reverse("room_member", args=[room.pk, member.pk])
    status = browser("ada").post(url, {"hand_over": "1"}).status_code
    assert status == (302 if room.owner.name == "ada" else 403)


def look() -> Any:
    """Who may do what, who waits, and to how many people mail is on its way about that."""
    waiting = list(AccessRequest.objects.values_list("user__name", flat=True))
    roles = sorted([name, role] for name, role in Membership.objects.values_list("user__name", "role"))
    sent = [row.args_kwargs["args"][0] for row in DBTaskResult.objects.filter(task_path="tasks.mail.deliver")]
    return [Room.objects.get().owner.name, roles, waiting, [each["to"] for each in sent]]


BEFORE = ["ada", [["ben", "editor"]], ["cyd"], []]
LET_IN = ["ada", [["ben", "editor"], ["cyd", "viewer"]], [], [["cyd@example.com"]]]
HANDED_OVER = ["ben", [["ada", "editor"]], [], []]


@pytest.mark.parametrize(
    ("begin", "act", "before", "after"),
    [(asked, answer, BEFORE, LET_IN), (room_of_two, hand_over, ["ada", [["ben", "editor"]], [], []], HANDED_OVER)],
    ids=["let in", "handed over"],
)
def test_all_of_it_is_done_or_nothing(dying: Dying, begin: Any, act: Any, before: Any, after: Any) -> None:
    found = dying.at_each_commit(begin, act, look)
    assert found[-1][0] == after
    assert all(left in (before, after) and again == after for left, again in found)
    assert before in [left for left, _ in found]
