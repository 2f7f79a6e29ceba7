"""What clients do to a server, and what is measured meanwhile: each takes a running server and returns figures."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from . import wire
from .document import document, large
from .generator import Generator, LoadError, Peer
from .measuring import Figures, Pace, generator, measure, need_files, rooms
from .server import FOLDER, Server


def typing(
    number: int,
    clients: int,
    rate: float,
    *,
    typists: int | None = None,
    moves: float = 0,
    timed: int | None = None,
    together: bool = False,
    name: str = "typing",
) -> Callable[[Server, Pace], Figures]:
    """Some rooms, in each the same number of clients, of whom all or some type, and the others move their cursors.

    In a large crowd only some are timed.
    """

    def run(server: Server, pace: Pace) -> Figures:
        with closing(generator(server, together=together)) as load:
            observer = load.connect(f"{name}0", observer=True)
            load.until_synced([observer])
            names = rooms(name, number, clients)[1:]
            enough = len(names) if timed is None else timed
            peers = [observer, *load.connect_all(names[:enough])]
            peers += load.connect_all(names[enough:], timed=False)
            writers = peers[: typists or len(peers)]
            moving = [(peers[len(writers) :], moves)] if moves else []
            figures, _ = measure(load, server, [(writers, rate)], pace, moving)
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


def idle(sockets: int) -> Callable[[Server, Pace], Figures]:
    """Four sockets in each room, on which nothing happens."""

    def run(server: Server, pace: Pace) -> Figures:
        number = round(sockets * pace.crowd / 4)
        need_files(4 * number + 200)
        with closing(generator(server)) as load:
            load.connect_all(["first"], present=False)

            def percent(seconds: float) -> float:
                cpu, start = server.cpu(), time.perf_counter()
                load.serve(seconds)
                return 100 * (server.cpu() - cpu) / (time.perf_counter() - start)

            load.serve(1)
            alone, before = percent(pace.idle / 6), server.rss()
            load.connect_all(rooms("idle", number, 4), present=False)
            load.serve(pace.warm)
            after, cpu = server.rss(), percent(pace.idle)
            gone = sum(bool(peer.closed) for peer in load.peers)
        return {
            "socket_kb": (after - before) / (4 * number) / 1000,
            "cpu_percent": cpu,
            "empty_percent": alone,
            "closed": gone,
            "void": 0.0,
        }

    return run


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


# Seconds in which a large document must be there.
STORM = 60.0


def storm(people: int) -> Callable[[Server, Pace], Figures]:
    """Many people at once to a document of 20 MB: loaded already, and after a restart where the server stores it."""

    def run(server: Server, pace: Pace) -> Figures:
        pieces = large(FOLDER)
        size = sum(len(piece) for piece in pieces) * 9 // 10
        number = round(people * pace.crowd)
        figures: Figures = {}
        with closing(generator(server)) as load:
            writer = load.connect("large")
            load.until_synced([writer])
            for piece in pieces:
                load.send(writer, wire.sync_update(piece))
                load.serve(0.01)
            if not any(comes_back(load, size) for _ in range(3)):
                raise LoadError(f"the document does not come back: {writer.closed or 'it is not whole'}")
            load.drain(timeout=pace.patience)
            figures |= rush(load, server, size, number, "all_ms", "peak_mb")
        if server.stores:
            time.sleep(3)  # some servers store a document only some time after its last change
            server.stop()
            server.start(server.options, keep=True)
            with closing(generator(server)) as load:
                cold = rush(load, server, size, number, "cold_ms", "cold_peak_mb")
            figures |= {**cold, "synced": min(figures["synced"], cold["synced"])}
        return {**figures, "void": 0.0}

    return run


def comes_back(load: Generator, size: int) -> bool:
    """Whether somebody who comes to the large document is sent so many bytes of it."""
    reader = load.connect("large", expects=size)
    load.until(lambda: bool(reader.synced_at or reader.closed), STORM / 3)
    load.close([reader])
    return reader.synced_at > 0


def rush(load: Generator, server: Server, size: int, number: int, time_name: str, memory_name: str) -> Figures:
    """Have many come at once; return until when all had the document, how many had, and the most memory it took."""
    start = time.perf_counter()
    peers = [load.connect("large", expects=size) for _ in range(number)]
    peak, done = 0, False
    while not done and time.perf_counter() < start + STORM:
        peak = max(peak, server.rss())
        done = load.until(lambda: all(peer.synced_at or peer.closed for peer in peers), 0.2)
    synced = [peer.synced_at - start for peer in peers if peer.synced_at]
    return {
        time_name: 1000 * max(synced) if len(synced) == number else float("inf"),
        memory_name: peak / 1e6,
        "synced": len(synced) / number,
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
