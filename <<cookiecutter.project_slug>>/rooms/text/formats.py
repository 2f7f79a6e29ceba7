"""Marks as acts: a format with a key and an ordered value of its own each time somebody puts one on. See formats.ts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yroom.contents import utf16_length

from .tree import Mark
from .values import ADDRESS, ID, SAFE_INTEGER, is_integer, is_text, unit_order

# The formats in force at a place of the text, keys of acts among them.
Formats = Mapping[str, Any]

# What a mark is over a letter: its address for a link, True for others; not there where it is off.
Wanted = dict[str, str | bool]


@dataclass(frozen=True)
class MarkKind:
    """A mark: the letter that its keys begin with, and its name in the tree."""

    letter: str
    name: str
    # What a value holds besides its order.
    attribute: str | None = None


# In the order in which they enclose each other in the tree.
MARKS: Final = (
    MarkKind("l", "link", "href"),
    MarkKind("b", "bold"),
    MarkKind("c", "code"),
    MarkKind("i", "italic"),
    MarkKind("s", "strike"),
    MarkKind("u", "underline"),
    MarkKind("h", "highlight"),
)
BY_LETTER: Final = {mark.letter: mark for mark in MARKS}
BY_NAME: Final = {mark.name: mark for mark in MARKS}
# It hides all others.
CODE: Final = "c"


def letter_of(key: str) -> str | None:
    return key[0] if key[1:2] == ":" and utf16_length(key) <= ID and key[0] in BY_LETTER else None


def order_of(value: Any) -> int:
    """The order of an act, 0 if it is none."""
    order: Any = value.get("t") if isinstance(value, dict) else value
    return abs(int(order)) if is_integer(order) and abs(order) <= SAFE_INTEGER else 0


def says_of(letter: str, value: Any) -> str | bool | None:
    """What an act says: on (an address for a link), or None for off."""
    if BY_LETTER[letter].attribute:
        return is_text(value.get("href"), ADDRESS) if isinstance(value, dict) else None
    return True if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def on_of(order: int, says: str | bool) -> Any:
    """The value of an act that puts a mark on."""
    return {"t": order, "href": says} if isinstance(says, str) else order


def wanted_by(formats: Formats) -> Wanted:
    """What is on by the acts in force, what code hides included."""
    greatest: dict[str, tuple[int, bytes, str]] = {}
    for key, value in formats.items():
        letter, order = letter_of(key), order_of(value)
        if letter and order:
            act = order, unit_order(key), key
            greatest[letter] = max(greatest.get(letter, act), act)
    wanted: Wanted = {}
    for letter, (_, _, key) in greatest.items():
        says = says_of(letter, formats[key])
        if says is not None:
            wanted[letter] = says
    return wanted


def marks_of(formats: Formats) -> tuple[Mark, ...]:
    """What is drawn under these formats."""
    return marks_for(wanted_by(formats)) if formats else ()


def marks_for(wanted: Wanted) -> tuple[Mark, ...]:
    marks = []
    for mark in MARKS:
        says = wanted.get(mark.letter) if mark.letter == CODE or CODE not in wanted else None
        if says is not None:
            marks.append(Mark(mark.name, says if isinstance(says, str) else None))
    return tuple(marks)


def wanted_in(marks: tuple[Mark, ...]) -> Wanted:
    """What these marks of a tree say."""
    wanted: Wanted = {}
    for mark in marks:
        kind = BY_NAME.get(mark.type)
        says = None if kind is None else is_text(mark.href, ADDRESS) if kind.attribute else True
        if kind is not None and says is not None:
            wanted[kind.letter] = says
    return wanted


def same_formats(one: Formats, other: Formats) -> bool:
    return one == other or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
