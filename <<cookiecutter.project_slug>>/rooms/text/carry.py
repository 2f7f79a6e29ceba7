"""Carries what somebody changed in a document of schema 1 into the text of lines that it has become meanwhile.

What was changed in a line goes into that line, if it still reads as it did; whatever else is new stands as lines of its
own behind the nearest line that is still there. So words may stand twice, where two people changed one line, and none
is lost. What was deleted there stays here: somebody may have gone on with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from pycrdt import Doc
from pycrdt import Text as SharedText

from ..changes import change, shared
from .keys import without
from .pieces import Line
from .read import ReadLine
from .text import TEXT, Text
from .write import NewLine, insert_lines

# Places at which lines are written: what is behind them stands at the last one.
MOST_PLACES: Final = 30
MANY: Final = 10_000
# Letters that two versions of a line must share to be taken for one, of those that the shorter has.
ALIKE: Final = 0.5


@dataclass
class Carried:
    """What is to be written: where another text is to stand in a line, and new lines by what they stand behind."""

    texts: dict[int, str]
    lines: dict[int, list[NewLine]]

    def __len__(self) -> int:
        return len(self.texts) + sum(map(len, self.lines.values()))


def carry(doc: Doc[Any], before: Sequence[ReadLine], after: Sequence[ReadLine]) -> int:
    """Write into a document what is new in the lines `after` beside those `before`; return how many lines that is."""
    shown = [line for line in Text(doc.get_update()).lines if not line.is_hidden]
    carried = _compared(before, after, shown)
    counts = [0]
    for line in shown:
        counts.append(counts[-1] + ("cell" not in line.keys))
    with doc.transaction():
        # From the end: what is written moves nothing before it.
        for place in sorted(carried.lines, reverse=True):
            insert_lines(doc, carried.lines[place], counts[place + 1])
        text: SharedText = doc.get(TEXT, type=SharedText)
        current = {line.root.ref: line for line in Text(doc.get_update()).lines}
        for place in sorted(carried.texts, key=lambda each: shown[each].root.number, reverse=True):
            line = current[shown[place].root.ref]
            change(text, line.text, carried.texts[place], line.root.start)
    return len(carried)


def _compared(before: Sequence[ReadLine], after: Sequence[ReadLine], shown: Sequence[Line]) -> Carried:
    old, new = ([_words(line) for line in lines] for lines in (before, after))
    places: dict[int, int] = {}  # of the old lines, those that are still there
    for block in _matcher(old, [line.text for line in shown]).get_matching_blocks():
        places |= {block.a + each: block.b + each for each in range(block.size)}
    carried = Carried({}, {})
    for tag, start, end, first, last in _matcher(old, new).get_opcodes():
        if tag in ("equal", "delete"):
            continue
        at = start
        for each in range(first, last):
            match = next((line for line in range(at, end) if _alike(old[line], new[each])), None)
            if match is not None:
                at = match + 1
            if match is not None and match in places and _is_plain(shown[places[match]]):
                carried.texts[places[match]] = new[each]
            elif new[each] or after[each].keys.get("kind") == "image":
                behind = next((places[line] for line in range(at - 1, -1, -1) if line in places), -1)
                if len(carried.lines) >= MOST_PLACES:
                    behind = max(carried.lines)
                keys = without(after[each].keys, "cell", "align", "break", "table")
                keys = keys if keys.get("kind") != "table" else without(keys, "kind")
                carried.lines.setdefault(behind, []).append(NewLine(after[each].runs, keys))
    return carried


def _matcher(one: list[str], other: list[str]) -> SequenceMatcher[str]:
    # Of very many lines those that are there over and over are of no help, and take long.
    return SequenceMatcher(None, one, other, autojunk=len(one) + len(other) > MANY)


def _is_plain(line: Line) -> bool:
    """Whether its letters stand in the text as they do in it."""
    return len(line.pieces) == 1 and all(run.thing is None for run in line.runs)


def _words(line: ReadLine) -> str:
    return "".join(run.text for run in line.runs)


def _alike(one: str, other: str) -> bool:
    """Whether two lines are versions of one: by what they begin and end with."""
    start, end = shared(one, other)
    return bool(one) and bool(other) and start + end >= ALIKE * min(len(one), len(other))
