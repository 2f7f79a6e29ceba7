"""The loads, by name: what each is called, which servers it is for, and what is shown of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from . import browser
from .measuring import Figures, Pace
from .saturation import saturation
from .scenarios import growing, idle, join, memory, neighbour, reopen, storm, typing, writes
from .server import Server
from .servers import SERVERS


@dataclass(frozen=True)
class Load:
    """A load: what it is called, and which servers it is for."""

    title: str
    run: Callable[[Server, Pace], Figures]
    servers: tuple[str, ...]
    # What is shown of it: figures and their headings.
    shown: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...] = ()
    quick: bool = False


SINGLE = ("yroom", "hocuspocus", "y-websocket", "pycrdt-websocket")
SCALED = ("yroom-redis", "hocuspocus-redis", "channels-yroom")
# Those that can take larger crowds than everyday ones.
STRONG = ("yroom", "hocuspocus", "y-websocket", "yroom-redis", "hocuspocus-redis")
# The floor stands beside what it is the floor of.
FLOOR = ("floor",)
EVERYDAY = SINGLE + SCALED + FLOOR
CROWDED = STRONG + FLOOR
TYPING = (("cpu_us", "CPU µs a delivery"), ("p50_ms", "p50 ms"), ("p99_ms", "p99 ms"), ("delivered", "delivered"))
IDLE = (
    ("socket_kb", "KB a socket"),
    ("cpu_percent", "CPU % of a core"),
    ("empty_percent", "without them"),
    ("closed", "closed"),
)
SATURATION = (
    ("typists", "people before"),
    ("p99_ms", "p99 ms"),
    ("rss_mb", "MB"),
    ("beyond_p99_ms", "p99 ms beyond"),
    ("beyond_slowest_ms", "slowest reader ms"),
    ("beyond_delivered", "delivered"),
    ("beyond_rss_mb", "MB"),
    ("saved_ms", "saved after ms"),
)

SERVERS.update(browser.PAGES)


def settings(**values: float) -> tuple[tuple[str, str], ...]:
    """The environment that makes our server's settings other than their defaults: `site/bench_settings.py`."""
    return (("BENCH_SETTINGS", json.dumps(values)),)


# More than the limits that keep one client or one room from taking too much.
CROWD = settings(MAX_ROOM_SOCKETS=10_000, MAX_BYTE_RATE=1 << 30)

LOADS = {
    "rooms": Load("100 rooms x 4 clients, 2 keystrokes/s", typing(100, 4, 2), EVERYDAY, TYPING, quick=True),
    "room50": Load("1 room x 50 clients, 5/s", typing(1, 50, 5), EVERYDAY, TYPING, quick=True),
    "room200": Load("1 room x 200 clients, 3/s", typing(1, 200, 3), EVERYDAY, TYPING, quick=True),
    "watchers": Load("1 room x 500 clients, 5 of them type 3/s", typing(1, 500, 3, typists=5), EVERYDAY, TYPING),
    "two": Load("2 people typing, 4/s", typing(1, 2, 4), EVERYDAY, TYPING, quick=True),
    "saturation": Load(
        "more and more people in 100 rooms, 2/s each, until p99 passes 100 ms or something is lost; then half more",
        saturation(100, 5, 2),
        STRONG,
        SATURATION,
        options=CROWD,
    ),
    "saturation1": Load(
        "the same in 1 room, 3/s each",
        saturation(1, 64, 3),
        STRONG,
        SATURATION,
        options=CROWD,
    ),
    "watchers1500": Load(
        "1 room x 1,500 clients, 5 of them type 5/s",
        typing(1, 1500, 5, typists=5),
        CROWDED,
        TYPING,
        options=CROWD,
    ),
    "presence": Load(
        "1 room x 500 clients, 1 of them types 25/s, the others move their cursors 25 times a second",
        typing(1, 500, 25, typists=1, moves=25, timed=100),
        STRONG,
        TYPING,
    ),
    "idle10000": Load("10,000 idle sockets in 2,500 rooms", idle(10_000), STRONG, IDLE),
    "storm": Load(
        "150 clients at once to a document of 20 MB, and again after a restart",
        storm(150),
        STRONG,
        (
            ("all_ms", "all ms"),
            ("peak_mb", "MB at most"),
            ("cold_ms", "all ms, restarted"),
            ("cold_peak_mb", "MB at most"),
            ("synced", "synced"),
        ),
        options=CROWD,
    ),
    "join": Load(
        "100 clients at once to a document of 223 KB",
        join,
        SINGLE + SCALED,
        (("cpu_ms", "CPU ms"), ("p50_ms", "p50 ms"), ("all_ms", "all ms"), ("synced", "synced")),
        quick=True,
    ),
    "reopen": Load(
        "first open of a document of 223 KB after a restart",
        reopen,
        ("yroom", "hocuspocus", "yroom-redis", "hocuspocus-redis"),
        (("cold_ms", "first of all ms"), ("open_ms", "after another room ms")),
    ),
    "scaling": Load(
        "25 rooms x 4 clients, 2/s, for each process: the load grows with the processes",
        growing(25, 4, 2),
        ("yroom-redis", "yroom-2x1", "yroom-1x2", "yroom-2x2", "yroom-4x4"),
        TYPING,
    ),
    "spread": Load(
        "the same 100 rooms x 4 clients, 2/s, spread over more and more processes",
        typing(100, 4, 2, together=True),
        ("yroom-redis", "yroom-2x2", "yroom-4x4"),
        TYPING,
    ),
    "mixed": Load(
        "the same, and the clients of each room spread over the web processes",
        typing(100, 4, 2),
        ("yroom-redis", "yroom-2x2"),
        TYPING,
    ),
    "neighbour": Load(
        "5 quiet rooms of 2, alone and beside a room of 100 at 3/s",
        neighbour,
        ("yroom", "hocuspocus", "yroom-redis", "hocuspocus-redis"),
        (("alone_p99_ms", "p99 ms alone"), ("beside_p99_ms", "p99 ms beside"), ("delivered", "delivered")),
    ),
    "memory": Load(
        "memory of a loaded room",
        memory,
        ("yroom",),
        (("small_kb", "KB a small room"), ("large_kb", "KB a room of 223 KB")),
        options=settings(REMOVE_ROOM_DELAY=3600),
    ),
    "writes": Load(
        "the database, 20 rooms x 4 clients, 2/s",
        writes,
        ("yroom",),
        (("rows", "rows a keystroke"), ("bytes", "bytes of updates"), ("disk_bytes", "bytes written to disk")),
        options=settings(COMPACT_UPDATES=1_000_000_000),
    ),
    "browser": Load(
        "a document of 223 KB in Chromium: opened without a cache, typed into in its middle",
        lambda server, pace: browser.measure(server),
        tuple(browser.PAGES),
        (
            ("text_ms", "first text ms"),
            ("key_ms", "key to frame ms"),
            ("key_p95_ms", "95 %"),
            ("key_cpu_ms", "main thread ms a key"),
            ("script_kb", "script kB, gzipped"),
        ),
    ),
}
