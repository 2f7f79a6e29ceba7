"""What a line says of itself: the keys of the marker that ends it, as they may be drawn. See keys.ts."""

from typing import Any, Final, NamedTuple

from .kinds import KINDS, kind_of
from .values import CONTAINERS, INDENT, QUOTE, START, Get, is_id, is_number

LISTS: Final = ("bullet", "ordered", "task")
NUMBERS: Final = ("a", "A", "i", "I")
ALIGNMENTS: Final = ("left", "center", "right")
DIRECTIONS: Final = ("ltr", "rtl")

# kind (without it, a paragraph), table, list, start, numbers, checked, indent, quote, break, dir, align, cell, and what
# a kind says besides.
Keys = dict[str, Any]


class Cell(NamedTuple):
    """Which cell of which table a line stands in."""

    t: str
    r: str
    c: str


def read_keys(get: Get) -> Keys:
    """Keys as they may be drawn, from whatever `get` finds."""
    keys: Keys = {}
    kind = get("kind")
    if isinstance(kind, str) and kind in KINDS:
        keys |= {"kind": kind, **KINDS[kind].keys(get)}
    elif kind == "table" and is_id(get("table")):
        keys |= {"kind": kind, "table": get("table")}
    if "kind" not in keys:
        keys |= _list_keys(get)
    if indent := is_number(get("indent"), INDENT):
        keys["indent"] = indent
    if quote := is_number(get("quote"), QUOTE):
        keys["quote"] = quote
    shared = is_number(get("break"), CONTAINERS)
    if shared is not None:
        keys["break"] = shared
    dir_ = direction_of(get)
    kind_drawn = kind_of(keys)
    if dir_ and ("kind" not in keys or (kind_drawn is not None and kind_drawn.shape == "text")):
        keys["dir"] = dir_
    align = get("align")
    if isinstance(align, str) and align in ALIGNMENTS:
        keys["align"] = align
    cell = get("cell")
    if isinstance(cell, dict) and all(is_id(cell.get(name)) for name in Cell._fields):
        keys["cell"] = Cell(cell["t"], cell["r"], cell["c"])
    return keys


def direction_of(get: Get) -> str | None:
    """Which way something is read; None where it goes by its letters."""
    dir_ = get("dir")
    return dir_ if isinstance(dir_, str) and dir_ in DIRECTIONS else None


def _list_keys(get: Get) -> Keys:
    kind = get("list")
    if not isinstance(kind, str) or kind not in LISTS:
        return {}
    keys: Keys = {"list": kind}
    if kind == "task" and get("checked") is True:
        keys["checked"] = True
    if kind == "ordered":
        start = "on" if get("start") == "on" else is_number(get("start"), START)
        if start is not None and start != 1:
            keys["start"] = start
        numbers = get("numbers")
        if isinstance(numbers, str) and numbers in NUMBERS:
            keys["numbers"] = numbers
    return keys


def is_atom(keys: Keys) -> bool:
    """Whether the line is a thing in which nothing can be written: words that end up in it are drawn before it."""
    kind = kind_of(keys)
    return keys.get("kind") == "table" or (kind is not None and kind.shape == "atom")


def without(keys: Keys, *names: str) -> Keys:
    """The keys of a line where some say nothing."""
    return {name: value for name, value in keys.items() if name not in names}
