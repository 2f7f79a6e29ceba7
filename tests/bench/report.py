"""What came out: medians, ratios against the targets, tables, JSON, and a picture."""

import json
import math
import platform
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from .loads import LOADS
from .others import NODE
from .server import HERE, ROOT
from .servers import SERVERS

RESULTS = HERE / "results.json"
PICTURE = HERE / "results.svg"
TEMPLATE = ROOT / "<<cookiecutter.project_slug>>"
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->"

# The figures of one load: of each server, of each run.
Runs = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Target:
    """Where we want to stand: a figure of ours at most (or at least) so many times another server's, or so much."""

    load: str
    ours: str
    figure: str
    limit: float
    theirs: str = ""  # a server; empty: the limit is absolute
    their_figure: str = ""  # where it is another one
    least: bool = False  # more is better

    def value(self, runs: Runs) -> float | None:
        """The figure, or its ratio to the other server's; None where one was not measured."""
        mine = medians(runs.get(self.ours, [])).get(self.figure)
        if mine is None or not self.theirs:
            return mine
        other = medians(runs.get(self.theirs, [])).get(self.their_figure or self.figure)
        return mine / other if other else None

    def met(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit

    def __str__(self) -> str:
        against = f"{self.limit:g} x {self.theirs}" if self.theirs else f"{self.limit:g}"
        if self.theirs and self.their_figure:
            against += f" ({self.their_figure})"
        return f"{self.load}: {self.ours} {self.figure} {'>=' if self.least else '<='} {against}"


def _targets() -> Iterable[Target]:
    one, many = ("yroom", "hocuspocus"), ("yroom-redis", "hocuspocus-redis")
    for ours, theirs in (one, many):
        for load in ("rooms", "room50", "room200", "watchers", "two"):
            yield Target(load, ours, "p50_ms", 0.7, theirs)
            yield Target(load, ours, "p99_ms", 0.7, theirs)
            yield Target(load, ours, "cpu_us", 0.9 if load == "two" else 0.5, theirs)
            if ours == "yroom":
                yield Target(load, ours, "p50_ms", 1.2, "y-websocket")
                yield Target(load, ours, "cpu_us", 1, "y-websocket")
        for load, times in (("saturation", 2), ("saturation1", 4)):
            yield Target(load, ours, "typists", times, theirs, least=True)
            yield Target(load, ours, "beyond_delivered", 1, least=True)
            yield Target(load, ours, "beyond_rss_mb", 2, ours, "rss_mb")
            yield Target(load, ours, "saved_ms", 10_000)
        yield Target("watchers1500", ours, "p99_ms", 44)
        yield Target("presence", ours, "p99_ms", 100)
        yield Target("presence", ours, "delivered", 1, least=True)
        yield Target("idle10000", ours, "socket_kb", 20)
        yield Target("idle10000", ours, "cpu_percent", 3)
        yield Target("storm", ours, "all_ms", 10_000)
        yield Target("storm", ours, "peak_mb", 1000)
        yield Target("storm", ours, "cold_ms", 10_000)
        yield Target("storm", ours, "cold_peak_mb", 1000)
        yield Target("join", ours, "cpu_ms", 0.5, theirs)
        yield Target("neighbour", ours, "beside_p99_ms", 2, ours, "alone_p99_ms")
    yield Target("rooms", many[0], "cpu_us", 0.15, "channels-yroom")
    yield Target("reopen", one[0], "cold_ms", 0.5, one[1])
    for more in ("yroom-2x1", "yroom-1x2", "yroom-2x2", "yroom-4x4"):
        yield Target("scaling", more, "cpu_us", 1.1, many[0])
    for more in ("yroom-2x2", "yroom-4x4"):
        yield Target("spread", more, "cpu_us", 1.3, many[0])


TARGETS = tuple(_targets())


def machine() -> dict[str, str]:
    """What it was measured on, and with which versions."""
    cpu = next(iter(re.findall(r"model name\s*: (.*)", _read("/proc/cpuinfo"))), platform.processor())
    return {
        "cpu": f"{psutil.cpu_count()} x {cpu}".strip(),
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "node": _version(NODE / "programs" / "node", "--version"),
        "redis": _version("redis-server", "--version"),
        "commit": _version("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
    }


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def _version(*command: str | Path) -> str:
    try:
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "none"
    found = re.search(r"v=([\d.]+)", printed)
    return found[1] if found else printed


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure, over the runs that count."""
    valid = [run for run in runs if not run["void"]]
    names = dict.fromkeys(name for run in valid for name in run)
    return {name: median(run[name] for run in valid if name in run) for name in names}


def number(value: float) -> str:
    """Three digits are enough."""
    if value != value:
        return "?"
    if value == float("inf"):
        return "none"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def shown(name: str, figures: dict[str, float]) -> str:
    """A figure as it stands in a table."""
    value = figures[name]
    if name.endswith("delivered") or name == "synced":
        # Not 100.0 % where anything is lacking.
        return f"{math.floor(1000 * value) / 10:.1f} %"
    if name == "typists" and not value:
        return f"below {number(figures['first'])}"
    # Who could not be brought to the limit may take more.
    return ("at least " if name == "typists" and not figures["limit"] else "") + number(value)


def voids(runs: list[dict[str, float]]) -> int:
    """How many runs did not count, with those that were tried again."""
    return sum(round(run.get("tries", 1)) - 1 + bool(run["void"]) for run in runs)


def load_table(name: str, runs: Runs, labels: dict[str, str]) -> str:
    """A load's figures, a line a server."""
    columns = LOADS[name].shown
    most = max((len(each) for each in runs.values()), default=0)
    title = f"{LOADS[name].title} ({most} run{'s' * (most != 1)})"
    lines = [f"| {title} | {' | '.join(heading for _, heading in columns)} |"]
    lines += ["|---|" + "---:|" * len(columns)]
    for server, each in runs.items():
        label = labels.get(server, server)
        if not each:
            lines.append(f"| {label} | failed {'| ' * len(columns)}|")
            continue
        figures = medians(each)
        lacking = "none" if figures else "void"
        cells = [shown(figure, figures) if figure in figures else lacking for figure, _ in columns]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def target_table(results: dict[str, Runs]) -> str:
    """All targets, and whether they are met."""
    lines = ["| target | measured | |", "|---|---:|---|"]
    for target in TARGETS:
        value = target.value(results.get(target.load, {}))
        if value is not None:
            times = " x" if target.theirs else ""
            lines.append(f"| {target} | {number(value)}{times} | {'met' if target.met(value) else '**missed**'} |")
    return "\n".join(lines)


def markdown(found: dict[str, Any], names: Iterable[str] = LOADS) -> str:
    """The tables of some loads, with what they were measured on."""
    on = found["machine"]
    void = sum(voids(runs) for load in found["loads"].values() for runs in load.values())
    text = [
        f"Measured {'in parts, the last' if found.get('parts') else 'in one go'} on {found['date']} with "
        f"`{found['command']}`: {on['cpu']}, {on['memory']}, {on['system']}, Python {on['python']}, "
        f"Node {on['node']}, Redis {on['redis']}, commit {on['commit']}. One generator for all, on a core of its own; "
        "the servers in turn, and none asks for a login. A keystroke is an update and an awareness frame; CPU is that "
        "of all processes of a server, Redis included; latency is from sending to each receiver; where there are "
        "several runs, their medians. A run is void beside which other processes took more than a tenth of a core, "
        f"or with which the generator could not keep up: {void or 'none'} {'was' if void == 1 else 'were'}. In "
        "Chromium, the editor is that of a site with its login.",
    ]
    text += [load_table(name, found["loads"][name], found["labels"]) for name in names if name in found["loads"]]
    return "\n\n".join(text) + "\n"


def first(found: dict[str, Any]) -> str:
    """The table that one sees first: one load, the servers most would choose from."""
    runs = {server: each for server, each in found["loads"].get(FIRST, {}).items() if server in FIRST_SERVERS}
    return f"{found['machine']['cpu']}, {found['date']}:\n\n{load_table(FIRST, runs, found['labels'])}\n"


def readmes(found: dict[str, Any]) -> dict[Path, str]:
    """What stands between the markers of each file."""
    image = "![CPU a delivery and p99 latency of the servers]({})\n\n"
    return {
        ROOT / "README.md": image.format(PICTURE.relative_to(ROOT)) + first(found),
        HERE / "RESULTS.md": image.format(PICTURE.name) + markdown(found, BESIDE_OTHERS),
        TEMPLATE / "yroom" / "MEASURED.md": markdown(found),
    }


def document(loads: dict[str, Runs], command: str) -> dict[str, Any]:
    """Everything, as it goes into the JSON file."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command,
        "machine": machine(),
        # As they were when they were measured: their versions move on.
        "labels": {name: SERVERS[name].label for runs in loads.values() for name in runs if name in SERVERS},
        "loads": loads,
    }


def save(found: dict[str, Any]) -> None:
    """Write the JSON file, the picture, and the tables in all files: what was found in one go, and nothing else."""
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    PICTURE.write_text(picture(found["loads"]))
    for readme, tables in readmes(found).items():
        before, _, rest = readme.read_text().partition(BEGIN)
        readme.write_text(f"{before}{BEGIN}{tables}{END}{rest.partition(END)[2]}")


# The picture: bars on a logarithmic scale, legible on light and on dark paper

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.heading { font-weight: 600 }
.ours { fill: #2f6fde } .theirs { fill: #9aa4b2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #5c9bff } .theirs { fill: #6e7681 } }
"""
PLOTTED = ("rooms", "room50", "room200")
# What is measured of others too, and of the editor.
BESIDE_OTHERS = tuple(name for name, load in LOADS.items() if "hocuspocus" in load.servers or name == "browser")
FIRST = "room50"
FIRST_SERVERS = ("yroom", "yroom-redis", "hocuspocus", "hocuspocus-redis", "y-websocket")
LEFT, BAR, LINE = 310, 300, 22


def picture(loads: dict[str, Runs]) -> str:
    """CPU and p99 of the typing loads, as SVG."""
    parts: list[str] = []
    y = 10
    for name in PLOTTED:
        if name not in loads:
            continue
        figures = {server: medians(runs) for server, runs in loads[name].items() if runs}
        figures = {server: each for server, each in figures.items() if each}
        y += 26
        parts.append(f'<text class="heading" x="10" y="{y}">{escape(LOADS[name].title)}</text>')
        parts.append(f'<text x="{LEFT}" y="{y}">CPU a delivery, µs</text>')
        parts.append(f'<text x="{LEFT + BAR + 80}" y="{y}">p99, ms</text>')
        columns: list[tuple[str, int, Callable[[float], float]]] = [
            ("cpu_us", LEFT, _scale(each.get("cpu_us", 0) for each in figures.values())),
            ("p99_ms", LEFT + BAR + 80, _scale(each.get("p99_ms", 0) for each in figures.values())),
        ]
        for server, each in figures.items():
            y += LINE
            lost = "" if each["delivered"] > 0.999 else f" ({100 * each['delivered']:.0f} % delivered)"
            kind = "ours" if server.startswith("yroom") else "theirs"
            parts.append(f'<text x="10" y="{y}">{escape(server)}{lost}</text>')
            for figure, x, scale in columns:
                if figure not in each:
                    parts.append(f'<text x="{x}" y="{y}">nothing was delivered</text>')
                    continue
                width = scale(each[figure])
                parts.append(f'<rect class="{kind}" x="{x}" y="{y - 12}" width="{width:.0f}" height="15" rx="2"/>')
                parts.append(f'<text x="{x + width + 6:.0f}" y="{y}">{number(each[figure])}</text>')
        y += 14
    width, height = LEFT + 2 * BAR + 150, y + 12
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _scale(values: Iterable[float]) -> Callable[[float], float]:
    """Lengths of bars on a logarithmic scale that begins a little below the least."""
    known = [value for value in values if 0 < value < float("inf")] or [1.0]
    least, most = min(known) / 2, max(known)
    return lambda value: BAR * math.log(min(max(value, least), most) / least) / math.log(most / least)
