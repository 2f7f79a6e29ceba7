"""Which versions go as they grow old: see THIN and MOST in conf.py. Those with a name stay until somebody erases them.

Of each stretch of so many minutes the last version is left: what a document was at the end of an hour, a day or a week.
Stretches are counted from the clock's beginning, so that what is left hardly depends on when one looks.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from .conf import Step


def superfluous(
    kept: Iterable[tuple[int, datetime]], now: datetime, thin: tuple[Step, ...], most: int
) -> Iterator[int]:
    """The ids of versions without a name that go; they come with their times, the latest first."""
    left = 0
    last: tuple[float, float] | None = None
    for number, at in kept:
        minutes = _minutes(now - at, thin)
        stretch = (minutes, at.timestamp() // (60 * minutes)) if minutes else None
        if left >= most or (stretch is not None and stretch == last):
            yield number
        else:
            left += 1
        last = stretch


def _minutes(age: timedelta, thin: tuple[Step, ...]) -> float:
    return next(minutes for hours, minutes in thin if hours is None or age < timedelta(hours=hours))
