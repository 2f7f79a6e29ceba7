"""A site under test: its processes, its people and its documents."""

import json
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tests import programs
from tests.servers import ROOT, Server, free_port, manage, site_database

from .console import Console

PASSWORD = "demo-password"
OWNER, EDITOR = "demo@example.com", "guest@example.com"


def copied(folder: Path) -> Path:
    """A copy of the site in a new folder: what a test builds or collects there, others do not see."""
    made = {".env", ".tools", ".venv", "__pycache__", "node_modules", "staticfiles", "test-results"}
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*_cache", ".hypothesis", "*.sqlite3*", *made))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


@dataclass
class Site:
    """The site under test and its running processes."""

    name: str
    env: dict[str, str]
    folder: Path  # of its logs
    root: Path = ROOT  # what it is served from
    port: int = field(default_factory=free_port)
    web: Server | None = None
    worker: Server | None = None

    # Those of this test process, for whoever wants their logs.
    running: ClassVar[list["Site"]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def embedded(self) -> bool:
        return "REDIS_URL" not in self.env

    def set_up(self) -> None:
        """Make the database, start what the site consists of, and let two people have accounts."""
        if not (ROOT / "static-built" / "editor" / "editor.js").exists():
            raise programs.MissingError("the editor is not built: run `make build` first")
        self.env |= {"DEBUG": "1", "SECRET_KEY": "for tests only", "PYTHONUNBUFFERED": "1", "TIME_ZONE": "UTC"}
        self.env |= {"LINKS_FOR_ANYONE": "1"}
        if self.embedded:
            site_database(self.folder)
        self.console = Console(ROOT, self.env, self.folder / "console.log")
        self.running.append(self)
        if not self.embedded:
            self.shell("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        self.launch()
        self.add_person(OWNER, "Demo")
        self.add_person(EDITOR, "Guest")
        self.wait()

    def tear_down(self) -> None:
        self.stop()
        self.running.remove(self)
        self.console.stop()

    def manage(self, *arguments: str) -> str:
        return manage(*arguments, cwd=ROOT, env=self.env)

    def start(self) -> None:
        """Start what the site consists of, and wait until it serves."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start what the site consists of: all at once, on a machine with several cores."""
        self._launch_web()
        if not self.embedded:
            self._launch_worker()

    def wait(self) -> None:
        """Wait until what was launched serves."""
        assert self.web is not None
        self.web.wait_for_port(self.port)
        if self.worker is not None:
            self.worker.wait_for_line("yroom serves channel")

    def start_web(self) -> None:
        """Start daphne."""
        self._launch_web()
        self.wait()

    def start_worker(self) -> None:
        """Start a worker process."""
        self._launch_worker()
        self.wait()

    def _launch_web(self) -> None:
        command = ["-m", "yroom.web.daphne", "-b", "127.0.0.1", "-p", str(self.port), "config.asgi:application"]
        self.web = Server(sys.executable, *command, cwd=self.root, log=self.folder / "web.log", env=self.env)

    def _launch_worker(self) -> None:
        log = self.folder / "worker.log"
        log.unlink(missing_ok=True)
        self.worker = Server(sys.executable, "manage.py", "yroom", cwd=self.root, log=log, env=self.env)

    def kill_engine(self) -> None:
        """SIGKILL for whatever holds the documents: the worker, or embedded the web process."""
        server = self.web if self.embedded else self.worker
        assert server is not None
        server.kill()

    def start_engine(self) -> None:
        """Start again what `kill_engine` killed."""
        if self.embedded:
            self.start_web()
        else:
            self.start_worker()

    def start_what_ended(self) -> None:
        """A test that failed may have left the site stopped, and the next ones share it."""
        if self.web is not None and self.web.process.poll() is not None:
            self._launch_web()
        if self.worker is not None and self.worker.process.poll() is not None:
            self._launch_worker()
        self.wait()

    def stop(self) -> None:
        for server in (self.web, self.worker):
            if server is not None and server.process.poll() is None:
                server.kill()

    def shell(self, code: str) -> str:
        """Run Python with the site's settings, models and database; return what it printed."""
        return self.console.run(code)

    def new_room(self, title: str = "Room", kind: str = "text") -> str:
        """A room of the owner with the editor in it; return its path."""
        code = (
            "from accounts.models import User; from rooms.models import *; "
            f"room = Room.objects.create(owner=User.objects.get(email={OWNER!r}), title={title!r}, kind={kind!r}); "
            f"Membership.objects.create(room=room, user=User.objects.get(email={EDITOR!r}), role=Role.EDITOR); "
            "print(f'/rooms/{room.pk}/')"
        )
        return self.shell(code).splitlines()[-1]

    def set_role(self, path: str, role: str) -> None:
        """Change what the editor may do in a room, as an administrator at the database would."""
        self.shell(
            "from rooms.models import *; "
            f"Membership.objects.filter(room={path.split('/')[2]!r}).update(role=Role[{role!r}])"
        )

    def new_person(self, name: str) -> str:
        """Add somebody whom no other test knows; return their address."""
        email = f"{name.lower()}-{secrets.token_hex(4)}@example.com"
        self.add_person(email, name)
        return email

    def add_person(self, email: str, name: str) -> None:
        """Add somebody with a confirmed address and the password PASSWORD."""
        # One round of hashing instead of a million: it is the tests that would wait for them.
        self.shell(
            "from allauth.account.models import EmailAddress; from accounts.models import User; "
            "from django.contrib.auth.hashers import PBKDF2PasswordHasher; "
            f"user = User.objects.create_user({email!r}, None, name={name!r}); "
            f"user.password = PBKDF2PasswordHasher().encode({PASSWORD!r}, 'salt' * 6, 1); user.save(); "
            "EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)"
        )

    def session(self, email: str) -> dict[str, str]:
        """The cookies of a browser in which somebody has just logged in with their password."""
        session = self.shell(
            "from allauth.account.internal.flows.login import record_authentication; "
            "from django.conf import settings; from django.contrib.auth import login; "
            "from django.contrib.sessions.backends.db import SessionStore; from django.http import HttpRequest; "
            "from accounts.models import User; import json; "
            f"user = User.objects.get(email={email!r}); request = HttpRequest(); request.session = SessionStore(); "
            "login(request, user, 'allauth.account.auth_backends.AuthenticationBackend'); "
            "record_authentication(request, user, 'password', email=user.email); request.session.save(); "
            "print(json.dumps([settings.SESSION_COOKIE_NAME, request.session.session_key]))"
        )
        name, value = json.loads(session)
        return {name: value, "csrftoken": secrets.token_hex(16)}
