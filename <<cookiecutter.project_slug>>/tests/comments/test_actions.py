"""Comments are written, changed, deleted and resolved by those who may, and by nobody else."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from comments.models import FORMER, Comment, Rules, Thread
from comments.places import is_place
from comments.signals import comment_deleted, comment_edited, comment_written, thread_resolved
from comments.text import tidy
from config.fit import is_fit
from rooms import actions
from rooms.access import Role
from rooms.extras import exports_of
from rooms.live import News
from rooms.models import Audience, Guest, Room

from .threads import END, START, new_thread, thread_in

ClientOf = Callable[[str], Client]
SIGNALS = {
    "written": comment_written,
    "edited": comment_edited,
    "deleted": comment_deleted,
    "resolved": thread_resolved,
}


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(name, args=args), data, content_type="application/json")


def texts(room: Room) -> list[str]:
    return list(Comment.objects.filter(thread__room=room).order_by("written").values_list("text", flat=True))


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What the signals have said."""
    found: list[tuple[str, dict[str, Any]]] = []
    receivers = {}
    for name, signal in SIGNALS.items():

        def receive(name: str = name, **said: Any) -> None:
            found.append((name, said))

        receivers[name] = receive
        signal.connect(receive)
    yield found
    for name, signal in SIGNALS.items():
        signal.disconnect(receivers[name])


def test_a_thread_from_its_first_comment_to_its_last(
    room: Room, people: dict[str, User], client_of: ClientOf, heard: list[tuple[str, dict[str, Any]]]
) -> None:
    editor, commenter = client_of("editor"), client_of("commenter")
    sent = new_thread("  \n Is this right?\r\nI wonder. \n", mentioned=[people["owner"].pk])
    thread = post(editor, "comments", room.pk, **sent).json()
    assert thread["id"] == thread["comments"][0]["id"] == sent["id"]
    assert thread["comments"][0]["text"] == " Is this right?\nI wonder."
    reply = post(commenter, "comments_thread", room.pk, sent["id"], id=str(uuid.uuid4()), text="It is.").json()
    assert [each["author"]["name"] for each in reply["comments"]] == ["Editor", "Commenter"]
    second = reply["comments"][1]["id"]
    edited = post(commenter, "comments_edit", room.pk, second, text="It is not.").json()["comments"][1]
    assert (edited["text"], bool(edited["edited"])) == ("It is not.", True)
    assert post(editor, "comments_resolve", room.pk, sent["id"], resolved=True).json()["resolvedBy"]["name"] == "Editor"
    assert post(editor, "comments_resolve", room.pk, sent["id"], resolved=False).json()["resolved"] is None
    listed = client_of("viewer").get(reverse("comments", args=[room.pk])).json()
    assert [each["text"] for each in listed["threads"][0]["comments"]] == [" Is this right?\nI wonder.", "It is not."]
    # The first goes, and the one that answers to it stays; with that, all is gone.
    left = post(editor, "comments_delete", room.pk, sent["id"]).json()
    assert [(each["text"], each["deleted"]) for each in left["comments"]] == [("", True), ("It is not.", False)]
    assert post(commenter, "comments_delete", room.pk, second).json() is None
    assert not Thread.objects.exists()
    assert [name for name, _ in heard] == [
        "written", "written", "edited", "resolved", "resolved", "deleted", "deleted",
    ]  # fmt: skip
    assert [said["by"] for _, said in heard][:2] == [people["editor"], people["commenter"]]
    assert [said["mentioned"] for _, said in heard[:2]] == [[people["owner"].pk], None]


