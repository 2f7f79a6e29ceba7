"""What one state of a document has beyond another."""

import random
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from yroom.contents import Items, difference, joined
from yroom.crdt.protocol import EMPTY_UPDATE


def edited(state: bytes, dice: random.Random) -> bytes:
    """A state after somebody has been at work on it, somebody new perhaps."""
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    text, table = doc.get("text", type=Text), doc.get("tables", type=Map)
    for _ in range(dice.randrange(12)):
        size = len(text)
        at = dice.randint(0, size)
        match dice.randrange(5):
            case 0 if size:
                del text[at : min(size, at + dice.randint(1, 9))]
            case 1:
                text.insert_embed(at, Map({"kind": "heading"}))
            case 2 if size:
                text.format(at, size, {f"b:{dice.randrange(9)}": dice.randrange(2)})
            case 3:
                table[str(dice.randrange(3))] = dice.random()
            case _:
                text.insert(at, dice.choice(["word", "other words ", "x"]))
    return doc.get_update()


def said(state: bytes) -> tuple[Any, ...]:
    """What a state says: byte for byte two that say the same may differ."""
    items = Items(state)
    runs = [
        (each.client, each.clock + unit, each.kind, each.deleted)
        for each in items.root("text").items()
        for unit in range(each.length)
    ]
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    return runs, str(doc.get("text", type=Text)), doc.get("tables", type=Map).to_py()


@pytest.mark.parametrize("number", range(40))
def test_a_state_of_an_earlier_one_and_what_is_different(number: int) -> None:
    dice = random.Random(random.random())
    states = [edited(EMPTY_UPDATE, dice)]
    for _ in range(6):
        states.append(edited(states[-1], dice))
    for before in range(len(states)):
        for after in range(before, len(states)):
            changes = difference(states[before], states[after])
            assert said(joined(states[before], changes)) == said(states[after])
            if before == after:
                assert changes == EMPTY_UPDATE


def test_what_was_deleted_before_is_not_said_again() -> None:
    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)
    text.insert(0, "word " * 2000)
    for at in range(1000):
        del text[at * 3 : at * 3 + 2]
    before = doc.get_update()
    text.insert(0, "x")
    after = doc.get_update()
    assert len(doc.get_update(doc.get_state())) > 2000
    assert len(difference(before, after)) < 40
    # But what is, is: here the beginning of a part that was deleted in part before.
    del text[0:3]
    assert said(joined(after, difference(after, doc.get_update()))) == said(doc.get_update())


def test_what_is_no_state_is_refused() -> None:
    for states in ((b"\x01", EMPTY_UPDATE), (EMPTY_UPDATE, b"\x01\x01")):
        with pytest.raises((ValueError, RuntimeError)):
            difference(*states)
