"""The benchmark: its generator speaks to a real server, and counts what arrives; its figures stand in READMEs."""

import json
import re
import subprocess
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from pycrdt import Doc, Text

from .bench import report, saturation, wire
from .bench.__main__ import engine, loads
from .bench.engine import Engine, Yroom
from .bench.generator import Generator
from .bench.loads import Load
from .bench.machine import Disturbance
from .bench.measuring import Pace, raise_limits, rooms
from .bench.runs import undisturbed
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


def test_who_is_not_timed_gets_every_keystroke_too(server: Server) -> None:
    figures = typing(1, 8, 4, typists=2, moves=2, timed=3, name="untimed")(server, Pace(0.5, 1.5, 10))
    assert figures["delivered"] == 1
    assert figures["converged"] == 1
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]


def test_a_large_document_is_read_in_parts(server: Server) -> None:
    """By one who looks at it, and by one who only counts how much comes."""
    update = wire.insertion(2**31, 0, "x" * 1_000_000)
    with closing(Generator(server.urls, server.dialect)) as load:
        writer = load.connect("large")
        load.until_synced([writer])
        load.send(writer, wire.sync_update(update))
        load.drain()
        reader, counting = load.connect("large"), load.connect("large", expects=1_000_000)
        load.until_synced([reader, counting])
        doc: Doc[Text] = Doc()
        doc.apply_update(reader.state)
        assert len(doc.get(wire.TEXT, type=Text)) == 1_000_000


def test_it_is_seen_when_all_is_saved(server: Server) -> None:
    with closing(Generator(server.urls, server.dialect)) as load:
        writer = load.connect("saved", observer=True)
        load.until_synced([writer])
        load.run([([writer], 10)], 1)
        assert load.until(lambda: bool(writer.saved) and saturation.saved_after(writer) is not None, 60)
        # As if the server had never said so.
        writer.saved[:] = [(writer.saved[-1][0], 1)]
        assert saturation.saved_after(writer) is None


def test_people_come_until_it_is_too_much_and_then_half_as_many_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, pace = saturation.saturation(2, 2, 4), Pace(0.1, 0.5, 10, growth=2)
    monkeypatch.setattr(saturation, "MOST", 2)
    monkeypatch.setattr(saturation, "SLOW", float("inf"))
    figures = run(server, pace)
    assert (figures["limit"], figures["typists"], "beyond_delivered" in figures) == (0, 4, False)
    monkeypatch.setattr(saturation, "SLOW", 0)
    figures = run(server, pace)
    assert (figures["limit"], figures["typists"], figures["beyond_delivered"]) == (1, 0, 1)
    assert figures["saved_ms"] > 0


def test_a_server_is_stopped_with_the_children_of_its_processes() -> None:
    class Parent(Server):
        name = "parent"

        def launch(self) -> None:
            self.spawn("sh", "-c", "sleep 1000 & echo $!; echo started; wait", line="started")

    running = Parent()
    running.start()
    child = psutil.Process(int((running.folder / "0.log").read_text().split()[0]))
    running.stop()
    # Where nobody waits for it any more, it may stay as a zombie.
    deadline = time.monotonic() + 60
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_other_work_is_seen() -> None:
    """Seen from a process that sleeps, this one is other work."""
    sleeper = subprocess.Popen(["sleep", "1000"])
    try:
        start, cpu = time.perf_counter(), time.process_time()
        disturbance = Disturbance(sleeper.pid)
        while time.process_time() - cpu < 0.3:
            pass
        assert disturbance.share() * (time.perf_counter() - start) > 0.2
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize(("others", "void", "tries"), [([0.0], 0, 1), ([0.5, 0.0], 0, 2), ([0.5, 0.5, 0.5, 0.0], 1, 3)])
def test_a_disturbed_run_is_void_and_tried_again(others: list[float], void: int, tries: int) -> None:
    class Idle(Server):
        name = "idle"

        def launch(self) -> None:
            """It needs no process."""

    left = iter(others)
    load = Load("nothing", lambda server, pace: {"void": 0.0, "others": next(left)}, (), ())
    shown: list[float] = []
    figures = undisturbed(Idle, load, Pace(), lambda each: shown.append(each["void"]))
    assert (figures["void"], figures["tries"], len(shown)) == (void, tries, tries)
    assert report.voids([figures]) == sum(shown)


def test_targets_are_met_or_missed_by_what_counts() -> None:
    valid, void = {"typists": 900.0, "void": 0.0}, {"typists": 1.0, "void": 1.0}
    runs = {"ours": [valid, void], "theirs": [{"typists": 400.0, "void": 0.0}]}
    twice = report.Target("saturation", "ours", "typists", 2, "theirs", least=True)
    assert twice.value(runs) == 2.25
    assert twice.met(2.25)
    assert not twice.met(1.9)
    assert report.shown("delivered", {"delivered": 0.99996}) == "99.9 %"
    assert report.shown("typists", {"typists": 900.0, "limit": 0.0}) == "at least 900"
    assert report.shown("typists", {"typists": 0.0, "limit": 1.0, "first": 64.0}) == "below 64"


def test_what_can_be_asked_for() -> None:
    assert loads("rooms,room50:2") == {"rooms": 0, "room50": 2}
    for wrong in ("nothing", "rooms:often"):
        with pytest.raises(ArgumentTypeError):
            loads(wrong)
    assert engine("abc123") == Engine("abc123", "abc123")
    assert engine(f"old={ROOT}") == Engine("old", str(ROOT))


def test_another_engine_is_copied_as_git_has_it(tmp_path: Path) -> None:
    """The files of a folder or a commit, and nothing of what lies beside them and is ignored."""
    site = "<<cookiecutter.project_slug>>"
    for name, source in (("commit", "HEAD"), ("folder", str(ROOT))):
        into = tmp_path / name
        into.mkdir()
        Engine(name, source).copy(into)
        assert (into / site / "yroom" / "consumer.py").exists()
        assert not (into / ".bench").exists()
        assert not (into / site / ".venv").exists()


def test_the_tables_are_those_that_were_measured() -> None:
    found = json.loads(report.RESULTS.read_text())
    for readme, tables in report.readmes(found).items():
        assert f"{report.BEGIN}{tables}{report.END}" in readme.read_text(), readme
    # Who sees the project for the first time sees a few lines, and where the others are.
    (table,) = re.findall(r"(?:^\|.*\n)+", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert 0 < len(table.splitlines()) - 2 <= 5
    assert report.PICTURE.read_text() == report.picture(found["loads"])
