"""What a document's page is told about its history: where to ask, and what may change while somebody is here."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from rooms.access import Ability
from rooms.extras import page_data
from rooms.kinds import KINDS
from rooms.models import Room

from .access import for_readers


@page_data("history")
def history(request: HttpRequest, room: Room) -> dict[str, Any]:
    """The address below which all is asked, whether readers see old versions, and what such a document consists of."""
    return {
        "url": reverse("history", args=[room.pk]),
        # Who may write sees old versions anyway, and asks again when they may not any more.
        "readers": None if Ability.WRITE in room.abilities else for_readers(room),
        # All that is restored of such a document.
        "roots": KINDS[room.kind].roots,
    }
