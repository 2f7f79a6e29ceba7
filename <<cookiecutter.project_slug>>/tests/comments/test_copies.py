"""Whoever copies a document is asked whether its comments come along, and they are where they were."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from comments.models import Comment, Thread
from rooms.models import Room

from .threads import thread_in

pytestmark = pytest.mark.postgresql


@pytest.mark.django_db(transaction=True)
def test_comments_come_along_if_one_wants_that(
    room: Room, people: dict[str, User], client_of: Callable[[str], Client]
) -> None:
    client, url = client_of("viewer"), reverse("room_duplicate", args=[room.pk])
    # Where there are none there is nothing to ask.
    assert client.post(url).status_code == 302
    thread = thread_in(room, people["editor"], people["owner"])
    Thread.objects.update(resolved_by=people["owner"])
    asked = client.post(url, {"next": "/somewhere"})
    assert asked.status_code == 200
    assert 'name="along" value="comments"' in asked.content.decode()
    for along in ({}, {"along": "comments"}):
        made = client.post(url, {"asked": "1", **along})
        copy = Room.objects.get(pk=made["Location"].split("/")[2])
        assert copy.owner == people["viewer"]
        assert [each.pk != thread.pk for each in copy.threads.all()] == [True] * len(along)
    copied = Thread.objects.exclude(pk=thread.pk).get()
    same = ("start", "end", "quote", "created", "created_by", "resolved_by")
    assert [getattr(copied, name) for name in same] == [
        getattr(Thread.objects.get(pk=thread.pk), name) for name in same
    ]
    said = list(copied.comments.values_list("author", "text", "written"))
    assert said == list(thread.comments.values_list("author", "text", "written"))
    assert Comment.objects.filter(pk=copied.pk).exists()
