"""What came out: medians, ratios against the targets, tables, JSON, and a picture."""

import json
import platform
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from math import log
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
    """Where we want to stand: a figure of ours at most so many times another server's, or at most so much."""

    load: str
    ours: str
    figure: str
    most: float
    theirs: str = ""  # a server; empty: the limit is absolute
    their_figure: str = ""  # where it is another one

    def value(self, runs: Runs) -> float | None:
        """The figure, or its ratio to the other server's in the same run; None where it was not measured."""
        mine = [run[self.figure] for run in runs.get(self.ours, []) if self.figure in run and not run["void"]]
        if not mine:
            return None
        if not self.theirs:
            return median(mine)
        name = self.their_figure or self.figure
        pairs = zip(runs.get(self.ours, []), runs.get(self.theirs, []), strict=False)
        ratios = [
            one[self.figure] / other[name]
            for one, other in pairs
            if one.get(self.figure) is not None and other.get(name) and not one["void"]
        ]
        return median(ratios) if ratios else None

    def __str__(self) -> str:
        against = f"{self.most:g} x {self.theirs}" if self.theirs else f"{self.most:g}"
        if self.theirs and self.their_figure:
            against += f" ({self.their_figure})"
        return f"{self.load}: {self.ours} {self.figure} <= {against}"


def _typing_targets() -> Iterable[Target]:
    one, many = ("yroom", "hocuspocus"), ("yroom-redis", "hocuspocus-redis")
    yield Target("rooms", many[0], "cpu_us", 0.6, many[1])
    yield Target("rooms", many[0], "cpu_us", 0.15, "channels-yroom")
    yield Target("rooms", many[0], "p99_ms", 1, many[1])
    yield Target("rooms", many[0], "p99_ms", 1, "channels-yroom")
    yield Target("rooms", one[0], "cpu_us", 1, one[1])
    yield Target("rooms", one[0], "p99_ms", 30)
    for ours, theirs in (one, many):
        yield Target("room50", ours, "cpu_us", 0.5, theirs)
        yield Target("room200", ours, "p99_ms", 150)
        yield Target("room200", ours, "p99_ms", 0.05, theirs)
        yield Target("room200", ours, "cpu_us", 0.3, theirs)
        yield Target("watchers", ours, "p99_ms", 100)
        yield Target("idle", ours, "socket_kb", 1, theirs)
        yield Target("idle", ours, "cpu_percent", 1)
        yield Target("join", ours, "cpu_ms", 0.5, theirs)
        yield Target("neighbour", ours, "beside_p99_ms", 2, ours, "alone_p99_ms")
    yield Target("two", many[0], "p50_ms", 5)
    yield Target("two", one[0], "p50_ms", 2)
    yield Target("reopen", one[0], "cold_ms", 0.5, one[1])
    for more in ("yroom-2x1", "yroom-1x2", "yroom-2x2", "yroom-4x4"):
        yield Target("scaling", more, "cpu_us", 1.1, many[0])
        yield Target("spread", more, "cpu_us", 1.1, many[0])


TARGETS = tuple(_typing_targets())


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
    return {name: median(run[name] for run in valid if name in run) for name in (valid[0] if valid else ())}


def number(value: float) -> str:
    """Three digits are enough."""
    if value != value:
        return "?"
    if value == float("inf"):
        return "none"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def shown(name: str, value: float) -> str:
    """A figure as it stands in a table."""
    return f"{100 * value:.1f} %" if name in ("delivered", "synced") else number(value)


def load_table(name: str, runs: Runs, labels: dict[str, str]) -> str:
    """A load's figures, a line a server."""
    columns = LOADS[name].shown
    most = max((len(each) for each in runs.values()), default=0)
    title = f"{LOADS[name].title} ({most} run{'s' * (most != 1)})"
    lines = [f"| {title} | {' | '.join(heading for _, heading in columns)} |"]
    lines += ["|---|" + "---:|" * len(columns)]
    for server, each in runs.items():
        if not each:
            lines.append(f"| {labels.get(server, server)} | failed {'| ' * len(columns)}|")
            continue
        figures = medians(each)
        lacking = "none" if figures else "void"
        cells = [shown(figure, figures[figure]) if figure in figures else lacking for figure, _ in columns]
        lines.append(f"| {labels.get(server, server)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def target_table(results: dict[str, Runs]) -> str:
    """All targets, and whether they are met."""
    lines = ["| target | measured | |", "|---|---:|---|"]
    for target in TARGETS:
        value = target.value(results.get(target.load, {}))
        if value is not None:
            times = " x" if target.theirs else ""
            lines.append(f"| {target} | {number(value)}{times} | {'met' if value <= target.most else '**missed**'} |")
    return "\n".join(lines)


def markdown(found: dict[str, Any], names: Iterable[str] = LOADS) -> str:
    """The tables of some loads, with what they were measured on."""
    on = found["machine"]
    text = [
        f"{'Measured in parts, the last' if found.get('parts') else 'Measured'} on {found['date']} with "
        f"`{found['command']}`: {on['cpu']}, {on['memory']}, {on['system']}, Python "
        f"{on['python']}, Node {on['node']}, Redis {on['redis']}, commit {on['commit']}. One generator for all, on a "
        "core of its own; the servers in turn, and none asks for a login. A keystroke is an update and an awareness "
        "frame; CPU is that of all processes of a server, Redis included; latency is from sending to each receiver; "
        "where there are several runs, their medians. In Chromium, the editor is that of a site with its login.",
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
        HERE / "RESULTS.md": image.format(PICTURE.name) + markdown(found, (*PLOTTED, "browser")),
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
    """Write the JSON file, the picture, and the tables in all files; what was not run this time stays."""
    old = json.loads(RESULTS.read_text())["loads"] if RESULTS.exists() else {}
    merged = {name: {**old.get(name, {}), **found["loads"].get(name, {})} for name in LOADS}
    ordered = {name: {server: runs[server] for server in SERVERS if server in runs} for name, runs in merged.items()}
    loads = {name: runs for name, runs in ordered.items() if runs}
    # Lines of several sessions stand side by side, unless one session measured them all.
    found = {**found, "parts": loads != found["loads"], "loads": loads}
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
    return lambda value: BAR * log(min(max(value, least), most) / least) / log(most / least)
