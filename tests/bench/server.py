"""What a server is to the benchmark: processes that are started on free ports, watched and stopped."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from . import wire

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".bench"
START_TIMEOUT = 60.0
STOP_TIMEOUT = 30.0
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


@dataclass(frozen=True, order=True)
class Package:
    """A version of something that is measured, as a registry has it."""

    registry: str  # npm or PyPI
    name: str
    version: str


class Server:
    """A Yjs server, and its running processes."""

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""
    dialect: wire.YWebsocket = wire.YWebsocket()
    # What is measured of it, where that is not this checkout.
    packages: ClassVar[tuple[Package, ...]] = ()
    # Whether it keeps documents, so that who comes late has them too.
    keeps: ClassVar[bool] = True
    # Whether it still has them after a restart.
    stores: ClassVar[bool] = False
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
        """Stop all processes with their children, the last started first."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_TIMEOUT)
            # Each has a group of its own, and whatever is left of that goes too.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
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
                process_group=0,
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
