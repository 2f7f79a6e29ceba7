"""Python processes that serve sooner: forked from one that has imported what all of them import.

Most of what a server takes of the processor until it serves is for importing Django, Twisted and their like, and a test
run starts hundreds of servers and commands. What is imported before is the same for each: libraries that look at no
settings, and none of this site. All else a process does by itself, in the folder and the environment that it is given.
"""

import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

LIBRARIES: Final = (
    "asgiref.sync",
    "autobahn.twisted.websocket",
    "channels.db",
    "channels.generic.websocket",
    "channels.routing",
    "channels_redis.pubsub",
    "dj_database_url",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.models",
    "django.forms",
    "django.template.defaulttags",
    "django.template.loader",
    "django.views.generic",
    "fido2.webauthn",
    "hiredis",
    "msgspec",
    "psycopg_pool",
    "pycrdt",
    "pydantic_settings",
    "redis.asyncio",
    "twisted.internet.asyncioreactor",
    "twisted.internet.endpoints",
    "twisted.web.http",
    "uvloop",
    "whitenoise.middleware",
)
# What is run in this way: a site's commands, and its own server.
FORKED: Final = (["manage.py"], ["-m", "yroom.web.daphne"])
# Set in the environment of a process that has to import all by itself, since it has something to say about that.
BY_ITSELF: Final = "IMPORTS_BY_ITSELF"
# An interpreter takes notice of it as it starts.
WARNINGS: Final = "PYTHONWARNINGS"
_lock = threading.Lock()


class Process:
    """A forked process, as subprocess.Popen shows its own."""

    def __init__(self, args: Sequence[str], pid: int, ended: int) -> None:
        self.args = list(args)
        self.pid = pid
        self.returncode: int | None = None
        # Its status can be read here once it has ended.
        self._ended = os.fdopen(ended, "rb", buffering=0)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Its exit status, if it has ended."""
        with self._lock:
            if self.returncode is None and self._has_ended(0):
                self.returncode = os.waitstatus_to_exitcode(int(self._ended.read(16) or signal.SIGKILL))
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; return its exit status."""
        if self.poll() is None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _has_ended(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))


class Parent:
    """The process that has imported the libraries, and from which others are forked."""

    def __init__(self, warnings: str) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            env = {**os.environ, WARNINGS: warnings}
            self._process = subprocess.Popen([sys.executable, __file__], stdin=theirs.fileno(), env=env)
        self._lock = threading.Lock()

    def fork(self, command: Sequence[str], cwd: Path, env: Mapping[str, str], out: int, err: int) -> Process:
        """Run a Python command; its output goes to these two files."""
        ended, end = os.pipe()
        request = json.dumps([list(command), str(cwd), dict(env)]).encode()
        with self._lock:
            socket.send_fds(self._socket, [len(request).to_bytes(4, "big")], [out, err, end])
            self._socket.sendall(request)
            pid = int.from_bytes(self._socket.recv(4, socket.MSG_WAITALL), "big")
        os.close(end)
        assert pid, "what processes are forked from has ended"
        return Process([sys.executable, *command], pid, ended)


@cache
def parent_of(warnings: str) -> Parent:
    """The one whose processes take such notice of warnings."""
    return Parent(warnings)


def start(command: Sequence[str], cwd: Path, env: Mapping[str, str], out: int, err: int) -> Process | None:
    """Start a command; None if it is none that can be forked."""
    python, *words = command
    is_known = python == sys.executable and any(words[: len(known)] == known for known in FORKED)
    # Django's own server begins a second Python, by what it finds of how the first was begun.
    if not is_known or "runserver" in words or BY_ITSELF in env or sys.platform != "linux":
        return None
    with _lock:
        parent = parent_of(env.get(WARNINGS, ""))
    return parent.fork(words, cwd, env, out, err)


def serve(control: socket.socket) -> list[Any] | None:
    """Fork a process for each request; returns in such a process with its request, and at the end with None."""
    ends: dict[int, int] = {}
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        ready = {number for number, _ in poll.poll()}
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 1024)
            note_ends(ends)
        if control.fileno() not in ready:
            continue
        head, files, *_ = socket.recv_fds(control, 4, 3)
        if not head:
            return None
        request: list[Any] = json.loads(control.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        out, err, end = files
        if pid := os.fork():
            os.close(out)
            os.close(err)
            ends[pid] = end
            control.sendall(pid.to_bytes(4, "big"))
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(out, 1)
        os.dup2(err, 2)
        control.close()
        for each in (woken, wake, out, err, end, *ends.values()):
            os.close(each)
        return request


def note_ends(ends: dict[int, int]) -> None:
    """Tell how the processes have ended that have."""
    while ends:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        end = ends.pop(pid)
        with suppress(BrokenPipeError):
            os.write(end, str(status).encode())
        os.close(end)


def run(words: list[str], cwd: str, env: dict[str, str]) -> None:
    """Do what a new Python does with such a command."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.path[:0] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    importlib.invalidate_caches()
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def main() -> None:
    # What this file's own start has put there.
    added = {str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)}
    sys.path[:] = [path for path in sys.path if path not in added]
    for name in LIBRARIES:
        importlib.import_module(name)
    # The loop that it would take belongs to one process.
    assert "twisted.internet.reactor" not in sys.modules
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    request = serve(control)
    if request is not None:
        run(*request)


if __name__ == "__main__":
    main()