def test_what_is_sent_twice_is_written_once(room: Room, client_of: ClientOf) -> None:
    """The answer to the first may have been lost. Nobody can take another's id."""
    editor = client_of("editor")
    sent = new_thread("Once")
    assert post(editor, "comments", room.pk, **sent).json() == post(editor, "comments", room.pk, **sent).json()
    reply = {"id": str(uuid.uuid4()), "text": "Again"}
    for _ in range(2):
        assert post(editor, "comments_thread", room.pk, sent["id"], **reply).status_code == 200
    assert texts(room) == ["Once", "Again"]
    other = client_of("owner")
    assert post(other, "comments", room.pk, **new_thread(id=sent["id"])).status_code == 403
    assert post(other, "comments_thread", room.pk, sent["id"], id=reply["id"], text="Mine").status_code == 403
    assert texts(room) == ["Once", "Again"]


def test_nobody_changes_what_another_has_written(room: Room, people: dict[str, User], client_of: ClientOf) -> None:
    thread = thread_in(room, people["editor"], people["owner"])
    reply = thread.comments.exclude(pk=thread.pk).get()
    for who, key in (("owner", thread.pk), ("commenter", thread.pk), ("editor", reply.pk)):
        answer = post(client_of(who), "comments_edit", room.pk, key, text="Changed")
        assert (answer.status_code, answer.json()["error"]) == (403, "Only its author can change a comment.")
    for who, key in (("commenter", thread.pk), ("editor", reply.pk), ("viewer", thread.pk)):
        assert post(client_of(who), "comments_delete", room.pk, key).status_code == 403
    assert sorted(texts(room)) == ["First", "Reply 0"]
    # The owner of the document may take away any.
    assert post(client_of("owner"), "comments_delete", room.pk, thread.pk).status_code == 200
    assert sorted(texts(room)) == ["", "Reply 0"]


def test_a_page_does_nothing_in_another_ones_name(room: Room, people: dict[str, User], client_of: ClientOf) -> None:
    """Whoever has signed in in the same browser since: what was written on it is not theirs."""
    editor = client_of("editor")
    url, words = reverse("comments", args=[room.pk]), new_thread("Mine.")
    for page_of, status in ((str(people["owner"].pk), 403), ("guest:x", 403), (str(people["editor"].pk), 200)):
        sent = editor.post(url, words, content_type="application/json", headers={"page-of": page_of})
        assert sent.status_code == status
        assert editor.get(url, headers={"page-of": page_of}).status_code == status
        assert Comment.objects.count() == (status == 200)


