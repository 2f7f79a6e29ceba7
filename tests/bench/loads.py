"""The loads: what clients do to a server, and what is measured meanwhile.

Each takes a running server and returns figures by name. A load that the generator could not keep up with is void.
"""

import gc
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from . import browser, wire
from .document import document
from .generator import Generator, LoadError, Peer
from .server import FOLDER, Server
from .servers import SERVERS

Figures = dict[str, float]

# More than this share of its core, or a keystroke this much too late, and the generator measures itself.
BUSY = 0.85
LATE = 0.2


@dataclass(frozen=True)
class Pace:
    """How long a load takes: seconds to warm up, to measure, to wait for what is late, and to watch what is idle."""

    warm: float = 2.0
    seconds: float = 8.0
    patience: float = 10.0
    idle: float = 60.0  # whole periods of the pings that servers send, every 20 or 30 seconds


FULL = Pace()
QUICK = Pace(1.0, 2.0, 2.0, 4.0)

# People who type, rooms and how many a room they are, and how often each types in a second.
Group = tuple[list[Peer], float]


def generator(server: Server, *, together: bool = False) -> Generator:
    return Generator(server.urls, server.dialect, together)


def rooms(name: str, number: int, clients: int) -> list[str]:
    """The room of each client."""
    return [f"{name}{room}" for _ in range(clients) for room in range(number)]


def measure(load: Generator, server: Server, groups: list[Group], pace: Pace) -> tuple[Figures, range]:
    """Have groups of people type; return the cost of it, and the numbers of their keystrokes."""
    load.run(groups, pace.warm)
    load.drain(timeout=pace.patience)
    load.record()
    # The generator must not stop to look through the million things it remembers.
    gc.collect()
    gc.disable()
    try:
        own, wall, cpu = time.process_time(), time.perf_counter(), server.cpu()
        numbers = load.run(groups, pace.seconds)
        busy = (time.process_time() - own) / (time.perf_counter() - wall)
        load.drain(timeout=pace.patience)
        cpu = server.cpu() - cpu
    finally:
        gc.enable()
    timing = load.deliveries(numbers)
    figures = {
        "cpu_us": 1e6 * cpu / len(timing.latencies) if timing.latencies else float("inf"),
        "p50_ms": timing.quantile(0.5),
        "p99_ms": timing.quantile(0.99),
        "delivered": timing.delivered,
        "rss_mb": server.rss() / 1e6,
        "generator": busy,
        "late_ms": 1000 * load.late,
        "void": float(busy > BUSY or load.late > LATE),
    }
    return figures, numbers


def typing(
    number: int, clients: int, rate: float, *, typists: int | None = None, together: bool = False
) -> Callable[[Server, Pace], Figures]:
    """Some rooms, in each the same number of clients, of whom all or some type."""

    def run(server: Server, pace: Pace) -> Figures:
        with closing(generator(server, together=together)) as load:
            observer = load.connect("typing0", observer=True)
            load.until_synced([observer])
            peers = load.connect_all(rooms("typing", number, clients)[1:])
            groups = [([observer, *peers][: typists or len(peers) + 1], rate)]
            figures, _ = measure(load, server, groups, pace)
            if server.keeps:
                figures["converged"] = float(converged(load, observer))
        return figures

    return run


def growing(rooms_each: int, clients: int, rate: float) -> Callable[[Server, Pace], Figures]:
    """So many rooms for each process of the kind that there are more of: the load grows with the processes."""

    def run(server: Server, pace: Pace) -> Figures:
        each = max(server.webs, server.workers)
        return typing(rooms_each * each, clients, rate, together=True)(server, pace)

    return run


def converged(load: Generator, observer: Peer) -> bool:
    """Whether somebody who was there all the time, and somebody who comes now, have every keystroke of their room."""
    late = load.connect(observer.room, observer=True)
    try:
        load.until_synced([late], 10)
    except LoadError:
        return False
    everything = range(len(load.keystrokes))
    # What the observer typed itself, it was not sent.
    others = [number for number in everything if load.keystrokes[number].peer is not observer]
    return load.converged(observer, others) and load.converged(late, everything)


