"""A Django project made of the steps in yroom/README.md, and the ways to run it."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests import leftovers
from tests.servers import ROOT, Redis, Server, free_port, manage

SETTINGS = """
import os
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = "not a secret"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "textcollab"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
    }
}
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"yroom": {"handlers": ["console"], "level": "INFO"}},
}
YROOM_SETTINGS = {
    "default": {"REMOVE_ROOM_DELAY": 0.2, "MAX_FRAME_SIZE": 100_000},
    "limited": {"SCHEMA": 2, "MAX_ROOM_SIZE": 2000, "COMPACT_UPDATES": 20},
}
"""
REDIS_SETTINGS = """
CHANNEL_LAYERS["default"] = {
    "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [os.environ["REDIS_URL"]]}
}
"""
POSTGRES_SETTINGS = """
import dj_database_url

DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
"""
# A busy worker may take its time to answer a script, unless a test is about that time.
PATIENCE = """
YROOM = {"CALL_TIMEOUT": 60.0, **globals().get("YROOM", {})}
"""
ROUTING = """
from django.urls import re_path

from . import consumers

websocket_urlpatterns = [
    re_path(r"^ws/open/(?P<room_name>[^/]+)$", consumers.Open.as_asgi()),
    re_path(r"^ws/read/(?P<room_name>[^/]+)$", consumers.Reader.as_asgi()),
    re_path(r"^ws/limited/(?P<room_name>[^/]+)$", consumers.Limited.as_asgi()),
    re_path(r"^ws/impatient/(?P<room_name>[^/]+)$", consumers.Impatient.as_asgi()),
    re_path(r"^ws/staff/(?P<room_name>[^/]+)$", consumers.TextCollaborationConsumer.as_asgi()),
]
"""
# The README's consumer admits staff only; these differ from it in who may enter, and what they may do.
MORE_CONSUMERS = """

class Open(TextCollaborationConsumer):
    async def connect(self) -> None:
        await self.join_room()


class Reader(Open):
    def get_client_options(self):
        return {"read_only": True, "role": "viewer"}


class Limited(Open):
    def get_room_group_name(self) -> str:
        return "limited." + self.scope["url_route"]["kwargs"]["room_name"]


class Impatient(Open):
    def get_room_group_name(self) -> str:
        return "impatient." + self.scope["url_route"]["kwargs"]["room_name"]
"""
MANAGE = """
import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"""


@dataclass
class Project:
    """The scratch project, and its running processes."""

    folder: Path
    env: dict[str, str]
    port: int = field(default_factory=free_port)
    running: list[Server] = field(default_factory=list)
    database: str = ""  # URL, if it is not SQLite
    redis: Redis | None = None
    server: str = "yroom.web.daphne"
    application: str = "asgi:application"
    wrapper: list[str] = field(default_factory=list)  # what the web process is started by
    copy_database: Callable[[Path], None] | None = None  # where only that process sees the database

    @property
    def embedded(self) -> bool:
        return "REDIS_URL" not in self.env

    def url(self, room: str, kind: str = "open", port: int | None = None) -> str:
        return f"ws://127.0.0.1:{port or self.port}/ws/{kind}/{room}"

    def manage(self, *arguments: str, check: bool = True) -> str:
        return manage(*arguments, cwd=self.folder, env=self.env, check=check)

    def start_web(self, *options: str, port: int | None = None) -> Server:
        """A web process on the project's port, or on another."""
        address = ["-b", "127.0.0.1", "-p", str(port or self.port)]
        if self.server == "uvicorn":
            address = ["--host", "127.0.0.1", "--port", str(port or self.port)]
        elif self.server == "hypercorn":
            address = ["-b", f"127.0.0.1:{port or self.port}"]
        if self.server == "daphne":
            # It would send away whom a busy machine does not let in within five seconds.
            address += ["--websocket_connect_timeout", "60"]
        command = [*self.wrapper, sys.executable, "-m", self.server, *address, *options, self.application]
        web = Server(*command, cwd=self.folder, log=self.folder / f"web{len(self.running)}.log", env=self.env)
        self.running.append(web)
        return web.wait_for_port(port or self.port)

    def start_worker(self, *options: str) -> Server:
        """A worker process of its own."""
        command = [sys.executable, "manage.py", "yroom", *options]
        worker = Server(*command, cwd=self.folder, log=self.folder / f"worker{len(self.running)}.log", env=self.env)
        self.running.append(worker)
        return worker.wait_for_line("yroom serves channel")

    def stop(self) -> None:
        for server in reversed(self.running):
            if server.process.poll() is None:
                server.kill()


def ways(*names: str, of: str = "project") -> list[ParameterSet]:
    """Parameters of a fixture that runs something in several ways: it starts once in each, in one process."""
    return [pytest.param(name, id=name, marks=pytest.mark.xdist_group(f"{of} {name}")) for name in names]


def readme_blocks() -> dict[str, str]:
    """The README's Python blocks that name their file in a first comment."""
    readme = (ROOT / "yroom" / "README.md").read_text()
    blocks = re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return dict(blocks)


def make_project(folder: Path, redis: Redis | None, settings: str = "", database: str = "") -> Project:
    """Follow the README's steps in an empty folder; `settings` go to the end of settings.py.

    `database` is the URL of a PostgreSQL that has the tables, to use instead of a SQLite file.
    """
    project = write_project(folder, redis, settings, database)
    if not database:
        shutil.copy(migrated(), folder / "db.sqlite3")
    return project


def migrated() -> Path:
    """A SQLite file with the tables: making one takes a second, and copying it none."""
    return leftovers.once("migrated", lambda folder: migrate(write_project(folder))) / "db.sqlite3"


def migrate(project: Project) -> None:
    project.manage("migrate", "--verbosity=0")


def write_project(folder: Path, redis: Redis | None = None, settings: str = "", database: str = "") -> Project:
    """Write the files of a project, whose database has no tables yet."""
    blocks = readme_blocks()
    files = {
        "settings.py": SETTINGS
        + blocks["settings.py"]
        + (REDIS_SETTINGS if redis else "")
        + (POSTGRES_SETTINGS if database else "")
        + settings
        + PATIENCE,
        "asgi.py": blocks["asgi.py"],
        "urls.py": "urlpatterns = []\n",
        "manage.py": MANAGE,
        "textcollab/__init__.py": "",
        "textcollab/consumers.py": blocks["textcollab/consumers.py"] + MORE_CONSUMERS,
        "textcollab/routing.py": ROUTING,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (folder / "yroom").symlink_to(ROOT / "yroom")
    env = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder)}
    if redis:
        env["REDIS_URL"] = redis.url
    if database:
        env["DATABASE_URL"] = database
    return Project(folder, env, database=database, redis=redis)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project in one process."""
    project = make_project(tmp_path_factory.mktemp("embedded"), None)
    project.start_web()
    yield project
    project.stop()


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project in one process of daphne's own server, as any other ASGI server would run it."""
    project = make_project(tmp_path_factory.mktemp("plain"), None)
    project.server = "daphne"
    project.start_web()
    yield project
    project.stop()


@pytest.fixture(scope="session")
def separate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project with its worker in a process of its own, over Redis."""
    folder = tmp_path_factory.mktemp("separate")
    # Of its own: workers of other projects would answer its web processes.
    with Redis(folder) as redis:
        project = make_project(folder, redis)
        project.start_web()
        project.start_worker()
        yield project
        project.stop()


@pytest.fixture(params=ways("embedded", "separate", "plain"))
def project(request: pytest.FixtureRequest) -> Project:
    """The running project, in all three ways."""
    project: Project = request.getfixturevalue(request.param)
    return project
