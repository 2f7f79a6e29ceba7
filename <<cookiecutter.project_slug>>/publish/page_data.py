"""What a document's page is told of its public page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.adapter import absolute
from rooms.access import Ability
from rooms.extras import page_data
from rooms.models import Room

from .models import Page


@page_data("publish")
def publish(request: HttpRequest, room: Room) -> dict[str, Any] | None:
    """Nothing, where this site has no public pages."""
    return {"url": reverse("publish", args=[room.pk]), **state_of(request, room)} if settings.PUBLIC_PAGES else None


def state_of(request: HttpRequest, room: Room) -> dict[str, Any]:
    """Whether a document is public, where, and whether this person may change that.

    Everybody in it is told: who writes in a document that anybody can read shall know it.
    """
    page = Page.objects.filter(room=room).first()
    is_public = page is not None and page.is_public
    return {
        "public": is_public,
        "listed": page is not None and page.is_listed,
        "page": absolute(page.get_absolute_url(), request) if page is not None and is_public else "",
        "may": Ability.MANAGE in room.abilities,
    }
