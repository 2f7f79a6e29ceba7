"""Where the words of a thread stand: two relative positions of Yjs, each in base64, as editors make them.

Only editors look where that is: the server keeps them. (pycrdt's sticky index reads them too, but counts in bytes where
they count in UTF-16: behind a letter beyond ASCII it is off.) A copy of a document keeps the ids of all that is written
in it, so the places in the one are those in the other.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

# How a position beside a letter begins. (One at an end of the whole text would be of no words.)
LETTER: Final = 0
LARGEST: Final = 2**53


def is_place(text: str) -> bool:
    """Whether an editor may have made this position."""
    try:
        _read(iter(base64.b64decode(text, validate=True)))
    except (binascii.Error, ValueError, StopIteration):
        return False
    return True


def _read(data: Iterator[int]) -> None:
    if next(data) != LETTER:
        raise ValueError("no position beside a letter")
    # Who wrote the letter, and which of theirs it is.
    _number(data)
    _number(data)
    # Whether it holds to the letter from its left or from its right; Yjs's older versions leave that out.
    if len(bytes(data)) > 1:
        raise ValueError("more than a position")


def _number(data: Iterator[int]) -> int:
    """A number as Yjs writes it: seven bits a byte, the lowest first."""
    number, worth = 0, 1
    while True:
        byte = next(data)
        number += (byte & 127) * worth
        if number > LARGEST:
            raise ValueError("a number that is too large")
        if byte < 128:
            return number
        worth *= 128
