"""How a load is measured: its pace, what it costs the server, and whether the figures count.

A load that the generator could not keep up with is void, and so is one beside which the machine had other work.
"""

import gc
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .generator import Generator, LoadError, Peer
from .machine import Disturbance
from .server import Server

Figures = dict[str, float]

# More than this share of its core, or a keystroke this much too late, and the generator measures itself.
BUSY = 0.85
LATE = 0.2
# More than this share of a core for other work, and the load is measured beside it.
OTHERS = 0.1


@dataclass(frozen=True)
class Pace:
    """How long a load takes: seconds to warm up, to measure, to wait for what is late, and to watch what is idle."""

    warm: float = 2.0
    seconds: float = 8.0
    patience: float = 10.0
    idle: float = 30.0  # servers send a ping every 20, 25 or 30 seconds
    growth: float = 1.25  # from one step of a saturation to the next
    crowd: float = 1.0  # how much of the largest crowds come


FULL = Pace()
QUICK = Pace(1.0, 2.0, 2.0, 4.0, 1.6, 0.2)

# People who type, rooms and how many a room they are, and how often each types in a second.
Group = tuple[list[Peer], float]


def generator(server: Server, *, together: bool = False) -> Generator:
    return Generator(server.urls, server.dialect, together)


def rooms(name: str, number: int, clients: int) -> list[str]:
    """The room of each client."""
    return [f"{name}{room}" for _ in range(clients) for room in range(number)]


def measure(
    load: Generator, server: Server, groups: list[Group], pace: Pace, moving: Sequence[Group] = ()
) -> tuple[Figures, range]:
    """Have groups of people type, and others move their cursors; return the cost, and the numbers of the keystrokes."""
    load.run(groups, pace.warm, moving)
    load.drain(timeout=pace.patience)
    load.record()
    # The generator must not stop to look through the million things it remembers.
    gc.collect()
    gc.disable()
    try:
        disturbance = Disturbance()
        own, wall, cpu = time.process_time(), time.perf_counter(), server.cpu()
        numbers = load.run(groups, pace.seconds, moving)
        busy = (time.process_time() - own) / (time.perf_counter() - wall)
        load.drain(timeout=pace.patience)
        cpu = server.cpu() - cpu
        others = disturbance.share()
    finally:
        gc.enable()
    timing = load.deliveries(numbers)
    figures = {
        "cpu_us": 1e6 * cpu / timing.count if timing.count else float("inf"),
        "p50_ms": timing.quantile(0.5),
        "p99_ms": timing.quantile(0.99),
        "delivered": timing.delivered,
        "slowest_ms": 1000 * timing.slowest,
        "rss_mb": server.rss() / 1e6,
        "generator": busy,
        "late_ms": 1000 * load.late,
        "others": others,
        "void": float(busy > BUSY or load.late > LATE),
    }
    return figures, numbers


def need_files(number: int) -> None:
    """Say so if the system does not let a process open so many sockets."""
    if os.name == "posix":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < number:
            raise LoadError(f"it needs {number} open files, the system allows {soft} (`ulimit -Hn` says {hard})")


def raise_limits() -> None:
    """Let this process, and the servers it starts, open as many sockets as the system allows."""
    if os.name == "posix":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < 65536:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
