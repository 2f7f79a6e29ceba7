"""Letting people in by a link: whoever has it may do in its room what it says, until it ends.

The link is `/rooms/<id>/link/#<token>`. What stands behind the # is never sent by a browser: it is in no log of a
server, no Referer, and no preview that a chat program makes; the page takes it out of the address, and so out of the
history, and posts it. It is compared in constant time, and who tries wrong ones too often is refused.

Who comes by it gets a row (Arrival), which counts for as long as the link's row is there, has not expired, and is good
for them: guests, who have no account, need the audience "anyone" and the site's LINKS_FOR_ANYONE. A new link is a new
row; the old one takes everybody with it who came by it. The role that an arrival gives is the link's of now.

Changes count on open sockets at once, by signals; an expiry at its moment: see consumers.py.
"""

import uuid
from typing import Final

from allauth.core import ratelimit
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from accounts.adapter import absolute
from accounts.audit import note

from .models import Link, Visitor

# Where the session holds the link with which somebody came who has to sign in first: a room's id and a token.
SESSION_KEY: Final = "came_by"


class TooManyError(Exception):
    """Somebody has tried too many links that there are not."""


def url_of(link: Link, request: HttpRequest) -> str:
    """The address to pass on."""
    return f"{absolute(reverse('room_link', args=[link.room_id]), request)}#{link.token}"


def find(request: HttpRequest, room_id: uuid.UUID, token: str) -> Link | None:
    """The link that this is, if it lets anybody in; what does not is counted. Raises TooManyError."""
    if not ratelimit.consume(request, action="link", dry_run=True):
        note("link refused", limit="link", room=room_id)
        raise TooManyError
    link = Link.objects.filter(room=room_id, room__trashed_at=None).select_related("room").first()
    # Compared in any case: what is not there takes as long.
    is_right = constant_time_compare(token, link.token if link is not None else "-")
    if link is not None and is_right and not link.is_over:
        return link
    ratelimit.consume(request, action="link")
    note("link refused", room=room_id)
    return None


def is_for(link: Link, visitor: Visitor) -> bool:
    """Whether somebody can come by a link as they are, or has to sign in first."""
    return visitor.is_authenticated or link.lets_guests_in


def keep(session: SessionBase, room_id: uuid.UUID, token: str) -> None:
    """Remember the link until somebody has signed in."""
    session[SESSION_KEY] = [str(room_id), token]


def kept(session: SessionBase) -> tuple[uuid.UUID, str] | None:
    """The link that was remembered, once."""
    found = session.pop(SESSION_KEY, None)
    return (uuid.UUID(found[0]), str(found[1])) if found else None
