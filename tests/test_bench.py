"""The benchmark: its generator speaks to a real server, and counts what arrives; its figures stand in READMEs."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pycrdt import Doc, Text

from .bench import report, wire
from .bench.engine import Yroom
from .bench.generator import Generator
from .bench.measuring import Pace, raise_limits, rooms
from .bench.scenarios import converged, typing
from .bench.server import Server
from .conftest import ROOT


@pytest.fixture(scope="module")
def server(bench_site: Path) -> Iterator[Server]:
    """Our server in one process."""
    raise_limits()
    running = Yroom("test")
    running.start()
    yield running
    running.stop()


def test_every_keystroke_is_delivered_and_everybody_converges(server: Server) -> None:
    figures = typing(5, 4, 4)(server, Pace(0.5, 1.5, 10))
    assert figures["delivered"] == 1
    assert figures["converged"] == 1
    assert figures["cpu_us"] > 0


def test_what_does_not_arrive_is_missed(server: Server) -> None:
    with closing(Generator(server.urls, server.dialect)) as load:
        observer = load.connect("lost0", observer=True)
        peers = load.connect_all(rooms("lost", 1, 2))
        load.record()
        load.run([(peers, 4)], 1)
        load.drain()
        everything = range(len(load.keystrokes))
        assert load.deliveries(everything).delivered == 1
        assert converged(load, observer)
        # As if the server had swallowed a keystroke.
        load.keystrokes.append(load.keystrokes[-1])
        everything = range(len(load.keystrokes))
        assert load.deliveries(everything).delivered < 1
        assert not converged(load, observer)


def test_updates_written_by_hand_are_yjs_updates() -> None:
    doc: Doc[Text] = Doc()
    for number in range(300):
        doc.apply_update(wire.insertion(2**31, 11 * number, wire.MARK.format(number)))
    text = str(doc.get(wire.TEXT, type=Text))
    assert text == "".join(wire.MARK.format(number) for number in range(300))
    assert wire.MARKS.findall(doc.get_update()) == [b"%09x" % number for number in range(300)]


def test_the_tables_are_those_that_were_measured() -> None:
    found = json.loads(report.RESULTS.read_text())
    for readme, tables in report.readmes(found).items():
        assert f"{report.BEGIN}{tables}{report.END}" in readme.read_text(), readme
    # Who sees the project for the first time sees a few lines, and where the others are.
    (table,) = re.findall(r"(?:^\|.*\n)+", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert 0 < len(table.splitlines()) - 2 <= 5
    assert report.PICTURE.read_text() == report.picture(found["loads"])
