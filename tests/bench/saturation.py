"""How many people can type before a server is too slow, and what becomes of it when more do."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from .generator import Generator, Peer
from .measuring import Figures, Pace, generator, measure, rooms
from .server import Server

# A server is saturated once a hundredth of all deliveries takes longer than this, in milliseconds.
SLOW = 100
# As many people in a room are enough to know.
MOST = 1000


def saturation(number: int, first: int, rate: float) -> Callable[[Server, Pace], Figures]:
    """More and more people type in some rooms, until the server or the generator cannot keep up.

    Of each room, or of the one there is, some sockets are timed. Beyond the limit as many type as at the step that
    passed it, and half as many again.
    """

    def run(server: Server, pace: Pace) -> Figures:
        step = replace(pace, warm=min(pace.warm, 0.5), seconds=min(pace.seconds, 3))
        with closing(generator(server)) as load:
            observer = load.connect("crowd0", observer=True)
            load.until_synced([observer])
            timed = 40 if number == 1 else number
            peers = [observer, *load.connect_all(rooms("crowd", number, timed // number)[1:])]
            good: Figures = {}
            others = 0.0
            crowd = float(first)
            while True:
                each = round(crowd)
                peers += load.connect_all(rooms("crowd", number, each)[len(peers) :], timed=False)
                found, _ = measure(load, server, [(peers, rate)], step)
                if overloaded(found) and found["delivered"] == 1:
                    # Once may be chance.
                    found, _ = measure(load, server, [(peers, rate)], step)
                found["typists"] = len(peers)
                others = max(others, found["others"])
                if found["void"] or overloaded(found) or each > MOST:
                    break
                good = found
                crowd *= pace.growth
            figures = {
                "typists": good.get("typists", 0.0),
                "first": float(first * number),
                "p99_ms": good.get("p99_ms", float("nan")),
                "rss_mb": good.get("rss_mb", float("nan")),
                # What ended it: the server's own limit, or not.
                "limit": float(overloaded(found)),
                "generator": found["generator"],
                "late_ms": found["late_ms"],
                "others": others,
                "void": float(not good and bool(found["void"])),
            }
            if overloaded(found):
                figures |= beyond(load, server, peers, number, round(1.5 * each), rate, step)
        return figures

    return run


def overloaded(figures: Figures) -> bool:
    return figures["p99_ms"] > SLOW or figures["delivered"] < 1


def beyond(
    load: Generator, server: Server, peers: list[Peer], number: int, each: int, rate: float, pace: Pace
) -> Figures:
    """Half as many people again as were too many."""
    peers = peers + load.connect_all(rooms("crowd", number, each)[len(peers) :], timed=False)
    found, _ = measure(load, server, [(peers, rate)], pace)
    observer = peers[0]
    figures = {
        "beyond_p99_ms": found["p99_ms"],
        "beyond_slowest_ms": found["slowest_ms"],
        "beyond_delivered": found["delivered"],
        "beyond_rss_mb": found["rss_mb"],
        "beyond_generator": found["generator"],
    }
    if observer.saved:
        load.until(lambda: saved_after(observer) is not None, pace.patience)
        after = saved_after(observer)
        figures["saved_ms"] = float("nan") if after is None else 1000 * after
    return figures


def saved_after(peer: Peer) -> float | None:
    """The longest time from a keystroke until it was called saved; None if some were not."""
    # What it sent when it came is counted too.
    total = peer.saved[-1][1] - len(peer.sent)
    if total < 0:
        return None
    longest, said = 0.0, iter(peer.saved)
    at, count = next(said)
    for number, sent in enumerate(peer.sent, 1):
        while count < number + total:
            at, count = next(said)
        longest = max(longest, at - sent)
    return longest
