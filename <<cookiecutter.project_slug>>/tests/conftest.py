"""What all tests share: settings that need no environment and no build, and people with a room."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from accounts.models import User
from rooms.models import Membership, Role, Room


def pytest_configure() -> None:
    """Make the tests independent of .env and of the frontend's build."""
    settings.SECRET_KEY = "only for tests"
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = False


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
    return {part: person(part.capitalize()) for part in ("owner", "editor", "viewer", "stranger")}


@pytest.fixture
def room(people: dict[str, User]) -> Room:
    """A room with an editor and a viewer."""
    room = Room.objects.create(owner=people["owner"], title="Plans")
    Membership.objects.create(room=room, user=people["editor"], role=Role.EDITOR)
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
