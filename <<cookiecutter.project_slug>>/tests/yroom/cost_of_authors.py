"""What it costs to know who wrote what: `uv run --no-sync pytest -n0 -s tests/yroom/cost_of_authors.py`.

No test, as it says how fast a machine is. Four people type in turn, letter by letter, in one place and in many, as the
log gets it. It prints, for each keystroke, what it takes of the processor as it is stored and as it is folded into the
snapshot, and how many bytes are kept of it then: as it is, and where nothing is noted of who made it.
"""

import random
import sys
from collections.abc import Iterator
from time import process_time
from typing import Any

import pytest
from django.db import connection
from pycrdt import Doc, Text

from yroom.models import AuthorNote, RoomUpdate
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

KEYSTROKES = 20_000
# In so many at once the worker writes them, and folds them: see COMPACT_UPDATES.
TOGETHER, FOLDED = 20, 500
PARTS = ("page_size", "page_count", "freelist_count")


def typed(apart: bool) -> Iterator[tuple[bytes, int]]:
    """Keystrokes, with who made each."""
    dice = random.Random(1)
    docs: list[Doc[Any]] = [Doc(client_id=number + 1) for number in range(4)]
    texts = [doc.get("text", type=Text) for doc in docs]
    for number in range(KEYSTROKES):
        who = number // 50 % 4
        doc, text = docs[who], texts[who]
        before = doc.get_state()
        text.insert(dice.randrange(len(text) + 1) if apart else len(text), dice.choice("abcdefgh "))
        update = doc.get_update(before)
        for other in docs:
            other.apply_update(update)
        yield update, who


def bytes_of_the_database() -> int:
    """As far as something is in it."""
    with connection.cursor() as cursor:
        size, count, free = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in PARTS)
    return int(size * (count - free))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("apart", [False, True], ids=["in one place", "in many"])
def test_cost(apart: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    keystrokes = list(typed(apart))
    sys.stdout.write(f"\n{KEYSTROKES} keystrokes {'in many places' if apart else 'in one place'}; each:\n")
    for is_noted in (False, True):
        store, spent = DatabaseStorage(), {"stored": 0.0, "folded": 0.0}
        store.delete("room.1")
        before = bytes_of_the_database()
        with monkeypatch.context() as without:
            if not is_noted:
                without.setattr("yroom.store.authors.of_log", lambda *_: [])
            for start in range(0, KEYSTROKES, TOGETHER):
                entries = [Entry("room.1", update, str(who)) for update, who in keystrokes[start : start + TOGETHER]]
                began = process_time()
                store.append(entries)
                spent["stored"] += process_time() - began
                if not (start + TOGETHER) % FOLDED:
                    began = process_time()
                    store.compact("room.1")
                    spent["folded"] += process_time() - began
        assert not RoomUpdate.objects.exists()
        micros = "".join(f"{name} {1e6 * seconds / KEYSTROKES:5.1f} µs, " for name, seconds in spent.items())
        size = (bytes_of_the_database() - before) / KEYSTROKES
        who = "with its author" if is_noted else "with none"
        sys.stdout.write(f"{who:<16}{micros}{size:5.2f} bytes kept, {AuthorNote.objects.count()} notes in all\n")
