"""A document as large as that of the well-known B4 editing trace: 223 KB of many small edits by several people."""

import random
from collections.abc import Iterator
from pathlib import Path

from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from .wire import TEXT

SIZE = 223_000
PEOPLE = 5
# Where the editor keeps its document.
FIELD = "default"
PARAGRAPHS = 300


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


def _edit(text: Text | XmlText, dice: random.Random, times: int = 40) -> None:
    for _ in range(times):
        at = dice.randint(0, len(text))
        if dice.random() < 0.3 and at > 4:
            del text[at - dice.randint(1, 4) : at]
        else:
            for _ in range(dice.randint(1, 20)):
                text.insert(at, dice.choice("etaoin shrdlu"))
                at += 1


def paragraphs(folder: Path) -> bytes:
    """A document of the same size and making as the editor keeps it: paragraphs of text in a fragment."""
    path = folder / f"paragraphs-{SIZE}.bin"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_write_paragraphs())
    return path.read_bytes()


def _write_paragraphs() -> bytes:
    dice = random.Random(4)
    docs: list[Doc[XmlFragment]] = [Doc(client_id=1000 + number) for number in range(PEOPLE)]
    first = docs[0].get(FIELD, type=XmlFragment)
    for _ in range(PARAGRAPHS):
        first.children.append(XmlElement("paragraph", {}, [XmlText("A few words to begin with.")]))
    while len(docs[0].get_update()) < SIZE:
        for doc in docs:
            for other in docs:
                doc.apply_update(other.get_update(doc.get_state()))
        for doc in docs:
            for _ in range(10):
                paragraph = doc.get(FIELD, type=XmlFragment).children[dice.randrange(PARAGRAPHS)]
                assert isinstance(paragraph, XmlElement)
                text = paragraph.children[0]
                assert isinstance(text, XmlText)
                _edit(text, dice, 4)
    return docs[0].get_update()


LARGE = 20_000_000


def large(folder: Path) -> list[bytes]:
    """A document of 20 MB in paragraphs, as the updates that make it one after the other; kept in a folder too."""
    path = folder / f"large-{LARGE}.bin"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(len(piece).to_bytes(4, "big") + piece for piece in _write_large()))
    data, at, pieces = path.read_bytes(), 0, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        pieces.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return pieces


def _write_large() -> Iterator[bytes]:
    """Somebody writes for a while, then the next one goes on."""
    dice = random.Random(4)
    docs: list[Doc[XmlFragment]] = [Doc(client_id=1000 + number) for number in range(PEOPLE)]
    size = 0
    while size < LARGE:
        for doc in docs:
            before = doc.get_state()
            children = doc.get(FIELD, type=XmlFragment).children
            with doc.transaction():
                for _ in range(500):
                    words = (dice.choice(("the", "quick", "brown", "foxes", "jump", "over")) for _ in range(30))
                    # At the front: to find the end of so many paragraphs takes too long.
                    children.insert(0, XmlElement("paragraph", {}, [XmlText(" ".join(words))]))
            piece = doc.get_update(before)
            size += len(piece)
            yield piece
            for other in docs:
                if other is not doc:
                    other.apply_update(piece)
