"""A document as large as that of the well-known B4 editing trace: 223 KB of many small edits by several people."""

import random
from pathlib import Path

from pycrdt import Doc, Text

from .wire import TEXT

SIZE = 223_000
PEOPLE = 5


def document(folder: Path) -> bytes:
    """The document as one update, always the same; kept in a folder, since writing it takes a while."""
    path = folder / f"document-{SIZE}.bin"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_write())
    return path.read_bytes()


def _write() -> bytes:
    """Everybody types, jumps about and deletes; from time to time they hear of each other."""
    dice = random.Random(4)
    docs: list[Doc[Text]] = [Doc(client_id=1000 + number) for number in range(PEOPLE)]
    while len(docs[0].get_update()) < SIZE:
        for doc in docs:
            _edit(doc.get(TEXT, type=Text), dice)
        for doc in docs:
            for other in docs:
                doc.apply_update(other.get_update(doc.get_state()))
    return docs[0].get_update()


def _edit(text: Text, dice: random.Random) -> None:
    for _ in range(40):
        at = dice.randint(0, len(text))
        if dice.random() < 0.3 and at > 4:
            del text[at - dice.randint(1, 4) : at]
        else:
            for _ in range(dice.randint(1, 20)):
                text.insert(at, dice.choice("etaoin shrdlu"))
                at += 1