def test_threads_are_bound_to_the_letters_that_an_undo_has_brought_back(
    room: Room, people: dict[str, User], client_of: ClientOf, settings: Any
) -> None:
    """By who may write, in this document alone; what is no place is refused, and all of it counts."""
    thread, other = (
        thread_in(room, people["owner"]),
        thread_in(Room.objects.create(owner=people["owner"]), people["owner"]),
    )
    sent = [{"thread": str(each.pk), "start": END, "end": END} for each in (thread, other)]
    assert post(client_of("commenter"), "comments_places", room.pk, places=sent).status_code == 403
    for wrong in ({"start": "x"}, {"end": START * 10}, {"thread": 7}):
        assert post(client_of("editor"), "comments_places", room.pk, places=[{**sent[0], **wrong}]).status_code == 400
    # More than there can be, and than a database looks for at once.
    many = [{**sent[0], "thread": uuid.UUID(int=number).hex} for number in range(settings.THREADS_PER_DOCUMENT + 1)]
    assert post(client_of("editor"), "comments_places", room.pk, places=many).status_code == 400
    assert {each.start for each in Thread.objects.all()} == {START}
    assert post(client_of("editor"), "comments_places", room.pk, places=sent).status_code == 200
    assert {each.start for each in room.threads.all()} == {END}
    assert Thread.objects.get(pk=other.pk).start == START
    settings.ACCOUNT_RATE_LIMITS = {"comment": "1/h/key"}
    cache.clear()
    answers = [post(client_of("editor"), "comments_places", room.pk, places=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]


def test_comments_are_taken_along(room: Room, people: dict[str, User]) -> None:
    assert exports_of(room).keys().isdisjoint({"comments.json"})
    thread = thread_in(room, people["owner"], people["editor"], people["viewer"])
    Comment.objects.filter(author=people["viewer"]).update(deleted=timezone.now(), text="")
    (found,) = json.loads(exports_of(room)["comments.json"])
    assert (found["about"], found["resolved"]) == (thread.quote, None)
    assert [(each["by"], each["text"]) for each in found["comments"]] == [("Owner", "First"), ("Editor", "Reply 0")]


@pytest.mark.parametrize("allowed", [False, True])
def test_viewers_comment_where_the_owner_allows_it(
    room: Room, people: dict[str, User], client_of: ClientOf, allowed: bool
) -> None:
    """It is for one document, for those who may read it, and is no leave to write in it."""
    other = Room.objects.create(owner=people["stranger"], title="Another")
    if allowed:
        assert post(client_of("editor"), "comments_viewers", room.pk, allowed=True).status_code == 403
        assert post(client_of("owner"), "comments_viewers", room.pk, allowed=True).status_code == 200
    may = {}
    for who in ("owner", "editor", "commenter", "viewer", "stranger"):
        listed = client_of(who).get(reverse("comments", args=[room.pk]))
        may[who] = listed.status_code == 200 and "comment" in listed.json()["may"]
        answer = post(client_of(who), "comments", room.pk, **new_thread(who))
        assert answer.status_code == (200 if may[who] else 403)
    assert may == {"owner": True, "editor": True, "commenter": True, "viewer": allowed, "stranger": False}
    assert texts(room) == [who for who in may if may[who]]
    assert post(client_of("viewer"), "comments", other.pk, **new_thread()).status_code == 403
    assert "write" not in client_of("viewer").get(reverse("comments", args=[room.pk])).json()["may"]


@pytest.mark.parametrize("role", [Role.COMMENTER, Role.VIEWER])
def test_guests_comment_where_their_link_lets_them(
    room: Room, people: dict[str, User], client_of: ClientOf, settings: Any, role: str
) -> None:
    settings.LINKS_FOR_ANYONE = True
    link = actions.open_link(people["owner"], room.pk, Audience.ANYONE, role, None)
    guest = Client()
    guest.post(reverse("room_link", args=[room.pk]), {"token": link.token, "name": "Grace"})
    theirs = thread_in(room, people["editor"])
    answer = post(guest, "comments", room.pk, **new_thread("From outside"))
    if role == Role.VIEWER:
        assert answer.status_code == 403
        return
    (written,) = answer.json()["comments"]
    assert written["author"]["name"] == "Grace (guest)"
    assert post(guest, "comments_edit", room.pk, theirs.pk, text="Changed").status_code == 403
    edited = post(guest, "comments_edit", room.pk, written["id"], text="Changed").json()
    assert edited["comments"][0]["text"] == "Changed"
    resolved = post(guest, "comments_resolve", room.pk, theirs.pk, resolved=True).json()
    assert resolved["resolvedBy"]["name"] == "Grace (guest)"
    # Somebody without an account is nobody's match: neither another guest, nor an author who is gone.
    people["editor"].delete()
    other = Client()
    other.post(reverse("room_link", args=[room.pk]), {"token": link.token, "name": "Grace"})
    for key in (written["id"], theirs.pk):
        assert post(other, "comments_edit", room.pk, key, text="Mine").status_code == 403
    assert post(guest, "comments_edit", room.pk, theirs.pk, text="Mine").status_code == 403


def test_who_may_no_longer_comment_may_still_take_back(
    room: Room, people: dict[str, User], client_of: ClientOf
) -> None:
    Rules.objects.create(room=room, viewers=True)
    thread = thread_in(room, people["viewer"])
    Rules.objects.update(viewers=False)
    viewer = client_of("viewer")
    assert post(viewer, "comments_edit", room.pk, thread.pk, text="Changed").status_code == 403
    assert post(viewer, "comments_resolve", room.pk, thread.pk, resolved=True).status_code == 403
    assert post(viewer, "comments_delete", room.pk, thread.pk).status_code == 200


def test_a_thread_is_its_rooms_alone(room: Room, people: dict[str, User], client_of: ClientOf) -> None:
    """Not to be got at by way of a room that one may open."""
    other = Room.objects.create(owner=people["stranger"], title="Another")
    thread, stranger = thread_in(room, people["editor"]), client_of("stranger")
    sent: dict[str, dict[str, Any]] = {
        "comments_thread": {"id": str(uuid.uuid4()), "text": "Hello"},
        "comments_resolve": {"resolved": True},
        "comments_edit": {"text": "Hello"},
        "comments_delete": {},
    }
    for name, data in sent.items():
        assert post(stranger, name, other.pk, thread.pk, **data).status_code == 404
        assert post(stranger, name, room.pk, thread.pk, **data).status_code == 403
    assert stranger.get(reverse("comments_thread", args=[other.pk, thread.pk])).status_code == 404
    assert texts(room) == ["First"]


def test_there_are_limits_and_each_says_so(room: Room, client_of: ClientOf, settings: Any) -> None:
    editor = client_of("editor")
    settings.COMMENT_LENGTH, settings.THREADS_PER_DOCUMENT, settings.COMMENTS_PER_THREAD = 10, 1, 2
    long = post(editor, "comments", room.pk, **new_thread("x" * 11))
    assert (long.status_code, "11 characters" in long.json()["error"]) == (400, True)
    for empty in ("", " \n\t\n ", "\x07", "\u200b\u2060", "\u3164", "\u202e"):
        assert post(editor, "comments", room.pk, **new_thread(empty)).status_code == 400
    thread = post(editor, "comments", room.pk, **new_thread()).json()["id"]
    assert "as many comments" in post(editor, "comments", room.pk, **new_thread()).json()["error"]
    replies = [post(editor, "comments_thread", room.pk, thread, id=str(uuid.uuid4()), text="Yes") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 400]
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"comment": "2/h/key"}
    answers = [post(editor, "comments_edit", room.pk, thread, text=str(number)) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "in an hour" in answers[-1].json()["error"]
    # People are told of what is resolved, too.
    assert post(editor, "comments_resolve", room.pk, thread, resolved=True).status_code == 429
    # Each person has their own.
    assert (
        post(client_of("owner"), "comments_thread", room.pk, thread, id=str(uuid.uuid4()), text="?").status_code == 400
    )


def test_what_is_no_comment_is_refused_in_a_sentence(room: Room, client_of: ClientOf) -> None:
    editor = client_of("editor")
    url = reverse("comments", args=[room.pk])
    for body in (
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"id": 1}',
        b"null",
        b'{"text": "x"}',
        b'"' * 100_000,
        b'{"x":' * 100_000,
    ):
        answer = editor.post(url, body, content_type="application/json")
        assert (answer.status_code, set(answer.json())) == (400, {"error"}), body
    for wrong in (
        {"start": "AQAA"},
        {"end": "?"},
        {"start": START * 40},
        {"id": "1"},
        {"text": None},
        {"mentioned": ["x"]},
        {"mentioned": [2**63]},
        {"mentioned": [10**30]},
    ):
        assert post(editor, "comments", room.pk, **{**new_thread(), **wrong}).status_code == 400, wrong
    assert Client().post(url, {}, content_type="application/json").status_code == 401
    assert not Thread.objects.exists()
    # Half a character stands in no JSON of a browser, and in no database.
    body = b'{"id":"%s","start":"%s","end":"%s","quote":"\\ud800","text":"a\\ud800b\\u0000c"}' % (
        str(uuid.uuid4()).encode(), START.encode(), START.encode()
    )  # fmt: skip
    assert editor.post(url, body, content_type="application/json").status_code in (200, 400)
    assert set(texts(room)) <= {"abc"}


