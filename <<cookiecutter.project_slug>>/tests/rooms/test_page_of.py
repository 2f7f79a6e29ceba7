"""What a page of one person asks for is not done in another one's name, whichever page of the site is asked."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.middleware import SOMEBODY_ELSE
from rooms.models import Guest, Room
from rooms.people import SESSION_KEY

NAMES = ("dashboard", "room", "room_members", "account_email", "nowhere")


@pytest.fixture(params=NAMES)
def url(request: pytest.FixtureRequest, room: Room) -> str:
    """Those of documents, those of an account, and one that there is not."""
    if request.param == "nowhere":
        return "/nowhere/"
    return reverse(request.param, args=[room.pk] if request.param.startswith("room") else [])


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_signed_in_since_does_nothing_by_an_open_page(
    url: str, method: str, people: dict[str, User], client_of: Callable[[str], Client]
) -> None:
    """Nor are they told anything by it."""
    client = client_of("owner")
    answer = getattr(client, method)(url, headers={"Page-Of": str(people["editor"].pk)})
    assert (answer.status_code, answer.json()) == (403, {"error": SOMEBODY_ELSE})
    own = getattr(client, method)(url, headers={"Page-Of": str(people["owner"].pk)})
    assert own.status_code == getattr(client, method)(url).status_code != 403


def test_a_guest_does_nothing_by_it_either(room: Room, people: dict[str, User], db: None) -> None:
    guest, client = Guest.objects.create(name="Gast"), Client()
    session = client.session
    session[SESSION_KEY] = str(guest.pk)
    session.save()
    url = reverse("room_authors", args=[room.pk])
    assert client.get(url, headers={"Page-Of": str(people["owner"].pk)}).json() == {"error": SOMEBODY_ELSE}
    assert client.get(url, headers={"Page-Of": guest.key}).status_code == client.get(url).status_code
    assert client.get(url, headers={"Page-Of": guest.key}).content.decode().find(SOMEBODY_ELSE) < 0


def test_who_has_signed_out_is_asked_to_sign_in(room: Room, people: dict[str, User]) -> None:
    answer = Client().get(reverse("room_members", args=[room.pk]), headers={"Page-Of": str(people["owner"].pk)})
    assert answer.status_code == 302
