"""The process dies while a document is published, or is not to be public any more."""

from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from publish.models import Page
from rooms.models import Room
from tests.dying import Dying, browser, room_of_two


def wants(public: bool) -> None:
    """Press the switch."""
    settings.PUBLIC_PAGES = True
    url = reverse("publish", args=[Room.objects.get().pk])
    assert browser("ada").post(url, {"public": public}, "application/json").status_code == 200


def publish() -> None:
    """Let anybody read it."""
    wants(True)


def published() -> None:
    """A document that is public."""
    room_of_two()
    wants(True)


def unpublish() -> None:
    """Let nobody read it any more."""
    wants(False)


def look() -> Any:
    """How many pages it has, and what whoever has their addresses gets."""
    settings.PUBLIC_PAGES = True
    return [Client().get(page.get_absolute_url()).status_code for page in Page.objects.all()]


def test_a_page_is_public_or_not(dying: Dying) -> None:
    found = dying.at_each_commit(room_of_two, publish, look)
    assert all(left in ([], [410], [200]) and again == [200] for left, again in found)
    assert [] in [left for left, _ in found]


def test_what_is_gone_is_gone(dying: Dying) -> None:
    found = dying.at_each_commit(published, unpublish, look)
    assert all(left in ([200], [410]) and again == [410] for left, again in found)
    assert [200] in [left for left, _ in found]
