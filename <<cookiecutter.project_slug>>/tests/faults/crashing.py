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
def crashing(crash_at: int) -> Iterator[Steps]:
    """Within this, the process ends at the step of this number."""
    connection: Any = connections["default"]
    steps = Steps(crash_at)

    def execute(execute: Any, *arguments: Any) -> Any:
        steps.step()
        return execute(*arguments)

    def commit() -> None:
        steps.step()
        type(connection)._commit(connection)
        steps.step()
        steps.has_committed = True

    connection.ensure_connection()
    connection._commit = commit
    with connection.execute_wrapper(execute):
        yield steps
