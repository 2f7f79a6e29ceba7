"""What all tests share: people with a room."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import django
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, TransactionTestCase

from accounts.models import User
from rooms.access import Role
from rooms.models import Membership, Room

from .dying import Dying


@pytest.fixture(scope="session")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dying]:
    """Kills processes in the midst of what they do."""
    made = Dying(tmp_path_factory.mktemp("dying"))
    yield made
    made.stop()


@pytest.fixture(scope="session", autouse=True)
def _mail_by_tasks(django_test_environment: None) -> None:
    """Send mail as the site does, by tasks; what they deliver is in the outbox. Django would put it there at once."""
    by_tasks, kept = "tasks.mail.Backend", "django.core.mail.backends.locmem.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": by_tasks}, "delivery": {"BACKEND": kept}}
    else:
        settings.EMAIL_BACKEND, settings.MAIL_DELIVERY = by_tasks, kept


# Tables that are the same after each migration: Django would fill them anew.
SAME = {"django_content_type", "auth_permission"}


@cache
def filled_by_tests() -> list[str]:
    """The tables that a test may have written into."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(names) - SAME)


def empty_tables(_: TransactionTestCase) -> None:
    """Delete what a test has committed. Django's way takes long: it empties all tables, and fills its own anew."""
    tables = filled_by_tests()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'EXISTS(SELECT 1 FROM "{table}")' for table in tables))
        for table, has_rows in zip(tables, cursor.fetchone(), strict=True):
            if has_rows:
                cursor.execute(f'DELETE FROM "{table}"')


setattr(TransactionTestCase, "_fixture_teardown", empty_tables)  # noqa: B010 (mypy lets nobody assign methods)


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
