"""What one state of a document has beyond another."""

import random
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from yroom.contents import Items, ProtocolError, difference, joined
from yroom.crdt.protocol import EMPTY_UPDATE, write_var_bytes, write_var_uint


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


IN_TEXT = b"\x04\x01\x04text"
IN_A_KEY = b"\x24\x01\x04text\x03key"


def at_one_place(number: int, place: bytes = IN_TEXT) -> bytes:
    """What so many people have written at the same place, without having seen the others' words."""
    parts = [write_var_uint(number)]
    for client in range(1, number + 1):
        parts += (b"\x01", write_var_uint(client), b"\0", place, b"\x01x")
    return b"".join(parts) + b"\0"


def in_pieces(number: int) -> bytes:
    """A text of somebody's, and as many words in it by somebody else: from its end, so that each cuts what is left."""
    words = b"x" * 10 * number
    parts = [b"\x02\x01\x01\0\x04\x01\x04text", write_var_bytes(words), write_var_uint(number), b"\x02\0"]
    for at in range(number, 0, -1):
        parts += (b"\x84\x01", write_var_uint(10 * at - 2), b"\x01y")
    return b"".join(parts) + b"\0"


def test_what_takes_as_long_as_its_square_is_not_read() -> None:
    """Whoever asks for it would wait for hours, and with them all that runs beside it."""
    assert len(list(Items(at_one_place(2000)).root("text").items())) == 2000
    assert len(list(Items(in_pieces(100)).root("text").items())) == 201
    for state in (at_one_place(10_000), at_one_place(10_000, IN_A_KEY), in_pieces(10_000)):
        with pytest.raises(ProtocolError, match="too long"):
            Items(state)
