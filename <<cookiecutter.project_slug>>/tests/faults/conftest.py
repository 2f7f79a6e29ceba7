"""Projects to do harm to: each test has its own, with servers that it may kill."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import Postgres, Redis
from tests.yroom.conftest import Project, make_project, write_project


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server with a database that holds the tables, to make others from."""
    server = Postgres()
    url = server.database("migrated")
    write_project(tmp_path_factory.mktemp("migrated"), database=url).manage("migrate", "--verbosity=0")
    yield server
    server.stop()


@pytest.fixture
def make_site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Project]]:
    """Makes a project with its own database and, unless it is embedded, its own Redis; stops all of it at the end."""
    sites: list[Project] = []

    def make(*, embedded: bool = False, postgres: bool = False, settings: str = "") -> Project:
        folder = tmp_path / f"site{len(sites)}"
        folder.mkdir()
        url = ""
        if postgres:
            url = request.getfixturevalue("postgres_server").database(f"faults_{os.urandom(6).hex()}", "migrated")
        sites.append(make_project(folder, None if embedded else Redis(folder), settings, url))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
        if site.redis is not None:
            site.redis.kill()
