"""What all tests share: people with a room."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from rooms.access import Role
from rooms.models import Membership, Room


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes a user with a confirmed e-mail address."""

    def make(name: str, **fields: Any) -> User:
        email = f"{name.lower()}@example.com"
        user = User.objects.create_user(email, "correct horse battery", name=name, **fields)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def people(person: Callable[..., User]) -> dict[str, User]:
    """One person for each part they can have in the room."""
    return {part: person(part.capitalize()) for part in ("owner", "editor", "commenter", "viewer", "stranger")}


@pytest.fixture
def room(people: dict[str, User]) -> Room:
    """A room with an editor, a commenter and a viewer."""
    room = Room.objects.create(owner=people["owner"], title="Plans")
    Membership.objects.create(room=room, user=people["editor"], role=Role.EDITOR)
    Membership.objects.create(room=room, user=people["commenter"], role=Role.COMMENTER)
    Membership.objects.create(room=room, user=people["viewer"], role=Role.VIEWER)
    return room


@pytest.fixture
def client_of(people: dict[str, User]) -> Callable[[str], Client]:
    """A browser in which somebody is logged in, or nobody."""

    def make(part: str) -> Client:
        client = Client()
        if part != "anonymous":
            client.force_login(people[part], "allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
