"""What the editor has of notices: the document's page keeps the number in the bell up to date."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from rooms.extras import page_data
from rooms.models import Room


@page_data("notices")
def notices(request: HttpRequest, room: Room) -> dict[str, Any] | None:
    """Where to ask for the number."""
    return {"url": reverse("notices_unread")} if request.user.is_authenticated else None
