"""The database or Redis is away for a while: people are told to try again, and so are scripts."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis as library
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse
from redis.exceptions import AuthenticationError, OutOfMemoryError, ResponseError

from accounts.models import User
from config.failures import OUT_OF_REACH, is_outage
from tests.servers import ROOT, Redis, free_port

JSON = {"Accept": "application/json"}
# Pages of a process whose database cannot be opened.
PAGES = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
client = Client(SERVER_NAME="localhost", raise_request_exception=False)
client.cookies[settings.SESSION_COOKIE_NAME] = "s" * 32
answers = [client.get(path) for path in ("/", "/healthz", "/rooms/open/?room=3f1a9a52-4d52-4d8c-8ac2-6d9e6b2f9d11")]
answers += [client.post("/accounts/login/", {"login": "anna@example.com", "password": "wrong"})]
print(json.dumps([[each.status_code, each.headers.get("Retry-After"), each.content.decode()] for each in answers]))
"""


def test_pages_without_a_database(tmp_path: Path) -> None:
    env = {
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATA_DIR": str(tmp_path),
        "REDIS_URL": "",
        "ALLOWED_HOSTS": "localhost",
    }
    env |= {
        "DATABASE_URL": f"sqlite:///{tmp_path}/none/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "away",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
    }
    (tmp_path / "away.py").write_text(
        "from config.settings import *\nSECURE_SSL_REDIRECT = False\n"
        "STORAGES['staticfiles'] = {'BACKEND': 'django.contrib.staticfiles.storage.StaticFilesStorage'}\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", PAGES],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for status, again, page in json.loads(ran.stdout.splitlines()[-1]):
        assert (status, again) == (503, "5")
        assert OUT_OF_REACH in page


@pytest.mark.parametrize("state", ["away", "full"])
def test_what_is_counted_in_a_redis_that_is_away(
    state: str, people: dict[str, User], settings: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Nobody is let in uncounted, and nobody is told that the site is broken."""
    url = f"redis://127.0.0.1:{free_port()}"
    if state == "full":
        redis = Redis(tmp_path)
        request.addfinalizer(redis.stop)
        url = redis.url
        library.from_url(url).config_set("maxmemory", "1")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    settings.ACCOUNT_RATE_LIMITS = {}
    settings.DEBUG = False
    client = Client(raise_request_exception=False)
    form = {"login": "owner@example.com", "password": "correct horse battery"}
    answer = client.post(reverse("account_login"), form)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert OUT_OF_REACH in answer.content.decode()
    assert client.post(reverse("account_login"), form, headers=JSON).json() == {"error": OUT_OF_REACH}


class PostgresError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def _of_postgresql(state: str | None) -> OperationalError:
    error = OperationalError("of PostgreSQL")
    error.__cause__ = PostgresError(state)
    return error


def test_what_is_an_outage() -> None:
    away = [_of_postgresql(each) for each in (None, "57P01", "53100", "08006", "57014")]
    away += [OperationalError(each) for each in ("database is locked", "database or disk is full", "disk I/O error")]
    assert all(map(is_outage, [*away, InterfaceError("connection already closed"), OutOfMemoryError("OOM command")]))
    wrong = [_of_postgresql("42P01"), OperationalError("no such table: x"), ValueError("locked"), None]
    assert not any(map(is_outage, [*wrong, ResponseError("WRONGTYPE Operation")]))
    assert is_outage(AuthenticationError("it is a connection's"))
