"""What editors ask about comments, and tell: JSON both ways. What goes wrong is a sentence, as `error`."""

import uuid
from typing import Annotated, Final

import msgspec
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpResponse, JsonResponse

from accounts.names import one_line
from rooms.access import Ability
from rooms.decorators import VisitorRequest, in_room
from rooms.models import Room
from rooms.people import key_of
from rooms.scripts import RefusedError, as_json, sent_as

from . import actions
from .access import abilities_in, let_viewers
from .models import LONGEST_END, LONGEST_QUOTE, Comment, Thread
from .places import is_place
from .shown import shown, threads_of
from .text import tidy, visible

NO_JSON: Final = "This is not what the comments of this site send."
NO_PLACE: Final = "These words cannot be found in the document. Select them again."
EMPTY: Final = "There is nothing in this comment yet."
TOO_LONG: Final = "This comment is too long: it has {length} characters, {most} at most can be sent."
TOO_FAST: Final = "You have written as many comments as one can in an hour. Please go on later."
NO_THREAD: Final = "This comment is not there any more: somebody has deleted it."

# A number that a row can have.
Key = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


in_json = as_json({Comment.DoesNotExist: (NO_THREAD, 404), Thread.DoesNotExist: (NO_THREAD, 404)})


class Words(msgspec.Struct):
    """What is typed into a box."""

    text: str
    mentioned: list[Key] | None = None


class NewComment(Words, kw_only=True):
    """A reply: the id is chosen by who sends it, so that what is sent twice is written once."""

    id: uuid.UUID


class NewThread(NewComment, kw_only=True):
    """A comment on some words."""

    start: str
    end: str
    quote: str


class Place(msgspec.Struct):
    """Where the words of a thread are now."""

    thread: uuid.UUID
    start: str
    end: str


class Places(msgspec.Struct):
    """Where the words of some threads are now."""

    places: list[Place]


class Resolved(msgspec.Struct):
    """Whether a thread is done with."""

    resolved: bool


class Viewers(msgspec.Struct):
    """Whether those who may read may comment."""

    allowed: bool


@in_json
@in_room(get=Ability.READ, post=Ability.READ, held=False, guests=True)
def comments(request: VisitorRequest, room: Room) -> HttpResponse:
    """All threads of a room, and what one may do about them; posting begins another."""
    if request.method == "GET":
        threads = [shown(thread) for thread in threads_of(room)]
        may = sorted(abilities_in(room))
        return JsonResponse({"threads": threads, "may": may, "viewers": let_viewers(room)})
    sent = sent_as(request, NewThread, NO_JSON)
    check_place(sent)
    text = checked(request, sent.text)
    place = actions.Place(sent.start, sent.end, visible(sent.quote)[:LONGEST_QUOTE])
    return one(actions.begin(request.visitor, room.pk, sent.id, place, text, named(sent)))


@in_json
@in_room(get=Ability.READ, post=Ability.READ, held=False, guests=True)
def thread(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """One thread; posting replies to it."""
    if request.method == "GET":
        return JsonResponse(shown(threads_of(room).get(pk=key)))
    sent = sent_as(request, NewComment, NO_JSON)
    text = checked(request, sent.text)
    return one(actions.reply(request.visitor, room.pk, key, sent.id, text, named(sent)))


@in_json
@in_room(post=Ability.READ, held=False, guests=True)
def edit(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """Change what one has written."""
    sent = sent_as(request, Words, NO_JSON)
    return one(actions.edit(request.visitor, room.pk, key, checked(request, sent.text), named(sent)))


@in_json
@in_room(post=Ability.READ, held=False, guests=True)
def delete(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """Take a comment away; the answer is null where its thread is gone with it."""
    left = actions.delete(request.visitor, room.pk, key)
    return one(left) if left is not None else JsonResponse(None, safe=False)


@in_json
@in_room(post=Ability.READ, held=False, guests=True)
def resolve(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """Resolve a thread, or open it again."""
    sent = sent_as(request, Resolved, NO_JSON)
    # People are told of it, as of a comment.
    count(request)
    return one(actions.resolve(request.visitor, room.pk, key, sent.resolved))


@in_json
@in_room(post=Ability.WRITE, held=False, guests=True)
def places(request: VisitorRequest, room: Room) -> HttpResponse:
    """Say where the words of threads are now, which an undo has brought back as other letters."""
    sent = sent_as(request, Places, NO_JSON).places
    if len(sent) > settings.THREADS_PER_DOCUMENT:
        # There are not so many; nor does a database look for any number of them at once.
        raise RefusedError(NO_JSON)
    for place in sent:
        check_place(place)
    count(request)
    actions.move(request.visitor, room.pk, {place.thread: (place.start, place.end) for place in sent})
    return JsonResponse({})


@in_json
@in_room(post=Ability.SHARE, held=False)
def viewers(request: VisitorRequest, room: Room) -> HttpResponse:
    """Let those who may read a document comment, or no longer."""
    allowed = sent_as(request, Viewers, NO_JSON).allowed
    actions.set_viewers(request.visitor, room.pk, allowed)
    return JsonResponse({"viewers": allowed})


def checked(request: VisitorRequest, typed: str) -> str:
    """What was typed, as it is kept; it counts against the limit of an hour. Raises RefusedError."""
    text = tidy(typed)
    if len(text) > settings.COMMENT_LENGTH:
        raise RefusedError(TOO_LONG.format(length=len(text), most=settings.COMMENT_LENGTH))
    if not one_line(text):
        # There may be letters in it that nobody sees.
        raise RefusedError(EMPTY)
    count(request)
    return text


def check_place(sent: NewThread | Place) -> None:
    """Refuse what is no place in a text. Raises RefusedError."""
    if not (is_place(sent.start) and is_place(sent.end) and max(len(sent.start), len(sent.end)) <= LONGEST_END):
        raise RefusedError(NO_PLACE)


def count(request: VisitorRequest) -> None:
    """Count it against the limit of an hour. Raises RefusedError."""
    if not ratelimit.consume(request, action="comment", key=key_of(request.visitor)):
        raise RefusedError(TOO_FAST, 429)


def named(sent: Words) -> actions.Mentioned:
    """The people whom a comment names."""
    return None if sent.mentioned is None else sent.mentioned[: settings.MENTIONS_PER_COMMENT]


def one(thread: Thread) -> HttpResponse:
    """A thread as it is now."""
    return JsonResponse(shown(threads_of(thread.room).get(pk=thread.pk)))
