"""Fills a new database with something to look at."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from rooms import actions
from rooms.access import Role
from rooms.models import Membership
from welcome.document import create
from welcome.views import demo_path

DEMO, GUEST = "demo@example.com", "guest@example.com"
PASSWORD = "demo-password"  # noqa: S105
# Two names of one machine: a browser keeps the cookies of each apart, so that both people fit into one.
HOSTS = {DEMO: "localhost", GUEST: "127.0.0.1"}


class Command(BaseCommand):
    help = "In debug mode: create two demo people and a document if nobody has an account yet; say how to log in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the site is served."""
        parser.add_argument("--port", type=int, default=8000, help="The port that the links lead to.")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        """Create them and print how to log in."""
        if not settings.DEBUG:
            raise CommandError("The demo users have a known password: they are for DEBUG=1 only.")
        if not User.objects.exists():
            with transaction.atomic():
                demo, guest = self._user(DEMO, "Demo"), self._user(GUEST, "Guest")
                actions.put(Membership(room=create(demo), user=guest, role=Role.EDITOR))
            self.stdout.write("The database is new, so here are two people and a document they share.")
        users = {user.email: user for user in User.objects.filter(email__in=[DEMO, GUEST])}
        if len(users) < len(HOSTS):
            return
        self.stdout.write("Open these two beside each other, as soon as the site is served:")
        for email, host in HOSTS.items():
            self.stdout.write(f"  as {users[email].name}: http://{host}:{port}{demo_path(users[email])}")
        self.stdout.write(f"Or log in as {DEMO} or {GUEST}; the password is {PASSWORD}")

    def _user(self, email: str, name: str) -> User:
        user = User.objects.create_user(email, PASSWORD, name=name)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user
