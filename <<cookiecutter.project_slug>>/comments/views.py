"""What editors ask about comments, and tell: JSON both ways. What goes wrong is a sentence, as `error`."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Final, TypeVar

import msgspec
from allauth.core import ratelimit
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from rooms.access import Ability
from rooms.decorators import VisitorRequest, in_room
from rooms.models import Room
from rooms.people import key_of

from . import actions
from .access import abilities_in, let_viewers
from .models import LONGEST_END, LONGEST_QUOTE, Comment, Thread
from .places import is_place
from .shown import shown, threads_of
from .text import tidy, visible

LOG_IN: Final = "You are not logged in any more. Log in again in another tab, then try again."
NO_JSON: Final = "This is not what the comments of this site send."
NO_PLACE: Final = "These words cannot be found in the document. Select them again."
EMPTY: Final = "There is nothing in this comment yet."
TOO_LONG: Final = "This comment is too long: it has {length} characters, {most} at most can be sent."
TOO_FAST: Final = "You have written as many comments as one can in an hour. Please go on later."
NO_THREAD: Final = "This comment is not there any more: somebody has deleted it."
# Of those whom one comment names.
MOST_MENTIONED: Final = 50

View = Callable[..., HttpResponse]
# A number that a row can have.
Key = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Form = TypeVar("Form", bound=msgspec.Struct)


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


class Resolved(msgspec.Struct):
    """Whether a thread is done with."""

    resolved: bool


class Viewers(msgspec.Struct):
    """Whether those who may read may comment."""

    allowed: bool


def as_json(view: View) -> View:
    """Says in JSON what a page would say in HTML."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except (Comment.DoesNotExist, Thread.DoesNotExist):
            return refused(NO_THREAD, 404)
        except Http404 as error:
            return refused(str(error), 404)
        except PermissionDenied as error:
            return refused(str(error), 403)
        except actions.RefusedError as error:
            return refused(str(error), error.status)
        # To the login page, which is none for a script.
        return refused(LOG_IN, 401) if response.status_code == 302 else response

    return answer


def refused(sentence: str, status: int) -> JsonResponse:
    """A sentence about what cannot be done."""
    return JsonResponse({"error": sentence}, status=status)


@as_json
@in_room(get=Ability.READ, post=Ability.READ, held=False, guests=True)
def comments(request: VisitorRequest, room: Room) -> HttpResponse:
    """All threads of a room, and what one may do about them; posting begins another."""
    if request.method == "GET":
        threads = [shown(thread) for thread in threads_of(room)]
        may = sorted(abilities_in(room))
        return JsonResponse({"threads": threads, "may": may, "viewers": let_viewers(room)})
    sent = read(request, NewThread)
    if not (is_place(sent.start) and is_place(sent.end) and max(len(sent.start), len(sent.end)) <= LONGEST_END):
        raise actions.RefusedError(NO_PLACE)
    text = checked(request, sent.text)
    place = actions.Place(sent.start, sent.end, visible(sent.quote)[:LONGEST_QUOTE])
    return one(actions.begin(request.visitor, room.pk, sent.id, place, text, named(sent)))


@as_json
@in_room(get=Ability.READ, post=Ability.READ, held=False, guests=True)
def thread(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """One thread; posting replies to it."""
    if request.method == "GET":
        return JsonResponse(shown(threads_of(room).get(pk=key)))
    sent = read(request, NewComment)
    text = checked(request, sent.text)
    return one(actions.reply(request.visitor, room.pk, key, sent.id, text, named(sent)))


@as_json
@in_room(post=Ability.READ, held=False, guests=True)
def edit(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """Change what one has written."""
    sent = read(request, Words)
    return one(actions.edit(request.visitor, room.pk, key, checked(request, sent.text), named(sent)))


@as_json
@in_room(post=Ability.READ, held=False, guests=True)
def delete(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """Take a comment away; the answer is null where its thread is gone with it."""
    left = actions.delete(request.visitor, room.pk, key)
    return one(left) if left is not None else JsonResponse(None, safe=False)


@as_json
@in_room(post=Ability.READ, held=False, guests=True)
def resolve(request: VisitorRequest, room: Room, key: uuid.UUID) -> HttpResponse:
    """Resolve a thread, or open it again."""
    return one(actions.resolve(request.visitor, room.pk, key, read(request, Resolved).resolved))


@as_json
@in_room(post=Ability.SHARE, held=False)
def viewers(request: VisitorRequest, room: Room) -> HttpResponse:
    """Let those who may read a document comment, or no longer."""
    allowed = read(request, Viewers).allowed
    actions.set_viewers(request.visitor, room.pk, allowed)
    return JsonResponse({"viewers": allowed})


def read(request: HttpRequest, form: type[Form]) -> Form:
    """What was sent. Raises RefusedError."""
    try:
        return msgspec.json.decode(request.body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise actions.RefusedError(NO_JSON) from None


def checked(request: VisitorRequest, typed: str) -> str:
    """What was typed, as it is kept; it counts against the limit of an hour. Raises RefusedError."""
    text = tidy(typed)
    if not text:
        raise actions.RefusedError(EMPTY)
    if len(text) > settings.COMMENT_LENGTH:
        raise actions.RefusedError(TOO_LONG.format(length=len(text), most=settings.COMMENT_LENGTH))
    if not ratelimit.consume(request, action="comment", key=key_of(request.visitor)):
        raise actions.RefusedError(TOO_FAST, 429)
    return text


def named(sent: Words) -> actions.Mentioned:
    """The people whom a comment names."""
    return None if sent.mentioned is None else sent.mentioned[:MOST_MENTIONED]


def one(thread: Thread) -> HttpResponse:
    """A thread as it is now."""
    return JsonResponse(shown(threads_of(thread.room).get(pk=thread.pk)))
