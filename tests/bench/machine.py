"""The machine that a load has to itself, or not."""

import os
import time
from contextlib import suppress

import psutil


class Disturbance:
    """How much of the machine goes to work that is no part of the benchmark, from its making on.

    That is the CPU time of all processes but one (this one, unless another is given) and its descendants, and what the
    host of a virtual machine kept for others. Those that have ended meanwhile count with their parents.
    """

    def __init__(self, own: int = 0) -> None:
        self._own = own or os.getpid()
        self._start = time.perf_counter()
        self._used = self._others()

    def share(self) -> float:
        """Seconds of CPU a second."""
        return max(0.0, self._others() - self._used) / (time.perf_counter() - self._start)

    def _others(self) -> float:
        own = psutil.Process(self._own)
        ours = {own.pid, *(child.pid for child in own.children(recursive=True))}
        used = getattr(psutil.cpu_times(), "steal", 0.0)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid not in ours:
                    times = process.cpu_times()
                    used += times.user + times.system + times.children_user + times.children_system
        return float(used)
