"""The servers: how each is installed into .bench, started on free ports, watched and stopped.

Ours is what a generated site's Procfile says, with a consumer that asks nobody who they are (`site/`).
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import psutil

from . import wire

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".bench"
START_TIMEOUT = 60.0
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def pin(cores: list[int]) -> Callable[[], None] | None:
    """What makes a process use some cores only, where the system can do that."""
    return (lambda: os.sched_setaffinity(0, cores)) if cores else None


def generator_cores() -> list[int]:
    """The last core is the generator's."""
    return CORES[-1:] if len(CORES) > 1 else []


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command to its end, and say what it printed if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env={**clean(), **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-5000:]}")
    return done.stdout


def clean() -> dict[str, str]:
    """The environment without what make and uv put into it for this run, and what would change a server."""
    ours = {"VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "UV_RUN_RECURSION_DEPTH", "REDIS_URL", "DATABASE_URL"}
    ours |= {"PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in ours}


class Server:
    """A Yjs server, and its running processes."""

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""
    dialect: wire.YWebsocket = wire.YWebsocket()
    # A server of one process gets a core of its own; the processes of another may use all.
    alone = True
    # Processes that have the sockets, and those that have the documents if these are others.
    webs = 1
    workers = 0

    def __init__(self, name: str = "") -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self.folder = FOLDER / "run" / (name or self.name)
        self.urls: list[str] = []
        self.options: dict[str, str] = {}
        self._starting: list[tuple[subprocess.Popen[bytes], Path, int, str]] = []

    @classmethod
    def install(cls) -> None:
        """Fetch what the server needs, unless it is there."""

    def launch(self) -> None:
        """Start all processes, and set `urls`."""
        raise NotImplementedError

    def start(self, options: dict[str, str] | None = None, *, keep: bool = False) -> None:
        """Start on an empty database, or with `keep` on what was stored."""
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.options = options or {}
        try:
            self.launch()
            self.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all processes, the last started first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes.clear()
        self._starting.clear()

    def spawn(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        port: int = 0,
        line: str = "",
    ) -> None:
        """Start a process; `wait` waits until it listens on its port or has logged a line."""
        log = self.folder / f"{len(self.processes)}.log"
        # All are named too: this process may keep to the generator's.
        cores = CORES[:1] if self.alone else CORES
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd or self.folder,
                env={**clean(), **(env or {}), **self.options},
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=pin(cores),
            )
        self.processes.append(process)
        self._starting.append((process, log, port, line))

    def wait(self) -> None:
        """Wait until all processes are ready."""
        deadline = time.monotonic() + START_TIMEOUT
        for process, log, port, line in self._starting:
            while not (re.search(line, log.read_text(errors="replace")) if line else _accepts(port)):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} did not start:\n{log.read_text(errors='replace')[-5000:]}")
                time.sleep(0.02)
        self._starting.clear()

    def redis(self) -> int:
        """Start a Redis that keeps nothing; return its port."""
        port = free_port()
        self.spawn("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", port=port)
        self.wait()
        return port

    def cpu(self) -> float:
        """Seconds of CPU that all processes and their children have used."""
        return sum(sum(process.cpu_times()[:2]) for process in self._tree())

    def rss(self) -> int:
        """Bytes of memory that they hold."""
        return sum(process.memory_info().rss for process in self._tree())

    def written(self) -> int:
        """Bytes that they have had written to disk."""
        return sum(process.io_counters().write_bytes for process in self._tree())

    def _tree(self) -> list[psutil.Process]:
        found = [psutil.Process(process.pid) for process in self.processes]
        return found + [child for process in found for child in process.children(recursive=True)]


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Engine:
    """An engine to measure: that of this checkout, or of another folder or commit (`--engine`)."""

    label: str = ""  # what its servers' names end with
    source: str = ""  # a folder or a commit; empty: this checkout

    @property
    def site(self) -> Path:
        """Where the site with this engine is generated."""
        return FOLDER / "site" / (self.label or "bench") / "bench_site"

    @property
    def programs(self) -> Path:
        return self.site / ".venv" / "bin"

    @property
    def empty(self) -> Path:
        """A database with tables and nothing else: making one takes longer than many a load."""
        return self.site / "db.sqlite3"

    def install(self) -> None:
        """Generate a site from it, with what its dependencies and the load need."""
        with tempfile.TemporaryDirectory() as folder:
            template = Path(folder)
            self._copy(template)
            run(
                *(sys.executable, "-m", "cookiecutter", template, "--no-input", "--overwrite-if-exists"),
                *("--output-dir", self.site.parent, "project_slug=bench_site"),
                env={"HOME": str(FOLDER)},
            )
            # How a site is served without a login is known best to the checkout that the engine is of.
            files = template / "tests" / "bench" / "site"
            for file in (files if files.exists() else HERE / "site").glob("*.py"):
                shutil.copy(file, self.site)
        run("uv", "sync", "--quiet", "--project", self.site, env={"UV_PYTHON": sys.executable})
        self.empty.unlink(missing_ok=True)
        python = self.programs / "python"
        run(python, "manage.py", "migrate", "--verbosity=0", cwd=self.site, env=self.environment(self.site))

    def _copy(self, into: Path) -> None:
        """Copy what git knows: what linters and package managers left in the template would be generated too."""
        if not self.source or Path(self.source).is_dir():
            root = Path(self.source or ROOT)
            listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=root)
            for name in filter(None, listed.split("\0")):
                if (root / name).is_file():
                    (into / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(root / name, into / name)
            return
        archive = into.parent / f"{into.name}.tar"
        try:
            run("git", "archive", "--output", archive, self.source)
            shutil.unpack_archive(archive, into)
        finally:
            archive.unlink(missing_ok=True)

    def environment(self, data: Path) -> dict[str, str]:
        """The environment of the site's processes; the database lies in a folder."""
        return {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "bench_settings",
            "SECRET_KEY": "a key for benchmarks only: nobody can reach this site from elsewhere",
            "DEBUG": "0",
            "DATA_DIR": str(data),
        }

    def command(self, name: str, application: str = "bench_asgi") -> list[str]:
        """The command of a process, as the site's Procfile has it, with an application that asks for no login."""
        lines = (self.site / "Procfile").read_text().splitlines()
        found = {key: command.strip() for key, _, command in (line.partition(":") for line in lines)}
        command = shlex.split(found[name].replace("config.asgi:", f"{application}:").replace("0.0.0.0", "127.0.0.1"))
        program = self.programs / command[0]
        return [str(program), *command[1:]] if program.exists() else command


@cache
def _generate(engine: Engine) -> None:
    engine.install()


class Yroom(Server):
    """A generated site: one process with SQLite."""

    name = "yroom"
    label = "yroom, one process, SQLite"
    dialect = wire.Channels()
    engine: ClassVar[Engine] = Engine()

    @classmethod
    def install(cls) -> None:
        _generate(cls.engine)

    def launch(self) -> None:
        env = self.engine.environment(self.folder)
        if self.workers:
            env["REDIS_URL"] = f"redis://127.0.0.1:{self.redis()}/0"
        if not (self.folder / "db.sqlite3").exists():
            shutil.copy(self.engine.empty, self.folder)
        for _ in range(self.workers):
            self.spawn(*self.engine.command("worker"), cwd=self.engine.site, env=env, line="yroom serves channel")
        self.urls = []
        for _ in range(self.webs):
            port = free_port()
            command = [part.replace("$PORT", str(port)) for part in self.engine.command("web")]
            self.spawn(*command, cwd=self.engine.site, env=env, port=port)
            self.urls.append(f"ws://127.0.0.1:{port}")


class YroomRedis(Yroom):
    """The same with Redis, and the worker in a process of its own."""

    name = "yroom-redis"
    label = "yroom, Redis, 1 web + 1 worker"
    alone = False
    workers = 1


class YroomWebs2(YroomRedis):
    name = "yroom-2x1"
    label = "yroom, Redis, 2 web + 1 worker"
    webs = 2


class YroomWorkers2(YroomRedis):
    name = "yroom-1x2"
    label = "yroom, Redis, 1 web + 2 workers"
    workers = 2


class YroomTwice(YroomRedis):
    name = "yroom-2x2"
    label = "yroom, Redis, 2 web + 2 workers"
    webs = workers = 2


class YroomFour(YroomRedis):
    name = "yroom-4x4"
    label = "yroom, Redis, 4 web + 4 workers"
    webs = workers = 4


@cache
def _rivals() -> None:
    folder = FOLDER / "node"
    folder.mkdir(parents=True, exist_ok=True)
    names = ("package.json", "package-lock.json")
    new = [name for name in names if not _same(HERE / "rivals" / name, folder / name)]
    if new or not (folder / "node_modules").exists():
        for name in names:
            shutil.copy(HERE / "rivals" / name, folder)
        run("npm", "ci", "--no-audit", "--no-fund", cwd=folder)
    for script in (HERE / "rivals").glob("*.mjs"):
        shutil.copy(script, folder)  # where its imports are found


class _Node(Server):
    @classmethod
    def install(cls) -> None:
        _rivals()


class YWebsocketServer(_Node):
    name = "y-websocket"
    label = "@y/websocket-server 0.1.1, in memory"

    def launch(self) -> None:
        port = free_port()
        program = FOLDER / "node" / "node_modules" / "@y" / "websocket-server" / "src" / "server.js"
        self.spawn("node", program, env={"HOST": "127.0.0.1", "PORT": str(port)}, port=port)
        self.urls = [f"ws://127.0.0.1:{port}"]


class Hocuspocus(_Node):
    name = "hocuspocus"
    label = "Hocuspocus 3.4.4, SQLite"
    dialect = wire.Hocuspocus()
    nodes = 1

    def launch(self) -> None:
        script, database = FOLDER / "node" / "hocuspocus.mjs", self.folder / "hocuspocus.sqlite"
        redis = [str(self.redis())] if self.nodes > 1 else []
        self.urls = []
        for _ in range(self.nodes):
            port = free_port()
            self.spawn("node", script, str(port), database, *redis, port=port)
            self.urls.append(f"ws://127.0.0.1:{port}")


class HocuspocusRedis(Hocuspocus):
    name = "hocuspocus-redis"
    label = "Hocuspocus 3.4.4, Redis, 2 nodes"
    alone = False
    nodes = 2


class ChannelsYroom(Server):
    name = "channels-yroom"
    label = "channels-yroom 0.0.6, Redis, 1 web + 1 worker"
    dialect = wire.Channels()
    alone = False

    @classmethod
    def install(cls) -> None:
        _venv("channels-yroom", python="3.11")

    def launch(self) -> None:
        programs, site = FOLDER / "channels-yroom" / "bin", HERE / "rivals" / "channels_yroom_site"
        env = {
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(site),
            "BENCH_DATABASE": str(self.folder / "db.sqlite3"),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis()}/0",
        }
        run(programs / "django-admin", "migrate", "--verbosity=0", env=env)
        self.spawn(programs / "python", "-um", "django", "yroom", env=env, line="Running worker")
        port = free_port()
        daphne = (programs / "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0")
        limits = ("--websocket-max-message-size", "16777216", "--websocket-max-frame-size", "16777216")
        self.spawn(*daphne, *limits, "asgi:application", env=env, port=port)
        self.urls = [f"ws://127.0.0.1:{port}"]