@given(st.binary(max_size=12), st.text(alphabet="ABab01+/=", max_size=12))
def test_places_are_read_or_refused(data: bytes, text: str) -> None:
    is_place(text)
    # What begins as a position of Yjs and ends in time is one.
    if is_place(base64.b64encode(data).decode()):
        assert data[0] == 0


@given(st.text())
def test_what_is_kept_can_be_stored_and_stays_as_it_is(typed: str) -> None:
    assert is_fit(tidy(typed))
    assert tidy(tidy(typed)) == tidy(typed)
    assert "\r" not in tidy(typed)


def test_a_comment_stays_in_its_own_lines() -> None:
    """Neither marks that climb out of them, nor what turns the words around."""
    letters = "a\u0302" + "\u0302" * 200
    assert len(tidy(f"{letters}\nb\u0301 שלום\u200f!")) < 20
    assert tidy("a" + ("\u0302" * 4 + "\u200d") * 50).count("\u0302") == 4
    assert tidy("b\u0301 שלום\u200f!\n\tc") == "b\u0301 שלום\u200f!\n\tc"
    turning = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
    assert tidy(f"to {turning}evil\u202c\x9b me") == "to evil me"


def test_what_a_receiver_does_stands_or_falls_with_the_comment(room: Room, client_of: ClientOf) -> None:
    def fail(**_: Any) -> None:
        raise LookupError

    comment_written.connect(fail)
    try:
        with pytest.raises(LookupError):
            post(client_of("editor"), "comments", room.pk, **new_thread())
    finally:
        comment_written.disconnect(fail)
    assert not Thread.objects.exists()


