"""What depends on the database is tried on PostgreSQL too, in a process of its own: settings name one database."""

import os
import subprocess
import sys

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


def test_pages_on_postgresql() -> None:
    postgres = Postgres()
    try:
        env = {**os.environ, "DATABASE_URL": postgres.database("site")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FILES]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    finally:
        postgres.stop()
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
