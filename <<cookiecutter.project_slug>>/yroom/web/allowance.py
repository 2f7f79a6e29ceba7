"""How much a socket may send: MAX_FRAME_RATE and MAX_BYTE_RATE, averaged over ten seconds."""

import time
from typing import Final

from ..conf import RoomSettings

# Seconds over which rates are averaged.
RATE_SECONDS: Final = 10


class Allowance:
    """What is left of it: frames, or what costs as much as some, and bytes.

    Below 0, too much was sent in too short a time.
    """

    __slots__ = ("_byte_rate", "_counted", "_frame_rate", "bytes", "frames")

    def __init__(self, settings: RoomSettings) -> None:
        self._frame_rate, self._byte_rate = settings.max_frame_rate, settings.max_byte_rate
        self.frames = float(self._frame_rate * RATE_SECONDS)
        self.bytes = float(self._byte_rate * RATE_SECONDS)
        self._counted = time.monotonic()

    def count(self, frames: float, size: int) -> float:
        """Count what is sent; return how many bytes more may be."""
        now = time.monotonic()
        passed, self._counted = now - self._counted, now
        self.frames = min(self.frames + passed * self._frame_rate, self._frame_rate * RATE_SECONDS) - frames
        self.bytes = min(self.bytes + passed * self._byte_rate, self._byte_rate * RATE_SECONDS) - size
        return self.bytes
