"""Fills a new database with something to look at."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from rooms import actions
from rooms.access import Role
from rooms.models import Membership

DEMO, GUEST = "demo@example.com", "guest@example.com"
PASSWORD = "demo-password"  # noqa: S105


class Command(BaseCommand):
    help = "In debug mode: create two demo users and a room of theirs if nobody has an account yet; say how to log in."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create them and print how to log in."""
        if not settings.DEBUG:
            raise CommandError("The demo users have a known password: they are for DEBUG=1 only.")
        if not User.objects.exists():
            with transaction.atomic():
                demo, guest = self._user(DEMO, "Demo"), self._user(GUEST, "Guest")
                room = actions.create(demo, "Welcome")
                actions.put(Membership(room=room, user=guest, role=Role.EDITOR))
            self.stdout.write("The database is new, so here are two users and a document they share.")
        elif User.objects.filter(email__in=[DEMO, GUEST]).count() < 2:
            return
        self.stdout.write(f"  Log in as {DEMO}, and in another browser as {GUEST}; password: {PASSWORD}")

    def _user(self, email: str, name: str) -> User:
        user = User.objects.create_user(email, PASSWORD, name=name)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user
