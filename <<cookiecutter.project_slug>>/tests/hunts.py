"""How long the hunts last: a short one of each kind at every `make test`, and a long one with `make test-long`.

The environment variables in LONG make the long ones longer or shorter.
"""

import os
from collections.abc import Collection, Mapping
from typing import Final

import pytest

# Each kind's variable: how much there is of it in a short hunt and, unless the variable says so, in a long one.
SHORT: Final = {
    "HUNT_KILLS": 6,  # instants at which everything is killed
    "HUNT_OUTAGE": 6,  # seconds that Redis, a database or a worker is away
    "HUNT_ROOMS": 450,  # rooms that one process opens and unloads
    "HUNT_KEYSTROKES": 9_000,  # typed into one document
    "HUNT_EDITS": 2_500,  # through a layer that loses messages
    "HUNT_REQUESTS": 200,  # with hostile values, to pages of the site
    "HUNT_EVENTS": 2,  # that happen before each query of a page, one at a time
    "HUNT_EXAMPLES": 300,  # of frames put together from good and bad parts
    "HUNT_SECONDS": 5,  # of frames changed into whatever leads somewhere new
}
LONG: Final = {
    "HUNT_KILLS": 100,
    "HUNT_OUTAGE": 60,
    "HUNT_ROOMS": 10_000,
    "HUNT_KEYSTROKES": 100_000,
    "HUNT_EDITS": 100_000,
    "HUNT_REQUESTS": 5_000,
    "HUNT_EVENTS": 5,
    "HUNT_EXAMPLES": 50_000,
    "HUNT_SECONDS": 600,
}


def hunt(name: str) -> pytest.MarkDecorator:
    """Run a test twice, with a short and a long `extent`."""
    long = pytest.param(int(os.environ.get(name, LONG[name])), id="long", marks=pytest.mark.long)
    return pytest.mark.parametrize("extent", [pytest.param(SHORT[name], id="short"), long])


def variants(name: str, values: Mapping[str, object], *, short: Collection[str]) -> pytest.MarkDecorator:
    """Run a test once for each value of an argument, by their ids: those named by `short` at every `make test`.

    The others differ less, and run among the long hunts.
    """
    assert short, "no variant is tried at every `make test`"
    assert set(short) <= set(values)
    params = [
        pytest.param(value, id=key, marks=[] if key in short else [pytest.mark.long]) for key, value in values.items()
    ]
    return pytest.mark.parametrize(name, params)
