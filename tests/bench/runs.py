"""Runs of a load, each on a server of its own."""

from collections.abc import Callable

from .loads import Load
from .machine import Disturbance
from .measuring import OTHERS, Figures, Pace
from .server import Server

# How often a run is tried that other work disturbs.
TRIES = 3


def once(server: Server, load: Load, pace: Pace) -> Figures:
    """Start a server, run a load against it, and stop it."""
    server.start(dict(load.options))
    try:
        disturbance = Disturbance()
        figures = load.run(server, pace)
        figures.setdefault("others", disturbance.share())
    finally:
        server.stop()
    figures["disturbed"] = float(figures["others"] > OTHERS)
    return figures


def undisturbed(make: Callable[[], Server], load: Load, pace: Pace, show: Callable[[Figures], None]) -> Figures:
    """The figures of a run; one beside other work is void, and tried again a few times."""
    for number in range(1, TRIES + 1):
        figures = once(make(), load, pace)
        figures["tries"] = float(number)
        figures["void"] = max(figures["void"], figures["disturbed"])
        show(figures)
        if not figures["disturbed"]:
            break
    return figures
