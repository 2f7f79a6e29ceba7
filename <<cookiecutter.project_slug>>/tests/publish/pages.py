"""A public page for tests."""

from typing import Any, Final

from publish.models import Page
from rooms.models import Room

# What an editor sends to each URL.
POSTED: Final[dict[str, Any]] = {"publish": {"public": True}}


def arguments(room: Room) -> dict[str, tuple[Any, ...]]:
    """What stands in each URL: of a page that was public once."""
    return {"publish": (room.pk,), "public_page": (Page.objects.create(room=room).token,)}
