"""Two people write on while the site goes from one server to the next, each of those that the README names."""

import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.servers import ROOT, Server

from .conftest import EDITOR, OWNER, Person, Site, enter, run_site
from .test_together import converge

# Those of the README's commands that serve the site, by the server's name.
COMMANDS = {
    command.split()[0]: command
    for command in re.findall(r"^(?:daphne|uvicorn|hypercorn) .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
}


# Seconds that a server may take: ten are promised, of a machine that does nothing else.
LIMIT = 60
# Commits far enough apart that something always waits for the next one.
SETTINGS = """
from config.settings import *

YROOM["COMMIT_INTERVAL"] = 1.0
"""


@pytest.fixture
def stopping_site(tmp_path: Path) -> Iterator[Site]:
    """A site whose server nobody else needs."""
    (tmp_path / "stopping_settings.py").write_text(SETTINGS)
    env = {"DJANGO_SETTINGS_MODULE": "stopping_settings", "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    yield from run_site(Site("stopping", {"DATA_DIR": str(tmp_path), **env}, tmp_path))


def serve(site: Site, command: str) -> Server:
    """Run one of the commands on the site's port."""
    words = command.replace("0.0.0.0", "127.0.0.1").replace("8000", str(site.port))
    env = {**site.env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    name = command.split(maxsplit=1)[0]
    server = Server("env", *shlex.split(words), cwd=ROOT, log=site.folder / f"{name}.log", env=env)
    return server.wait_for_port(site.port)


def stored(site: Site, path: str) -> str:
    """What the database holds of a document."""
    return site.shell(
        "from pycrdt import Doc, Text; from yroom.store.base import get_storage; "
        f"name = 'room.' + {path.split('/')[2]!r}; doc = Doc(); "
        "[doc.apply_update(each) for each in get_storage(name).load(name).updates]; "
        "print(repr(str(doc.get('text', type=Text))))"
    )


def write_until_it_stops(people: list[Person], server: Server) -> int:
    """Both type a letter each, in turns, until the server is gone; return how many each has typed meanwhile."""
    typed, deadline = 0, time.monotonic() + LIMIT
    while server.process.poll() is None:
        assert time.monotonic() < deadline, server.output
        for person in people:
            person.type("x")
        typed += 1
    return typed


def come_back(people: list[Person]) -> None:
    """Have the pages try at once what they would try within seconds."""
    for person in people:
        person.page.evaluate("dispatchEvent(new Event('online'))")


def test_each_is_told_to_stop_while_two_write(browser: Browser, stopping_site: Site) -> None:
    """What was on the other's screen is stored by then, and nothing that anybody typed is lost in the end."""
    site = stopping_site
    assert list(COMMANDS) == ["daphne", "uvicorn", "hypercorn"]
    path = site.new_room()
    people: list[Person] = []
    expected: list[str] = []
    for name, command in COMMANDS.items():
        assert site.web is not None
        site.web.stop()
        site.web = serve(site, command)
        if not people:
            people += [enter(browser, site, email).open(path) for email in (OWNER, EDITOR)]
        come_back(people)
        # Each begins a line at the end of the text: what the other has just written is to stand before that.
        converge(*people)
        for person, other in (people, people[::-1]):
            words = f"{person.email.partition('@')[0]} under {name} "
            person.at_end()
            person.page.keyboard.press("Enter")
            person.type(words)
            expect(other.text).to_contain_text(words)
            expected.append(words)
        site.web.process.send_signal(signal.SIGTERM)
        letters = write_until_it_stops(people, site.web)
        assert site.web.process.returncode in (0, -signal.SIGTERM), site.web.output
        assert not re.search("yroom ends the process|did not wait|add --", site.web.output), site.web.output
        text = stored(site, path)
        assert [words for words in expected if words not in text] == []
        expected[-2:] = [words + "x" * letters for words in expected[-2:]]
    site.start()
    come_back(people)
    text = converge(*people)
    assert [words for words in expected if words not in text] == []
    for person in people:
        person.context.close()
