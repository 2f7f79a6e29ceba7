"""What all pages about one room have in common."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from accounts.models import User

from .access import NO_ACCESS, Ability, require
from .actions import hold
from .answers import wants_json
from .models import Guest, Room, Visitor
from .people import could_open, visitor_of

NO_ROOM = "There is no such document. It may have been deleted, or be in its owner's trash."


class UserRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User
    visitor: User


class VisitorRequest(HttpRequest):
    """A request of somebody who is logged in, or of a guest."""

    visitor: User | Guest


View = Callable[..., HttpResponse]
# Answers in its own way where there is no such room, or the person may not do that in it; None for the common pages.
Otherwise = Callable[[Any, uuid.UUID, Exception], HttpResponse | None]


def in_room(
    *,
    get: Ability | None = None,
    post: Ability | None = None,
    even_trashed: bool = False,
    held: bool = True,
    guests: bool = False,
    otherwise: Otherwise | None = None,
) -> Callable[[View], View]:
    """A page about one room: it takes the methods for which an ability is named, from people who have that ability.

    The view gets the room; `request.visitor` is who asks. Who is not logged in is asked to, guests too unless the page
    is for them. A room in which the person may not do that answers 403, with a sentence: one that is not there like one
    that is not theirs, so that nobody finds out which. Only who could open it hears, by a 404, that a room is in the
    trash. Scripts that ask for JSON get the sentence as `error`.

    A POST is one transaction, for which the room is held: see actions.py; unless the page writes into the document, and
    waits for a worker that has to get at the database, too.
    """
    needed = {method: ability for method, ability in (("GET", get), ("POST", post)) if ability is not None}

    def decorate(view: View) -> View:
        def answer(request: VisitorRequest, pk: uuid.UUID, **kwargs: Any) -> HttpResponse:
            ability = needed[str(request.method)]
            if request.method == "POST" and held:
                with hold(request.visitor, pk, ability, even_trashed=even_trashed) as room:
                    return view(request, room, **kwargs)
            room = Room.objects.for_user(request.visitor, pk, even_trashed=even_trashed)
            require(room.abilities, ability)
            return view(request, room, **kwargs)

        @require_http_methods(list(needed))
        @wraps(view)
        def guarded(request: HttpRequest, pk: uuid.UUID, **kwargs: Any) -> HttpResponse:
            visitor = visitor_of(request)
            if isinstance(visitor, AnonymousUser) or (isinstance(visitor, Guest) and not guests):
                return redirect_to_login(request.get_full_path())
            asked = cast("VisitorRequest", request)
            asked.visitor = visitor
            try:
                return answer(asked, pk, **kwargs)
            except (Room.DoesNotExist, PermissionDenied) as error:
                response = otherwise(asked, pk, error) if otherwise is not None else None
                return response or refusal(request, visitor, pk, error)

        return guarded

    return decorate


def refusal(request: HttpRequest, visitor: Visitor, pk: uuid.UUID, error: Exception) -> HttpResponse:
    """The answer to who may not do that in a room, or names one that is not there."""
    is_trashed = isinstance(error, Room.DoesNotExist) and could_open(visitor, pk)
    sentence = NO_ROOM if is_trashed else str(error) if isinstance(error, PermissionDenied) else NO_ACCESS
    if wants_json(request):
        return JsonResponse({"error": sentence}, status=404 if is_trashed else 403)
    if is_trashed:
        raise Http404(sentence)
    raise PermissionDenied(sentence)
