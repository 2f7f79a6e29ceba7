"""Ranks order what several people put between the same two neighbours, letter by letter. See ranks.ts."""

from collections.abc import Callable
from typing import Final

from .values import LETTERS as DIGITS

LONGEST: Final = 150


def rank_between(low: str | None, high: str | None, choose: Callable[[str], str]) -> str:
    """A rank between two others; None is an open end. Two people who ask at once get different ones.

    Where nothing fits, because they are out of order or as long as can be, it comes right behind the lower one.
    `choose` is such as `random.choice`: a rank ends at random.
    """
    below = low or ""
    rank, above = "", high

    def tail() -> str:
        # Never a zero at the end: nothing would fit below it.
        return choose(DIGITS[1:]) + choose(DIGITS[1:])

    def digit(text: str, place: int) -> int:
        return DIGITS.find(text[place]) if place < len(text) else -1

    for place in range(LONGEST):
        start = max(digit(below, place), 0)
        end = len(DIGITS) if above is None else digit(above, place)
        if above is not None and end < start:
            break
        if end - start > 1:
            return rank + choose(DIGITS[start + 1 : end]) + tail()
        rank += DIGITS[start]
        if above is not None and end > start:
            above = None
    return below[:LONGEST] + DIGITS[len(DIGITS) // 2] + tail()


def ranks(count: int, choose: Callable[[str], str]) -> list[str]:
    """So many ranks in ascending order, with room between them."""
    width = 1
    while len(DIGITS) ** width <= count:
        width += 1
    step = len(DIGITS) ** width // (count + 1)
    return [_written(step * (place + 1), width) + choose(DIGITS[1:]) + choose(DIGITS[1:]) for place in range(count)]


def _written(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits
