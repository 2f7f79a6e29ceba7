"""What is done in steps, between which others may have a turn."""

from collections.abc import Callable, Generator
from typing import Any

# Where a step is work that a thread may do, its result is sent to the next one.
Step = Callable[[], Any] | None
Steps = Generator[Step, Any, bool]


def all_at_once(steps: Steps) -> bool:
    """Take all steps at once."""
    work = None
    while True:
        try:
            work = steps.send(work() if work is not None else None)
        except StopIteration as end:
            return bool(end.value)
