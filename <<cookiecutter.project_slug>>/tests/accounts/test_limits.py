"""What is counted against attackers: by all processes together, by the sender, and by one form of an address."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.servers import ROOT, Redis, site_database

PASSWORD = "correct horse battery"
TOO_MANY = "Too many wrong passwords"

# One of several web processes: answers each request in turn, and runs what is no request. Codes are good for years, so
# that none runs out meanwhile.
PROCESS = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.test import Client
settings.MFA_TOTP_PERIOD = 10**9
# It is the tests that would wait for a slow one.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
clients = {}
for line in sys.stdin:
    request = json.loads(line)
    if isinstance(request, str):
        exec(request)
        continue
    name, path, form = request
    client = clients.setdefault(name, Client(SERVER_NAME="localhost"))
    response = client.post(path, form)
    location = response.headers.get("Location", "")
    print(json.dumps([response.status_code, location, response.content.decode()]), flush=True)
"""

SECRET = "JBSWY3DPEHPK3PXP"
SETUP = f"""
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth
from accounts.models import User
for name in ("anna", "ben"):
    user = User.objects.create_user(f"{{name}}@example.com", {PASSWORD!r})
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
auth.TOTP.activate(user, {SECRET!r})
print(auth.format_hotp_value(auth.hotp_value({SECRET!r}, next(iter(auth.yield_hotp_counters_from_time())))), flush=True)
"""


class Process:
    """A web process to which requests go without a socket."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            cwd=ROOT,
            env={**os.environ, **env, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: object) -> str:
        """Have it answer a request, or run Python that prints a line."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def post(self, client: str, name: str, **form: str) -> tuple[int, str, str]:
        status, location, page = json.loads(self.ask([client, reverse(name), form]))
        return status, location, page

    def stop(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture(params=["database", "redis"])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[list[Process], str]]:
    """Two processes of one site, and the code of Ben's second factor."""
    redis = Redis(tmp_path) if request.param == "redis" else None
    env = {"DATA_DIR": str(tmp_path), "DEBUG": "1", "SECRET_KEY": "only for tests", "DATABASE_URL": ""}
    env["REDIS_URL"] = redis.url if redis else ""
    site_database(tmp_path)
    both = [Process(env) for _ in range(2)]
    yield both, both[0].ask(SETUP)
    for process in both:
        process.stop()
    if redis:
        redis.stop()


def test_two_processes_count_together(processes: tuple[list[Process], str]) -> None:
    """Wrong passwords, and a code that works but once."""
    (first, second), code = processes
    wrong = {"login": "anna@example.com", "password": "wrong"}
    for process in (first, second, first, second, first):
        assert TOO_MANY not in process.post("attacker", "account_login", **wrong)[2]
    assert TOO_MANY in second.post("attacker", "account_login", **wrong)[2]

    ben = {"login": "ben@example.com", "password": PASSWORD}
    for process in (first, second):
        assert process.post("ben", "account_login", **ben)[1] == reverse("mfa_authenticate")
    assert first.post("ben", "mfa_authenticate", code=code)[:2] == (302, reverse("dashboard"))
    assert second.post("ben", "mfa_authenticate", code=code)[0] == 200


@pytest.fixture
def limits(settings: Any, db: None) -> None:
    """The limits that other tests switch off, with one proxy before the site."""
    settings.ACCOUNT_RATE_LIMITS = {}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1


def log_in(address: str, password: str, forwarded: str, **headers: str) -> Any:
    form = {"login": address, "password": password}
    return Client().post(reverse("account_login"), form, headers={"X-Forwarded-For": forwarded, **headers})


def test_wrong_passwords_lock_nobody_else_out(limits: None, people: dict[str, User]) -> None:
    """All come through one proxy, and an attacker can write the left part of its header."""
    for number in range(20):
        locked = log_in(f"{number}@example.com", "wrong", f"198.51.100.{number}, 203.0.113.1")
    assert TOO_MANY in locked.content.decode()
    assert log_in("owner@example.com", PASSWORD, "203.0.113.2").status_code == 302
    assert TOO_MANY in log_in("editor@example.com", PASSWORD, "203.0.113.2, 203.0.113.1").content.decode()


def test_all_of_ipv4_is_not_one_sender(limits: None, people: dict[str, User]) -> None:
    """As a socket that takes IPv6 too writes addresses; of IPv6 itself, a network of one household is one sender."""
    for number in range(40):
        locked = log_in(f"{number}@example.com", "wrong", "::ffff:203.0.113.1")
    assert locked.status_code == 429 or TOO_MANY in locked.content.decode()
    assert log_in("owner@example.com", PASSWORD, "::ffff:203.0.113.2").status_code == 302
    for number in range(40):
        locked = log_in(f"{number}@example.com", "wrong", f"2001:db8::{number + 1:x}")
    assert locked.status_code == 429 or TOO_MANY in locked.content.decode()
    assert log_in("owner@example.com", PASSWORD, "2001:db8:0:1::1").status_code == 302


@pytest.mark.parametrize("forwarded", ["", "unknown", "203.0.113.1", "203.0.113.1,,", "\u00e9", "1" * 5000])
@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_any_forwarded_header_lets_people_log_in(
    limits: None, people: dict[str, User], settings: Any, forwarded: str, proxies: int
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert log_in("owner@example.com", PASSWORD, forwarded).status_code == 302


VARIANTS: list[Callable[[str], str]] = [str, str.upper, str.title, lambda text: f" {text} "]


def test_one_account_is_counted_once_however_its_address_is_written(
    limits: None, people: dict[str, User], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    for number in range(6):
        address = VARIANTS[number % 4]("owner@example.com")
        host = f"{('one', 'two')[number % 2]}.example:{8000 + number}"
        page = log_in(address, "wrong", f"203.0.113.{number}", Host=host).content.decode()
        assert (TOO_MANY in page) == (number == 5)
