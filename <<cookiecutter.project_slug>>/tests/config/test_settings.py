"""The environment's table, and production settings in a process of their own."""

import json
import os
import re
import subprocess
import sys
from hashlib import sha512
from pathlib import Path
from typing import Any

from django.conf import settings

from config.env import BASE_DIR, table

# As good as random, and always the same.
KEY = sha512(b"of these tests").hexdigest()


def production(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DEBUG": "0"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=BASE_DIR, env={**path, **environment}, text=True, capture_output=True, check=False
    )


def test_the_readme_has_the_table() -> None:
    readme = (BASE_DIR / "README.md").read_text()
    part = re.search(r"<!-- env -->\n(.*?)\n<!-- /env -->", readme, re.DOTALL)
    assert part is not None
    printed = subprocess.run(
        [sys.executable, "-m", "config.env"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    assert part[1].strip() == printed.stdout.strip() == table()


def test_check_deploy_is_silent(tmp_path: Path) -> None:
    # Django complains where there is no mail server: that is for a site's owner to know.
    env = {"SECRET_KEY": KEY, "EMAIL_HOST": "mail.example.com"}
    done = production(tmp_path, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **env)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


def test_rediss_may_go_unverified_on_demand(tmp_path: Path) -> None:
    show = "from config import settings; print(settings.CHANNEL_LAYERS['default']['CONFIG']['hosts'][0]['address'])"
    url = "rediss://:p@host:6380"
    assert production(tmp_path, "-c", show, REDIS_URL=url).stdout.strip() == url
    opted = production(tmp_path, "-c", show, REDIS_URL=url, REDIS_VERIFY_TLS="0").stdout.strip()
    assert opted == f"{url}?ssl_cert_reqs=none"


UNSAFE = [
    {"SECRET_KEY": "x"},
    {"SECRET_KEY": "x" * 60},
    {"SECRET_KEY": "changeme" * 8},
    {"SECRET_KEY": KEY[:49]},
    {"SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"},
    {"SECRET_KEY": f"django-insecure-{KEY}"},
    {"ALLOWED_HOSTS": "https://example.com"},
    {"ALLOWED_HOSTS": "example.com:8000"},
    {"ALLOWED_HOSTS": "example.com/"},
    {"ALLOWED_HOSTS": "exam ple.com"},
    {"REDIS_URL": "garbage"},
    {"REDIS_URL": "localhost:6379"},
    {"REDIS_URL": "redis://localhost:port/0"},
    {"REDIS_URL": "redis://"},
    {"DATABASE_URL": "garbage"},
    {"LOG_LEVEL": "loud"},
    {"SITE_URL": "https://example.com@evil.example"},
    {"SITE_URL": "https://bücher..example"},
    {"ALLOWED_HOSTS": "*"},
    {"ALLOWED_HOSTS": "example.com,*"},
    {"SITE_URL": "http://example.com"},
    {"SITE_URL": "https://example.com/path"},
    {"EMAIL_HOST": "mail.example.com", "EMAIL_HOST_PASSWORD": "secret", "EMAIL_USE_TLS": "0"},
]


# Loads the settings in each of these environments, in a process of its own that has the libraries already.
START = """
import json, os, sys
import dj_database_url, django.core.exceptions, django.http, pydantic_settings
for number, environment in enumerate(json.loads(sys.argv[1])):
    if os.fork() == 0:
        os.environ.update(environment)
        sys.stderr = open(f"{os.environ['DATA_DIR']}/{number}", "w")
        import config.settings
        sys.exit()
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def test_what_is_unsafe_does_not_start(tmp_path: Path) -> None:
    done = production(tmp_path, "-c", START, json.dumps(UNSAFE), SECRET_KEY=KEY)
    assert done.stdout.split() == ["1"] * len(UNSAFE), done.stderr
    for number, unsafe in enumerate(UNSAFE):
        complaint = (tmp_path / str(number)).read_text()
        said = complaint.strip().splitlines()[-1]
        assert said.startswith("django.core.exceptions.ImproperlyConfigured: "), unsafe
        assert any(name in said for name in unsafe), unsafe
        assert KEY[:20] not in complaint, unsafe


def test_what_is_safe_starts(tmp_path: Path) -> None:
    """Settings load without a key too, for a build; in debug any key will do."""
    show = "from config import settings as s; print(s.SITE_URL, s.ALLAUTH_TRUSTED_PROXY_COUNT)"
    hosts = {"ALLOWED_HOSTS": "docs.example.com,example.com"}
    assert production(tmp_path, "-c", show, **hosts).stdout.split() == ["https://docs.example.com", "1"]
    debug = {"DEBUG": "1", "SECRET_KEY": "x"}
    assert production(tmp_path, "-c", show, **debug).stdout.split() == ["0"]
    two = {"TRUSTED_PROXY_COUNT": "2", "SITE_URL": "https://other.example.com/", "SECRET_KEY": KEY}
    assert production(tmp_path, "-c", show, **two).stdout.split() == ["https://other.example.com", "2"]
    # Headers of e-mails hold it, as it is.
    beyond = {"SITE_URL": "https://bücher.example:8443/", "SECRET_KEY": KEY}
    assert production(tmp_path, "-c", show, **beyond).stdout.split() == ["https://xn--bcher-kva.example:8443", "1"]
    local = {"EMAIL_HOST": "localhost", "EMAIL_HOST_PASSWORD": "secret", "EMAIL_USE_TLS": "0", "SECRET_KEY": KEY}
    assert production(tmp_path, "-c", show, **local).returncode == 0


def test_migrations_are_complete(tmp_path: Path) -> None:
    done = production(tmp_path, "manage.py", "makemigrations", "--check", "--dry-run", SECRET_KEY=KEY)
    assert done.returncode == 0, done.stdout


def test_content_security_policy(client_of: Any, room: Any) -> None:
    policy = client_of("editor").get(room.get_absolute_url()).headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["script-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[^']+'", directives["style-src"])
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy


def test_hosts_are_explicit() -> None:
    assert settings.ALLOWED_HOSTS
    assert "*" not in settings.ALLOWED_HOSTS