def idle(server: Server, pace: Pace) -> Figures:
    """1,000 sockets in 250 rooms, on which nothing happens."""
    with closing(generator(server)) as load:
        load.connect_all(["first"], present=False)

        def percent(seconds: float) -> float:
            cpu, start = server.cpu(), time.perf_counter()
            load.serve(seconds)
            return 100 * (server.cpu() - cpu) / (time.perf_counter() - start)

        load.serve(1)
        alone, before = percent(pace.idle / 3), server.rss()
        load.connect_all(rooms("idle", 250, 4), present=False)
        load.serve(pace.warm)
        after, cpu = server.rss(), percent(pace.idle)
        gone = sum(bool(peer.closed) for peer in load.peers)
    return {
        "socket_kb": (after - before) / 1000 / 1000,
        "cpu_percent": cpu,
        "empty_percent": alone,
        "closed": gone,
        "void": 0.0,
    }


def prepared(load: Generator, server: Server, room: str) -> bytes:
    """Put the large document into a room, and wait until others get it."""
    state = document(FOLDER)
    writers = [load.connect(room, url=url) for url in server.urls]  # it is open in every process
    load.until_synced(writers)
    load.send(writers[0], wire.sync_update(state))
    for url in server.urls:
        deadline = time.perf_counter() + 30
        while True:
            reader = load.connect(room, url=url)
            load.until_synced([reader])
            load.close([reader])
            if len(reader.state) > 0.9 * len(state):
                break
            if time.perf_counter() > deadline:
                raise LoadError("the document does not come back")
            load.serve(0.2)
    return state


def join(server: Server, pace: Pace) -> Figures:
    """100 clients at once to a document of 223 KB."""
    with closing(generator(server)) as load:
        state = prepared(load, server, "join")
        load.serve(pace.warm)
        cpu, start = server.cpu(), time.perf_counter()
        peers = [load.connect("join") for _ in range(100)]
        load.until(lambda: all(peer.synced_at or peer.closed for peer in peers), pace.patience)
        load.drain(0.3, pace.patience)
        cpu = server.cpu() - cpu
        synced = sorted(peer.synced_at - start for peer in peers if len(peer.state) > 0.9 * len(state))
    if not synced:
        raise LoadError("nobody was synced")
    return {
        "synced": len(synced) / len(peers),
        "cpu_ms": 1000 * cpu,
        "p50_ms": 1000 * synced[len(synced) // 2],
        "all_ms": 1000 * synced[-1],
        "void": 0.0,
    }


def reopen(server: Server, pace: Pace) -> Figures:
    """The first open of that document after a restart: before any other room was opened, and after one was."""
    with closing(generator(server)) as load:
        prepared(load, server, "reopen")
    time.sleep(3)  # some servers store a document only some time after its last change
    figures = {"void": 0.0}
    for name, first in (("cold_ms", []), ("open_ms", ["other"])):
        server.stop()
        server.start(server.options, keep=True)
        with closing(generator(server)) as load:
            load.connect_all(first)
            load.serve(0.5)
            start = time.perf_counter()
            peer = load.connect("reopen")
            load.until_synced([peer])
            figures[name] = 1000 * (peer.synced_at - start)
            if len(peer.state) < 100_000:
                raise LoadError("the document was lost")
            load.serve(0.5)
    return figures


def neighbour(server: Server, pace: Pace) -> Figures:
    """Five quiet rooms of two people, alone and then beside one with 100 people."""
    with closing(generator(server)) as load:
        quiet = load.connect_all(rooms("quiet", 5, 2))
        hot = load.connect_all(rooms("hot", 1, 100))
        alone, numbers = measure(load, server, [(quiet, 4)], pace)
        both, numbers = measure(load, server, [(quiet, 4), (hot, 3)], pace)
        beside = load.deliveries(numbers, lambda room: room.startswith("quiet"))
    return {
        "alone_p99_ms": alone["p99_ms"],
        "beside_p99_ms": beside.quantile(0.99),
        "alone_p50_ms": alone["p50_ms"],
        "beside_p50_ms": beside.quantile(0.5),
        "delivered": both["delivered"],
        "generator": both["generator"],
        "late_ms": both["late_ms"],
        "void": both["void"],
    }


def memory(server: Server, pace: Pace) -> Figures:
    """What a room holds that nobody is in any more, but which is still loaded: a small one, and one of 223 KB."""
    state = document(FOLDER)
    small, large = 500, 40

    def fill(name: str, number: int, message: bytes) -> int:
        for room in range(number):
            with closing(generator(server)) as load:
                peer = load.connect(f"{name}{room}")
                load.until_synced([peer])
                load.send(peer, message)
                load.drain(0.05, 5)
        time.sleep(1)
        return server.rss()

    words = wire.sync_update(wire.insertion(7, 0, "a few words"))
    empty = fill("first", 20, words)
    after_small = fill("small", small, words)
    warm = fill("warm", 3, wire.sync_update(state))
    after_large = fill("large", large, wire.sync_update(state))
    return {
        "small_kb": (after_small - empty) / small / 1000,
        "large_kb": (after_large - warm) / large / 1000,
        "void": 0.0,
    }


def writes(server: Server, pace: Pace) -> Figures:
    """What a keystroke costs the database: 20 rooms of four people who type twice a second."""
    database = server.folder / "db.sqlite3"

    def count() -> tuple[int, int]:
        query = 'SELECT count(*), coalesce(sum(length("update")), 0) FROM yroom_roomupdate'
        with closing(sqlite3.connect(database)) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]), int(row[1])

    with closing(generator(server)) as load:
        peers = load.connect_all(rooms("writes", 20, 4))
        load.run([(peers, 2)], pace.warm)
        load.drain()
        before, disk = count(), server.written()
        strokes = len(load.run([(peers, 2)], pace.seconds))
        load.drain()
        after = count()
    return {
        "rows": (after[0] - before[0]) / strokes,
        "bytes": (after[1] - before[1]) / strokes,
        "disk_bytes": (server.written() - disk) / strokes,
        "void": 0.0,
    }


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


