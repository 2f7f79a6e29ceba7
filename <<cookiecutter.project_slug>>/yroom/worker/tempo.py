"""The beat that busy rooms keep together."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

logger = logging.getLogger(__name__)


# Broadcasts a second from which on a worker is busy: its rooms then broadcast together, every so many seconds.
BUSY: Final = 250
BEAT: Final = 0.005


class Tempo:
    """How many broadcasts a second there are, as far as the last few dozen tell, and the beat they keep if many."""

    def __init__(self) -> None:
        self._interval = 1.0  # mean seconds between two
        self._last = 0.0
        self._next: list[Turn] = []

    def count(self, now: float) -> None:
        """There is one at `now`."""
        self._interval += (now - self._last - self._interval) / 32
        self._last = now

    def is_busy(self, now: float) -> bool:
        """Whether there are so many that waiting for a moment saves more than it costs."""
        return self._interval < 1 / BUSY and now - self._last < 32 / BUSY

    def on_beat(self, action: Callable[[], None]) -> "Turn":
        """Do something on the next beat, together with all else that waits for it."""
        if not self._next:
            asyncio.get_running_loop().call_later(BEAT, self._beat)
        turn = Turn(action)
        self._next.append(turn)
        return turn

    def _beat(self) -> None:
        turns, self._next = self._next, []
        for turn in turns:
            if turn.action is not None:
                try:
                    turn.action()
                except Exception:
                    logger.exception("yroom failed on a broadcast")


@dataclass(slots=True)
class Turn:
    """Something that waits for the beat."""

    action: Callable[[], None] | None

    def cancel(self) -> None:
        """Do not do it."""
        self.action = None
