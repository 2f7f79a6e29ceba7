"""What comes out of a document is nobody's in particular: these look at it without trusting it."""

import re
from collections.abc import Callable
from typing import Any, Final

from yroom.contents import utf16_length

# What is drawn at most. Larger values stay in the text as they are. As in values.ts.
INDENT: Final = 8
QUOTE: Final = 4
CONTAINERS: Final = 100
START: Final = 1_000_000_000
# Letters of an address, a language, an id.
ADDRESS: Final = 8_000
WORDS: Final = 4_000
LANGUAGE: Final = 40
ID: Final = 40
RANK: Final = 200
SIZE: Final = 10_000
TABLES: Final = 500
COLUMNS: Final = 200
CELLS: Final = 20_000
# Formats in force at one place: see formats.py.
FORMATS: Final = 128

SAFE_INTEGER: Final = 2**53 - 1
LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_SURROGATE = re.compile("[\ud800-\udfff]")

# Looks a key up; UNDEFINED without one.
Get = Callable[[str], Any]


def is_integer(value: Any) -> bool:
    """Whether JavaScript would call it an integer: a float without a fraction is one, a truth value is none."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any, most: int) -> int | None:
    """A whole number from 0 to `most`, larger ones clamped; or None."""
    return min(int(value), most) if is_integer(value) and value >= 0 else None


def is_text(value: Any, longest: int) -> str | None:
    return value if isinstance(value, str) and utf16_length(value) <= longest else None


def is_id(value: Any) -> bool:
    """Ids are parts of keys with slashes between them."""
    return isinstance(value, str) and 0 < utf16_length(value) <= ID and "/" not in value


def unit_order(text: str) -> bytes:
    """What sorts texts as JavaScript does: by units of UTF-16."""
    return text.encode("utf-16-be", "surrogatepass")


def well_formed(text: str) -> str:
    """Half a letter would be one thing in one copy of a text and another in the next."""
    return _SURROGATE.sub("\ufffd", text)


def fresh_id(choose: Callable[[str], str], length: int = 8) -> str:
    """An id that nobody else makes; `choose` is such as `random.choice`."""
    return "".join(choose(LETTERS) for _ in range(length))
