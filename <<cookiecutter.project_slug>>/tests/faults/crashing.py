"""Ends its process at one step of what it does with the database: before a statement, or on either side of a commit."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections


class Steps:
    """How far it has come."""

    def __init__(self, crash_at: int) -> None:
        self.crash_at = crash_at
        self.count = 0
        self.has_committed = False

    def step(self) -> None:
        self.count += 1
        if self.count == self.crash_at:
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def crashing(crash_at: int, *, only_commits: bool = False) -> Iterator[Steps]:
    """Within this, the process ends at the step of this number: of all, or of those before and behind a commit."""
    connection: Any = connections["default"]
    steps = Steps(crash_at)

    def execute(execute: Any, sql: str, *arguments: Any) -> Any:
        if not only_commits or not (connection.in_atomic_block or sql.startswith("SELECT")):
            steps.step()
        return execute(sql, *arguments)

    def commit() -> None:
        steps.step()
        type(connection)._commit(connection)
        steps.step()
        steps.has_committed = True

    connection.ensure_connection()
    connection._commit = commit
    with connection.execute_wrapper(execute):
        yield steps
