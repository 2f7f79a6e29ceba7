"""A test that never ends, with every kind of process that tests start: test_leftovers.py runs it, and stops it."""

import os
import time
from pathlib import Path

from tests import programs
from tests.servers import Postgres
from tests.yroom.conftest import make_project, redis  # noqa: F401


def test_that_never_ends(tmp_path: Path, redis: object) -> None:  # noqa: F811
    site = make_project(tmp_path, None)
    site.start_web()
    with programs.playwright() as playwright, programs.launch(playwright):
        Path(os.environ["UNENDING"]).write_text(str(Postgres().pid))
        time.sleep(3600)
