"""What a document's page is told about its history: where to ask, and what may change while somebody is here."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from rooms.extras import page_data
from rooms.models import Room

from .access import for_readers


@page_data("history")
def history(request: HttpRequest, room: Room) -> dict[str, Any]:
    """The address below which all is asked, and whether readers see old versions."""
    return {"url": reverse("history", args=[room.pk]), "readers": for_readers(room)}
