"""An update as the library can read it, and as all who are sent it read it alike."""

from collections.abc import Collection, Set
from typing import Final

from .protocol import read_var_bytes, write_var_bytes
from .update_reader import HAS_KEY, HAS_ORIGIN, HAS_RIGHT, Contents, Reader

# What Yjs puts in place of each half of a character that is cut in two, and of a half that stands alone.
REPLACEMENT: Final = "\ufffd"


def patched(update: bytes, contents: Contents) -> bytes:
    """An update as the library can read it, and all who are sent it read it alike.

    Halves of characters in JSON become replacements, as they do everywhere else when a browser writes them, and
    integers that only JavaScript's BigInt holds become numbers. Lengths stay the same.
    """
    if not contents.patches:
        return update
    data = bytearray(update)
    for at, patch in contents.patches:
        data[at : at + len(patch)] = patch
    return bytes(data)


def halved(update: bytes, halves: Collection[tuple[int, int]]) -> bytes:
    """An update in which these characters, given by their second halves, are two replacements each: as long as before.

    That is what browsers make of a character that is cut in two.
    """
    by_client: dict[int, set[int]] = {}
    for client, half in halves:
        by_client.setdefault(client, set()).add(half)
    contents = Reader(update).contents()
    pieces: list[bytes] = []
    done = 0
    for client, structs in contents.structs.items():
        mine = by_client.get(client)
        if mine is None:
            continue
        for struct, (start, end) in zip(structs, contents.spans[client], strict=True):
            if struct.halves and not mine.isdisjoint(struct.halves):
                at = _text_start(update, start)
                text, _ = read_var_bytes(update, at)
                pieces += (update[done:at], write_var_bytes(_without(text, struct.clock, mine)))
                done = end
    return b"".join((*pieces, update[done:])) if pieces else update


def _text_start(update: bytes, at: int) -> int:
    """Where the text of a struct begins, with its length."""
    reader = Reader(update)
    reader.at = at
    info = reader.byte()
    for _ in range(2 * bool(info & HAS_ORIGIN) + 2 * bool(info & HAS_RIGHT)):
        reader.number()
    if not info & (HAS_ORIGIN | HAS_RIGHT):
        if reader.number() == 1:
            reader.text()
        else:
            reader.number()
            reader.number()
        if info & HAS_KEY:
            reader.text()
    return reader.at


def _without(text: bytes, clock: int, halves: Set[int]) -> bytes:
    out = []
    for character in text.decode():
        clock += 1 + (character > "\uffff")
        out.append(2 * REPLACEMENT if character > "\uffff" and clock - 1 in halves else character)
    return "".join(out).encode()