def test_everybody_in_the_room_is_told_where_to_look(
    room: Room, client_of: ClientOf, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """And no word of what was written."""
    sent = new_thread("secret")
    with django_capture_on_commit_callbacks() as callbacks:
        post(client_of("editor"), "comments", room.pk, **sent)
    told = [
        message
        for news in callbacks
        if isinstance(news, News)
        for messages in news.told.values()
        for message in messages.values()
    ]
    (told_of_it,) = [message for message in told if message["of"] == "comments"]
    assert told_of_it == {"type": "news", "of": "comments", "thread": sent["id"]}


def test_who_is_gone_is_a_former_member(room: Room, people: dict[str, User], client_of: ClientOf) -> None:
    thread = thread_in(room, people["editor"], people["commenter"])
    Thread.objects.update(resolved_by=people["editor"])
    people["editor"].delete()
    shown = client_of("viewer").get(reverse("comments_thread", args=[room.pk, thread.pk])).json()
    assert [each["author"] and each["author"]["name"] for each in shown["comments"]] == [None, "Commenter"]
    assert Comment.objects.get(pk=thread.pk).name == FORMER
    room.delete()
    assert not Comment.objects.exists()


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    room: Room, people: dict[str, User], client_of: ClientOf
) -> None:
    viewer, url = client_of("viewer"), reverse("comments", args=[room.pk])
    numbers = []
    for _ in range(2):
        thread_in(room, people["editor"], people["commenter"], people["owner"])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            viewer.get(url)
        numbers.append(len(queries))
        for number in range(5):
            thread = thread_in(room, people["owner"])
            guest = Guest.objects.create(name=f"Guest {number}")
            Comment.objects.create(thread=thread, guest=guest, text="Mine")
            Thread.objects.filter(pk=thread.pk).update(resolved=thread.created, resolved_by_guest=guest)
    assert numbers[0] == numbers[1]


def test_links_lead_to_a_comment(room: Room, people: dict[str, User]) -> None:
    thread = thread_in(room, people["editor"], people["owner"])
    assert thread.get_absolute_url() == f"/rooms/{room.pk}/#comment-{thread.pk}"
    reply = thread.comments.exclude(pk=thread.pk).get()
    assert reply.get_absolute_url() == f"/rooms/{room.pk}/#comment-{reply.pk}"
