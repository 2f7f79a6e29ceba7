"""Runs the benchmark: `python -m tests.bench`, or `make bench ARGS=...`."""

import argparse
import json
import math
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from . import report, wire
from .engine import Engine
from .generator import LoadError
from .loads import LOADS, Load
from .measuring import FULL, QUICK, Figures, raise_limits
from .others import outdated
from .runs import once, undisturbed
from .server import FOLDER, generator_cores
from .servers import SERVERS, Remote, add_engine

QUICK_SERVERS = ("yroom", "hocuspocus", "yroom-redis", "hocuspocus-redis")


def names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """An argument that is a list of names, separated by commas."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        wrong = [name for name in chosen if name not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: there are {', '.join(known)}")
        return chosen

    return parse


def loads(text: str) -> dict[str, int]:
    """An argument that is a list of loads, each with how often it is run behind a colon, or not (0)."""
    found = dict(each.partition(":")[::2] for each in text.split(","))
    names(LOADS)(",".join(found))
    if wrong := [count for count in found.values() if count and not count.isdecimal()]:
        raise argparse.ArgumentTypeError(f"{wrong[0]} is no number of runs")
    return {name: int(count or 0) for name, count in found.items()}


def engine(text: str) -> Engine:
    """An argument that says which other engine: a folder or a commit, behind a name of its own or not."""
    label, named, source = text.rpartition("=")
    source = str(Path(source).resolve()) if Path(source).is_dir() else source
    return Engine(label if named else Path(source).name, source)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description="Measures Yjs servers under the same loads.")
    parser.add_argument("--quick", action="store_true", help="a look at the most important loads, within 3 minutes")
    parser.add_argument("--only", type=loads, metavar="LOAD[:RUNS],...", help=f"of {', '.join(LOADS)}")
    parser.add_argument(
        "--engine",
        type=engine,
        action="append",
        default=[],
        metavar="[NAME=]SOURCE",
        help="beside this engine that of another checkout or commit: servers yroom@NAME and so on",
    )
    parser.add_argument("--servers", metavar="SERVER,...", help=f"of {', '.join(SERVERS)}")
    parser.add_argument("--runs", type=int, metavar="N", help="how often; what is shown are medians (3, quick 1)")
    parser.add_argument("--url", metavar="ws://...", help="a running server that speaks y-websocket, instead of these")
    parser.add_argument("--save", action="store_true", help="write tests/bench/results.json, and the tables made of it")
    parser.add_argument("--busy", action="store_true", help="let runs count beside which the machine had other work")
    options = parser.parse_args()
    for each in options.engine:
        add_engine(each)
    try:
        options.servers = names(SERVERS)(options.servers) if options.servers else []
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --servers: {error}")
    if options.save and (options.engine or options.busy):
        parser.error("the tables are of one engine on an idle machine: --save goes with neither --engine nor --busy")
    if options.save and options.only and report.FIRST not in options.only:
        parser.error(f"--save needs the load {report.FIRST}: README.md shows it")
    return options


def print_line(name: str, server: str, load: Load, figures: Figures) -> None:
    cells = [f"{heading} {report.shown(figure, figures)}" for figure, heading in load.shown if figure in figures]
    if figures["disturbed"]:
        cells.append(f"beside other work, {100 * figures['others']:.0f} % of a core{': VOID' * bool(figures['void'])}")
    elif figures["void"]:
        cells.append(
            f"VOID: {100 * figures['generator']:.0f} % of the generator's core, {figures['late_ms']:.0f} ms late"
        )
    if figures.get("converged") == 0:
        cells.append("NOT CONVERGED")
    print(f"{name:12} {server:18} {', '.join(cells)}", flush=True)


def main() -> None:
    options = arguments()
    raise_limits()
    # Whoever stops it, no server stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    pace = QUICK if options.quick else FULL
    count = options.runs or (1 if options.quick else 3)
    wanted = options.only or {name: 0 for name, load in LOADS.items() if load.quick or not options.quick}
    chosen = options.servers or [
        name for name in SERVERS if not options.quick or name.partition("@")[0] in QUICK_SERVERS
    ]

    plan: dict[str, list[str]] = {}
    for name in wanted:
        both = [server for server in chosen if server.partition("@")[0] in LOADS[name].servers]
        # Asked for by name, a server takes any load.
        plan[name] = both or list(options.servers or ()) if not options.url else [options.url]
    if not options.url:
        measured = [SERVERS[server] for server in SERVERS if any(server in each for each in plan.values())]
        for kind in measured:
            kind.install()
        for sentence in outdated(measured):
            print(sentence, flush=True)
    if cores := generator_cores():
        os.sched_setaffinity(0, cores)

    save = options.save or not (
        options.quick or options.only or options.servers or options.engine or options.url or options.busy
    )
    command = "make bench"
    if len(sys.argv) > 1:
        command += f" ARGS={shlex.quote(' '.join(sys.argv[1:]))}"

    start = time.monotonic()
    results: dict[str, report.Runs] = {}
    for name, each in plan.items():
        load = LOADS[name]
        print(f"\n{load.title}", flush=True)
        runs = results[name] = {server: [] for server in each}
        hopeless: set[str] = set()
        for _ in range(wanted[name] or count):
            for server in each:
                if server in hopeless:
                    continue
                make = partial(Remote, options.url, wire.YWebsocket()) if options.url else SERVERS[server]
                show = partial(print_line, name, server, load)
                try:
                    # Other work may be the server itself, where it is not of our starting.
                    if options.busy or options.url:
                        show(figures := once(make(), load, pace))
                    else:
                        figures = undisturbed(make, load, pace, show)
                except (LoadError, OSError) as error:
                    print(f"{name:12} {server:18} failed: {error}", flush=True)
                    hopeless.add(server)
                    continue
                runs[server].append({key: value for key, value in figures.items() if math.isfinite(value)})
                if figures.get("delivered", 1) < 0.9:
                    hopeless.add(server)  # once is enough

        # After each load, so that one can stop it at any time.
        found = report.document(results, command)
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "results.json").write_text(json.dumps(found, indent=1))
        if save and report.FIRST in results:
            report.save(found)

    print(f"\n{report.markdown(found)}\n{report.target_table(results)}\n")
    print(f"{time.monotonic() - start:.0f} s; the figures of every run are in {FOLDER / 'results.json'}")


if __name__ == "__main__":
    main()
