"""The public page itself, and what its document's page asks about it."""

from hashlib import sha256
from typing import Final

import msgspec
from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_GET

from accounts.adapter import absolute
from accounts.audit import note
from rooms.access import Ability
from rooms.actions import hold
from rooms.decorators import UserRequest, in_room
from rooms.kinds import KINDS
from rooms.live import tell_room
from rooms.models import Room
from rooms.scripts import as_json, refused, sent_as

from .models import Page
from .page_data import state_of
from .reading import TooLargeError, UnreadableError, fresh, read

NO_PAGES: Final = "This site has no public pages."
MALFORMED: Final = "This is not what the editor of this site sends."
TOO_LARGE: Final = "This document is too large for a public page."
BUSY: Final = "The document cannot be read at the moment. Please try again."

# Whoever keeps a copy asks whether it is still right before each use: what is not public any more is gone at once.
CACHED: Final = "public, max-age=0, must-revalidate"


class Wanted(msgspec.Struct):
    """Whether a document shall be public, and whether search engines may list it."""

    public: bool
    listed: bool = False


@require_GET
@csp_replace({"script-src": [NONE], "img-src": [SELF, "data:", "https:"]})  # type: ignore[arg-type]
def public_page(request: HttpRequest, token: str) -> HttpResponse:
    """A document as anybody may read it. It is the same for all, whoever asks: nothing here looks at a session."""
    page = Page.objects.select_related("room").filter(token=token).first() if settings.PUBLIC_PAGES else None
    if page is None:
        return _without(404)
    room = page.room
    if not page.is_public or room.trashed_at is not None or room.kind not in KINDS:
        return _without(410)
    try:
        page = fresh(page, room)
    except UnreadableError:
        response = _without(503)
        response["Retry-After"] = "10"
        return response
    context = {
        "page": page,
        "site_name": settings.SITE_NAME,
        "language": page.language or settings.LANGUAGE_CODE,
        "canonical": absolute(page.get_absolute_url(), request),
    }
    response = HttpResponse(render_to_string("publish/page.html", context))
    response["Cache-Control"] = CACHED
    if not page.is_listed:
        response["X-Robots-Tag"] = "noindex"
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _without(status: int) -> HttpResponse:
    return HttpResponse(
        render_to_string("publish/no_page.html", {"status": status}),
        status=status,
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
    )


# Not held: a document is read here, which a worker may have to do, and that needs the database too.
@as_json({})
@in_room(get=Ability.READ, post=Ability.MANAGE, held=False)
def publish(request: UserRequest, room: Room) -> HttpResponse:
    """Whether a document is public; its owner may change that."""
    if not settings.PUBLIC_PAGES:
        raise Http404(NO_PAGES)
    if request.method == "GET":
        return JsonResponse(state_of(request, room))
    wanted = sent_as(request, Wanted, MALFORMED)
    page, _ = Page.objects.get_or_create(room=room)
    was_public = page.is_public
    if wanted.public and not was_public:
        try:
            read(page, room)
        except TooLargeError:
            return refused(TOO_LARGE, 400)
        except UnreadableError:
            return refused(BUSY, 503)
    # It may have been taken from them while it was read.
    with hold(request.user, room.pk, Ability.MANAGE):
        Page.objects.filter(pk=page.pk).update(is_public=wanted.public, is_listed=wanted.listed)
    if wanted.public != was_public:
        note("document published" if wanted.public else "document unpublished", room=room.pk)
    tell_room(room.pk, "publish")
    return JsonResponse(state_of(request, room))
