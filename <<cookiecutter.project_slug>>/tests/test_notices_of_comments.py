"""Notices of comments: who is told, and of what."""

import uuid
from typing import Any

from accounts.models import User
from comments import actions
from comments.actions import Place
from notices.models import Kind, Notice
from rooms.access import Role
from rooms.models import Membership, Room

People = dict[str, User]


def test_each_is_told_of_a_comment_by_what_concerns_them_most(people: People, room: Room, person: Any) -> None:
    owner, editor, viewer = people["owner"], people["editor"], people["viewer"]
    other = person("Other")
    Membership.objects.create(room=room, user=other, role=Role.EDITOR)
    key = uuid.uuid4()
    actions.begin(editor, room.pk, key, Place("", "", "words"), "First", [viewer.pk, people["stranger"].pk])
    assert told() == {("viewer", Kind.COMMENT_MENTION), ("owner", Kind.COMMENT)}
    Notice.objects.all().delete()
    reply = uuid.uuid4()
    actions.reply(other, room.pk, key, reply, "Second", None)
    assert told() == {("editor", Kind.REPLY), ("owner", Kind.COMMENT)}
    place = f"{room.get_absolute_url()}#comment-{reply}"
    assert {notice.get_absolute_url() for notice in Notice.objects.all()} == {place}
    actions.edit(other, room.pk, reply, "Second, better", [viewer.pk, owner.pk])
    assert told() == {("editor", Kind.REPLY), ("owner", Kind.COMMENT), ("viewer", Kind.COMMENT_MENTION)}
    # What is not said any more is told nobody any more.
    assert set(Notice.objects.values_list("words", flat=True)) == {"Second, better"}
    actions.delete(other, room.pk, reply)
    assert told() == set()


def told() -> set[tuple[str, Kind]]:
    """Who is told of what."""
    return {(notice.receiver.name.lower(), Kind(notice.kind)) for notice in Notice.objects.all()}


def test_who_has_a_part_in_a_thread_is_told_that_it_is_resolved(people: People, room: Room) -> None:
    """As long as it is."""
    owner, editor, commenter = people["owner"], people["editor"], people["commenter"]
    key, answer = uuid.uuid4(), uuid.uuid4()
    actions.begin(editor, room.pk, key, Place("", "", "words"), "First", None)
    actions.reply(commenter, room.pk, key, answer, "Second", None)
    for _ in range(2):
        Notice.objects.all().delete()
        actions.resolve(owner, room.pk, key, True)
        assert told() == {("editor", Kind.RESOLVED), ("commenter", Kind.RESOLVED)}
        assert {notice.words for notice in Notice.objects.all()} == {"words"}
        actions.resolve(editor, room.pk, key, False)
        assert told() == set()
    actions.resolve(commenter, room.pk, key, True)
    actions.delete(commenter, room.pk, answer)
    assert told() == {("editor", Kind.RESOLVED)}
    actions.delete(editor, room.pk, key)
    assert told() == set()
