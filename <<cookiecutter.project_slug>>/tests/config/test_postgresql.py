"""What depends on the database is tried on PostgreSQL too, in a process of its own: settings name one database."""

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, Postgres

FILES = [
    "tests/config/test_fit.py",
    "tests/history/test_races.py",
    "tests/rooms/test_invitations.py",
    "tests/rooms/test_lists.py",
    "tests/rooms/test_races.py",
    "tests/yroom/test_schema.py",
    "tests/yroom/test_shards.py",
]


@pytest.mark.parametrize("kind", ["not long", pytest.param("long", marks=pytest.mark.long)], ids=["short", "long"])
def test_pages_on_postgresql(kind: str) -> None:
    postgres = Postgres()
    try:
        env = {**os.environ, "DATABASE_URL": postgres.database("site")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", kind, *FILES]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    finally:
        postgres.stop()
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