# The floor stands beside what it is the floor of.
RELAYS = ("floor",)
SINGLE = ("yroom", "hocuspocus", "y-websocket", "pycrdt-websocket")
SCALED = ("yroom-redis", "hocuspocus-redis", "channels-yroom")
TYPING = (("cpu_us", "CPU µs a delivery"), ("p50_ms", "p50 ms"), ("p99_ms", "p99 ms"), ("delivered", "delivered"))

SERVERS.update(browser.PAGES)

LOADS = {
    "rooms": Load(
        "100 rooms x 4 clients, 2 keystrokes/s", typing(100, 4, 2), SINGLE + SCALED + RELAYS, TYPING, quick=True
    ),
    "room50": Load("1 room x 50 clients, 5/s", typing(1, 50, 5), SINGLE + SCALED + RELAYS, TYPING, quick=True),
    "room200": Load("1 room x 200 clients, 3/s", typing(1, 200, 3), SINGLE + SCALED + RELAYS, TYPING, quick=True),
    "watchers": Load(
        "1 room x 500 clients, 5 of them type 3/s", typing(1, 500, 3, typists=5), SINGLE + SCALED + RELAYS, TYPING
    ),
    "two": Load("2 people typing, 4/s", typing(1, 2, 4), SINGLE + SCALED + RELAYS, TYPING, quick=True),
    "idle": Load(
        "1,000 idle sockets in 250 rooms",
        idle,
        SINGLE + SCALED,
        (
            ("socket_kb", "KB a socket"),
            ("cpu_percent", "CPU % of a core"),
            ("empty_percent", "without them"),
            ("closed", "closed"),
        ),
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
        ("yroom-redis", "yroom-2x1", "yroom-1x2", "yroom-2x2", "yroom-4x4"),
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
        options=(("BENCH_REMOVE_ROOM_DELAY", "3600"),),
    ),
    "writes": Load(
        "the database, 20 rooms x 4 clients, 2/s",
        writes,
        ("yroom",),
        (("rows", "rows a keystroke"), ("bytes", "bytes of updates"), ("disk_bytes", "bytes written to disk")),
        options=(("BENCH_COMPACT_UPDATES", "1000000000"),),
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


def raise_limits() -> None:
    """Let this process, and the servers it starts, open as many sockets as the system allows."""
    if os.name == "posix":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < 65536:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
