"""While the tests of rooms run, only rooms/actions.py writes who may do what."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.servers import ROOT

WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "(rooms_(membership|invitation|link|arrival))"')
# Not who writes, but who is asked, or whatever is called on the way.
PASSING = re.compile(r"(tests|accounts/middleware\.py|\.venv|node_modules|conftest\.py|manage\.py)(/.*)?")


def writer() -> str:
    """The innermost file of the site that is at work; empty if it is a test."""
    frame = sys._getframe()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and not PASSING.match(str(path.relative_to(ROOT))):
            return path.relative_to(ROOT).as_posix()
        frame = frame.f_back  # type: ignore[assignment]
    return ""


@pytest.fixture(autouse=True)
def one_writer() -> Iterator[None]:
    """Refuse what others than rooms/actions.py write."""

    def check(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITES.match(sql):
            assert writer() in ("", "rooms/actions.py"), sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(check):
        yield
