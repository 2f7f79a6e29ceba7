"""What the server says of pages that browsers keep for times without a network."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from accounts.models import User
from offline import builds
from offline.middleware import HEADER
from rooms.models import Room
from rooms.views import first_load

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(people: dict[str, User]) -> Client:
    """The browser of somebody who may read the room."""
    client = Client()
    client.force_login(people["viewer"], "allauth.account.auth_backends.AuthenticationBackend")
    return client


def worker(client: Client) -> str:
    response = client.get("/service-worker.js")
    assert response["Content-Type"] == "text/javascript"
    # Its scope is the whole site, as it stands at the top; and browsers find each new one.
    assert response["Cache-Control"] == "no-cache"
    assert "connect-src 'self'" in response["Content-Security-Policy"]
    return response.content.decode()


def test_the_worker_comes_with_the_sites_addresses() -> None:
    site = json.loads(re.match(r"const SITE = (.*);", worker(Client()))[1])  # type: ignore[index]
    assert site["signOuts"] == [reverse("account_logout"), reverse("admin:logout")]
    assert site["documents"] == reverse("offline_documents")
    assert site["open"] == reverse("rooms_open")


def test_switched_off_it_is_one_that_takes_itself_away(settings: Any, browser: Client) -> None:
    assert "respondWith" in worker(browser)
    assert "data-worker" in browser.get("/").content.decode()
    settings.OFFLINE = False
    assert "respondWith" not in worker(browser)
    assert "unregister" in worker(browser)
    assert "data-worker" not in browser.get("/").content.decode()


def test_pages_say_whose_they_are_and_of_which_build(browser: Client, room: Room, people: dict[str, User]) -> None:
    """The same as the list of the build's files says; and no other page says anything."""
    listed = browser.get("/offline/set/").json()
    assert listed["of"] == f"{people['viewer'].pk} {builds.current().name}"
    for path in ("/", "/offline/", room.get_absolute_url()):
        response = browser.get(path)
        assert response[HEADER] == listed["of"], path
        assert f'data-set="{listed["of"]}"' in response.content.decode(), path
    stranger = Client()
    stranger.force_login(people["stranger"])
    for client, path in (
        (browser, "/accounts/profile/"),
        (browser, "/rooms/trash/"),
        (browser, "/nowhere/"),
        (browser, "/offline/set/"),
        (stranger, room.get_absolute_url()),
        (Client(), "/"),
        (Client(), "/accounts/login/"),
    ):
        response = client.get(path)
        assert HEADER not in response, path
    assert "data-user" not in re.findall(r"<script[^>]*offline[^>]*>", response.content.decode())[0]


def test_all_files_of_a_page_are_in_its_build(browser: Client, room: Room) -> None:
    urls = builds.current().urls
    page = browser.get(room.get_absolute_url()).content.decode()
    used = {*re.findall(r'(?:src|href)="(/static/[^"]+)"', page), *first_load(room.kind)}
    assert used
    assert used <= set(urls)
    assert len(urls) == len(set(urls))
    for url in urls:
        assert finders.find(url.removeprefix("/static/")), url


@pytest.mark.parametrize("debug", [True, False])
def test_another_build_has_another_name(settings: Any, tmp_path: Path, debug: bool) -> None:
    """Whatever has changed, and however little; the same files are the same build again."""
    settings.DEBUG = debug
    settings.STATICFILES_DIRS = [tmp_path]
    get_finder: Any = finders.get_finder
    get_finder.cache_clear()
    names = ("editor/editor.js", "editor/chunks/a-ABCDEFGH.js", "editor/first-load.json", "site.css")
    try:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("one")
        found = [named()]
        assert named() == found[0]
        (tmp_path / "editor/editor.js").write_text("two")
        found.append(named())
        (tmp_path / "editor/chunks/a-ABCDEFGH.js").rename(tmp_path / "editor/chunks/b-ABCDEFGH.js")
        found.append(named())
        (tmp_path / "site.css").write_text("p {}")
        found.append(named())
        assert len(set(found)) == 4
        assert [url for url in builds._current().urls if url.endswith(".json")] == []
    finally:
        get_finder.cache_clear()
        builds._current.cache_clear()


def named() -> str:
    """The name of what is built, as a process says it that has just started."""
    builds._current.cache_clear()
    return builds.current().name
