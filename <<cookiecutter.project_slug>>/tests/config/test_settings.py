"""The environment's table, and production settings in a process of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from config.env import BASE_DIR, table


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
    assert part[1].strip() == table()


def test_check_deploy_is_silent(tmp_path: Path) -> None:
    key = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7-" * 3
    done = production(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=key)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


def test_daphne_lets_the_engine_refuse_what_is_too_large() -> None:
    """Both limits of daphne, wherever it is started, are beyond the engine's."""
    limit = settings.YROOM_SETTINGS["default"]["MAX_FRAME_SIZE"]
    for name in ("Procfile", "Makefile"):
        sizes = re.findall(r"--websocket-max-(?:message|frame)-size (\d+)", (BASE_DIR / name).read_text())
        assert len(sizes) == 2
        assert all(int(size) >= 2 * limit for size in sizes)


def test_rediss_may_go_unverified_on_demand(tmp_path: Path) -> None:
    show = "from config import settings; print(settings.CHANNEL_LAYERS['default']['CONFIG']['hosts'][0]['address'])"
    url = "rediss://:p@host:6380"
    assert production(tmp_path, "-c", show, REDIS_URL=url).stdout.strip() == url
    opted = production(tmp_path, "-c", show, REDIS_URL=url, REDIS_VERIFY_TLS="0").stdout.strip()
    assert opted == f"{url}?ssl_cert_reqs=none"


def test_migrations_are_complete(tmp_path: Path) -> None:
    done = production(tmp_path, "manage.py", "makemigrations", "--check", "--dry-run", SECRET_KEY="x" * 60)
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
