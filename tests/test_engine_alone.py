"""The README's way to take the engine alone into another Django site: done as it is written, in a new project."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .bench.engine import Yroom
from .conftest import ROOT, TEMPLATE, clean_environment, run
from .test_readme import PACKAGES, free_port

# Two people write into one document, and wait until both have both and all is saved; a third opens it.
WRITE = """
import asyncio, sys

sys.path.append(sys.argv[3])
from tests.yroom.client import YClient


async def main():
    url, headers = sys.argv[1], {"Cookie": "sessionid=" + sys.argv[2]}
    async with YClient(url) as stranger:
        assert stranger.close_code == 4401, stranger
    async with YClient(url, headers=headers) as alice, YClient(url, headers=headers) as bob:
        await alice.insert("Hello ")
        await bob.until_text("Hello ")
        await bob.insert("world")
        await alice.until_text("Hello world")
        await alice.until_saved()
        await bob.until_saved()


asyncio.run(main())
"""
READ = """
import asyncio, sys

sys.path.append(sys.argv[3])
from tests.yroom.client import YClient


async def main():
    async with YClient(sys.argv[1], headers={"Cookie": "sessionid=" + sys.argv[2]}) as late:
        await late.until_text("Hello world")


asyncio.run(main())
"""
LOG_IN = """
from django.contrib.auth.models import User
from django.test import Client

client = Client()
client.force_login(User.objects.create_user("ada"))
print("session", client.cookies["sessionid"].value)
"""


def section() -> str:
    """The part of the README that is followed here."""
    return (ROOT / "README.md").read_text().split("## The engine in another Django site\n")[1].split("\n## ")[0]


def blocks(language: str) -> list[str]:
    """The code in it."""
    return re.findall(rf"^```{language}\n(.*?)^```", section(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def env(bench_site: Path) -> dict[str, str]:
    """A site's packages, and nothing else of it."""
    return {"PATH": f"{Yroom.engine.programs}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def serving(folder: Path, env: dict[str, str]) -> Iterator[int]:
    """The Procfile's web process, in this folder, until it is told to stop; the port it has."""
    port = free_port()
    (procfile,) = blocks("procfile")
    lines = dict(line.split(": ", 1) for line in procfile.splitlines())
    command = [word.replace("$PORT", str(port)).replace("0.0.0.0", "127.0.0.1") for word in shlex.split(lines["web"])]
    log = folder / "web.log"
    with log.open("a") as output:
        server = subprocess.Popen(
            [Yroom.engine.programs / command[0], *command[1:]],
            cwd=folder,
            env={**clean_environment(), **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while not accepts(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield port
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    assert "Traceback" not in log.read_text(), log.read_text()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_its_packages_are_those_that_the_template_locks() -> None:
    """And all that the engine imports but for what it can do without."""
    listed = {re.split(r"[^\w-]", package)[0]: package for package in shlex.split(PACKAGES)[4:]}
    declared = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())["project"]["dependencies"]
    assert set(listed.values()) <= {package.split(";")[0].strip() for package in declared}
    source = "\n".join(path.read_text() for path in (TEMPLATE / "yroom").rglob("*.py"))
    used = set(re.findall(r"^ *(?:from|import) (\w+)", source, re.MULTILINE))
    known = {re.split(r"[^\w-]", package)[0].replace("-", "_") for package in declared}
    # Autobahn comes with daphne, and is named for its version.
    needed = {*(used & known), "autobahn"} - {"django", "redis", "hiredis", "channels_redis", "psycopg", "psycopg_pool"}
    assert needed == set(listed)


def test_two_people_edit_in_a_new_project_with_the_engine(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "yroom_site").symlink_to(Yroom.engine.site)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    run("django-admin", "startproject", "mysite", ".", cwd=folder, env=env)

    copy, _, migrate = (line for block in blocks("sh") for line in block.splitlines())
    run(*shlex.split(copy), cwd=folder)
    for block in blocks("python"):
        name, code = re.match(r"# (\S+)\n(.*)", block, re.DOTALL).groups()  # type: ignore[union-attr]
        file = folder / name
        # Only settings are added to what is there.
        file.write_text((file.read_text() if file.name == "settings.py" else "") + code)
    run(*shlex.split(migrate), cwd=folder, env=env)
    run("python", "manage.py", "check", "--fail-level", "WARNING", cwd=folder, env=env)
    session = run("python", "manage.py", "shell", "-v", "0", "-c", LOG_IN, cwd=folder, env=env).split("session ")[1]

    # The test's client speaks the protocol by the engine's own functions: those that were copied.
    shutil.copytree(TEMPLATE / "tests" / "yroom", tmp_path / "client" / "tests" / "yroom")
    arguments = [session.strip(), str(tmp_path / "client")]
    for script in (WRITE, READ):
        with serving(folder, env) as port:
            url = f"ws://127.0.0.1:{port}/ws/notes"
            run("python", "-c", script, url, *arguments, cwd=folder, env=env, timeout=120)
