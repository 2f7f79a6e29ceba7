"""What all pages about one room have in common."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.models import User

from .access import Ability, require
from .actions import hold
from .models import Room

NO_ROOM = "There is no such document. It may have been deleted, or be in its owner's trash."


class UserRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User


View = Callable[..., HttpResponse]
# Answers in its own way where there is no such room, or the person may not do that in it; None for the common pages.
Otherwise = Callable[[UserRequest, uuid.UUID, Exception], HttpResponse | None]


def in_room(
    *,
    get: Ability | None = None,
    post: Ability | None = None,
    even_trashed: bool = False,
    held: bool = True,
    otherwise: Otherwise | None = None,
) -> Callable[[View], View]:
    """A page about one room: it takes the methods for which an ability is named, from people who have that ability.

    The view gets the room. Who is not logged in is asked to; a room that is not there answers 404, one in which the
    person may not do that 403, with a sentence. A POST is one transaction, for which the room is held: see actions.py;
    unless the page writes into the document, and waits for a worker that has to get at the database, too.
    """
    needed = {method: ability for method, ability in (("GET", get), ("POST", post)) if ability is not None}

    def decorate(view: View) -> View:
        def answer(request: UserRequest, pk: uuid.UUID, **kwargs: Any) -> HttpResponse:
            ability = needed[str(request.method)]
            if request.method == "POST" and held:
                with hold(request.user, pk, ability, even_trashed=even_trashed) as room:
                    return view(request, room, **kwargs)
            room = Room.objects.for_user(request.user, pk, even_trashed=even_trashed)
            require(room.abilities, ability)
            return view(request, room, **kwargs)

        @require_http_methods(list(needed))
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, pk: uuid.UUID, **kwargs: Any) -> HttpResponse:
            asked = cast("UserRequest", request)
            try:
                return answer(asked, pk, **kwargs)
            except (Room.DoesNotExist, PermissionDenied) as error:
                response = otherwise(asked, pk, error) if otherwise is not None else None
                if response is not None:
                    return response
                if isinstance(error, Room.DoesNotExist):
                    raise Http404(NO_ROOM) from None
                raise

        return guarded

    return decorate