class PycrdtWebsocket(Server):
    name = "pycrdt-websocket"
    label = "pycrdt-websocket 0.16.5, in memory"

    @classmethod
    def install(cls) -> None:
        _venv("pycrdt-websocket", python=sys.executable)

    def launch(self) -> None:
        port = free_port()
        python = FOLDER / "pycrdt-websocket" / "bin" / "python"
        self.spawn(python, HERE / "rivals" / "pycrdt_server.py", str(port), port=port)
        self.urls = [f"ws://127.0.0.1:{port}"]


class Remote(Server):
    """Any server that is running already: its processes cannot be watched."""

    name = "url"

    def __init__(self, url: str, dialect: wire.YWebsocket) -> None:
        super().__init__()
        self.label = url  # type: ignore[misc]
        self.urls = [url]
        self.dialect = dialect

    def start(self, options: dict[str, str] | None = None, *, keep: bool = False) -> None:
        """It runs already."""

    def cpu(self) -> float:
        return float("nan")

    def rss(self) -> int:
        return 0


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def _venv(name: str, python: str) -> None:
    wanted, folder = HERE / "rivals" / f"{name}.txt", FOLDER / name
    if _same(wanted, folder / "installed.txt"):
        return
    run("uv", "venv", "--quiet", "--clear", "--python", python, folder)
    run("uv", "pip", "install", "--quiet", "--python", folder, "-r", wanted)
    shutil.copy(wanted, folder / "installed.txt")


SERVERS: dict[str, type[Server]] = {
    kind.name: kind
    for kind in (
        Yroom,
        YroomRedis,
        Hocuspocus,
        HocuspocusRedis,
        YWebsocketServer,
        ChannelsYroom,
        PycrdtWebsocket,
        YroomWebs2,
        YroomWorkers2,
        YroomTwice,
        YroomFour,
    )
}


def add_engine(engine: Engine) -> None:
    """Have all servers of ours with another engine too: yroom@label and so on, each beside the one of this checkout."""
    known = dict(SERVERS)
    SERVERS.clear()
    for name, kind in known.items():
        SERVERS[name] = kind
        if issubclass(kind, Yroom) and kind.engine == Engine():
            named = f"{name}@{engine.label}"
            label = f"{kind.label} @{engine.label}"
            SERVERS[named] = type(kind.__name__, (kind,), {"name": named, "label": label, "engine": engine})
