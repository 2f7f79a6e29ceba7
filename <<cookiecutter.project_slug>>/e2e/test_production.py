"""Starts exactly the Procfile's processes with production settings, and has two browsers edit through them."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.servers import ROOT, Postgres, Redis, Server, free_port, manage

from .conftest import EDITOR, OWNER, PASSWORD
from .people import PATIENCE
from .sites import copied
from .tls import TlsProxy

SETUP = f"""
from allauth.account.models import EmailAddress
from accounts.models import User
from rooms.access import Role
from rooms.models import Membership, Room
people = [User.objects.create_user(email, {PASSWORD!r}, name=email[:5]) for email in ({OWNER!r}, {EDITOR!r})]
for user in people:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
room = Room.objects.create(owner=people[0], title="Production")
Membership.objects.create(room=room, user=people[1], role=Role.EDITOR)
print(f"/rooms/{{room.pk}}/")
"""


def commands() -> dict[str, str]:
    """The command of each process."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def enter(browser: Browser, site: str, path: str, email: str) -> Page:
    """Log in on the way to a room."""
    page = browser.new_context(ignore_https_errors=True, base_url=site).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(path)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_test_id("status")).to_have_attribute("data-state", "saved")
    return page


def test_two_browsers_edit_through_the_procfile(browser: Browser, tmp_path: Path) -> None:
    processes = commands()
    root = copied(tmp_path / "site")
    # What runs background work alone is there for who wishes that.
    assert list(processes) == ["release", "web", "worker", "tasks"]
    postgres = Postgres()
    try:
        with Redis(tmp_path) as redis:
            port = free_port()
            env = {
                "DEBUG": "0",
                "SECRET_KEY": "a long key that serves this test alone, and no site that anybody visits",
                "ALLOWED_HOSTS": "localhost",
                "DATABASE_URL": postgres.database("site"),
                "REDIS_URL": redis.url,
                "PORT": str(port),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            }
            manage("collectstatic", "--no-input", cwd=root, env=env)
            subprocess.run(["sh", "-c", processes["release"]], cwd=root, env={**os.environ, **env}, check=True)
            path = manage("shell", "--no-imports", "-c", SETUP, cwd=root, env=env).splitlines()[-1]

            def start(name: str) -> Server:
                return Server("sh", "-c", f"exec {processes[name]}", cwd=root, log=tmp_path / f"{name}.log", env=env)

            with start("worker"), start("web").wait_for_port(port), TlsProxy(port) as proxy:
                site = f"https://localhost:{proxy.port}"
                one, two = (enter(browser, site, path, email) for email in (OWNER, EDITOR))
                one.get_by_test_id("editor").click()
                one.keyboard.type("from one")
                expect(two.get_by_test_id("editor")).to_contain_text("from one")
                two.get_by_test_id("editor").click()
                two.keyboard.press("Control+End")
                two.keyboard.type(" and two")
                expect(one.get_by_test_id("editor")).to_contain_text("and two")
                expect(two.get_by_test_id("status")).to_have_text("Saved")
    finally:
        postgres.stop()
