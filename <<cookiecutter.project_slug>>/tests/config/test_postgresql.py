"""What depends on the database is tried on PostgreSQL too, in a process of its own: settings name one database.

Tests of locks, of transactions, of SQL of the site's own and of what databases compare in different ways have the mark
`postgresql`. What all others ask of a database Django tries on both.
"""

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, Postgres

MARK = "postgresql"


@pytest.mark.parametrize("length", ["short", pytest.param("long", marks=pytest.mark.long)])
def test_pages_on_postgresql(length: str) -> None:
    # Only those that have some: to import all others takes longer than a test.
    files = [str(path) for path in sorted((ROOT / "tests").rglob("test_*.py")) if f"mark.{MARK}" in path.read_text()]
    assert len(files) > 5
    marks = f"{MARK} and {'long' if length == 'long' else 'not long'}"
    postgres = Postgres()
    try:
        env = {**os.environ, "DATABASE_URL": postgres.database("site")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", marks, *files]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    finally:
        postgres.stop()
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
