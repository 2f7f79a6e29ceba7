"""What the editor has of comments from the page of a document; the threads it fetches once the text is on the page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from rooms.extras import page_data
from rooms.models import Room


@page_data("comments", guests=True)
def comments(request: HttpRequest, room: Room) -> dict[str, Any]:
    """Where to ask, and how long a comment may be."""
    return {"url": reverse("comments", args=[room.pk]), "longest": settings.COMMENT_LENGTH}
