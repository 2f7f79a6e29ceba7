"""Processes that are killed in the midst of what they do: nothing may be half done, nor done twice by a second try.

One that has the site's settings (e2e/console.py) makes a fork for each: that one does it, and ends by SIGKILL on either
side of one of its commits. Then another does the same to the end, as somebody would who got no answer, or a process
that was started anew.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from e2e.console import Console
from rooms.access import Role
from rooms.models import Membership, Room

from .faults.crashing import crashing
from .servers import ROOT, site_database

# What is there by then, as JSON can say it.
Look = Callable[[], Any]


class Dying:
    """The test's end of it: one process for all tests, as to start it takes longer than what it does."""

    def __init__(self, folder: Path, **env: str) -> None:
        self._folder = folder
        self._env = {"DEBUG": "1", "SECRET_KEY": "only for tests", "DATA_DIR": str(folder), "DATABASE_URL": ""}
        self._env |= {"REDIS_URL": "", "DEFAULT_FROM_EMAIL": "admin@example.com", **env}
        self._console: Console | None = None

    def at_each_commit(
        self, begin: Callable[[], Any], act: Callable[[], Any], look: Look, again: Callable[[], Any] | None = None
    ) -> list[list[Any]]:
        """Begin, and do something from there, as often as it commits; what was left each time, and then again.

        What was left before need not be tried again. All are functions of a module, which that process imports.
        """
        site_database(self._folder)
        if self._console is None:
            self._console = Console(ROOT, self._env, self._folder / "console.log")
        names = [f"{each.__module__}:{each.__name__}" for each in (begin, act, look, again or act)]
        found: list[list[Any]] = json.loads(self._console.run(f"from tests.dying import at_each; at_each(*{names!r})"))
        return found

    def stop(self) -> None:
        """End that process."""
        if self._console is not None:
            self._console.stop()


def at_each(*names: str) -> None:
    """The same in that process, which itself does nothing but look: it has no thread that a fork would lack."""
    begin, act, look, again = map(_function, names)
    file = Path(connections["default"].settings_dict["NAME"])
    # What is counted, and for how long somebody counts, is not what this is about.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    # To be imported once.
    Client().handler.load_middleware()
    assert get_resolver().url_patterns
    _in_a_fork(begin)
    before = file.read_bytes()
    found: list[list[Any]] = []
    for number in count(1):
        ended = _in_a_fork(act, number)
        left = look()
        # What is left is mostly what was there before.
        if left not in [each for each, _ in found]:
            _in_a_fork(again)
            found.append([left, look()])
        connections.close_all()
        if ended:
            break
        file.write_bytes(before)
    sys.stdout.write(json.dumps(found))


def _function(name: str) -> Callable[[], Any]:
    module, _, function = name.partition(":")
    __import__(module)
    found: Callable[[], Any] = getattr(sys.modules[module], function)
    return found


def _in_a_fork(act: Callable[[], Any], crash_at: int = 0) -> bool:
    """Say whether it came to its end. With the last connection that is closed, all is in the one file."""
    connections.close_all()
    settings.ALLOWED_HOSTS = ["testserver"]
    if not (pid := os.fork()):
        status = 1
        try:
            with crashing(crash_at, only_commits=True):
                act()
            connections.close_all()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or status == 0, "see console.log"
    if os.WIFSIGNALED(status):
        # Whoever opens it next finds what was committed.
        connections["default"].ensure_connection()
        connections.close_all()
    return not os.WIFSIGNALED(status)


# For what begins, acts and looks there.


def room_of_two() -> Room:
    """A document of Ada's, in which Ben writes; both are signed in."""
    ada, ben = (User.objects.create_user(f"{name}@example.com", None, name=name) for name in ("ada", "ben"))
    room = Room.objects.create(owner=ada, title="Plans")
    Membership.objects.create(room=room, user=ben, role=Role.EDITOR)
    for user in (ada, ben):
        Client().force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return room


def browser(name: str) -> Client:
    """Where one of them is signed in."""
    user = User.objects.get(name=name)
    sessions = {each.get_decoded().get("_auth_user_id"): each.session_key for each in Session.objects.all()}
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = sessions[str(user.pk)]
    return client
