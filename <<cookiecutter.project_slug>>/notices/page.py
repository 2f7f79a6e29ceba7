"""What the editor has of notices: the number in the bell is kept up to date, and "@" offers people."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from rooms.extras import page_data
from rooms.models import Room

from .telling import mark_of


@page_data("notices")
def notices(request: HttpRequest, room: Room) -> dict[str, Any] | None:
    """Where to ask for the number, and for those whom one can name, and to say that one has."""
    if not request.user.is_authenticated:
        return None
    return {
        "url": reverse("notices_unread"),
        "mark": mark_of(request.user.pk, room),
        "people": reverse("notices_people", args=[room.pk]),
        "named": reverse("notices_named", args=[room.pk]),
    }
