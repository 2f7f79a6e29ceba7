"""What somebody wrote offline in a document of schema 1 that has become one of lines meanwhile.

His editor is too old to send it, and the document to take it. So the new editor hands it over as it is, and the server
writes what is new in it into the lines (rooms/text/carry.py): once, however often it is handed over.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Final

from django.core.cache import cache
from pycrdt import Doc

from yroom.conf import room_settings
from yroom.contents import Items, difference, merge
from yroom.document import YroomDocument

from .text.carry import carry
from .text.former import read_former
from .text.read import ReadLine, read
from .text.write import new_id

# Seconds after which somebody else may begin, though the one before never said that he is done.
PATIENCE: Final = 60


class BusyError(Exception):
    """Somebody else's words are being brought into the same document: to be tried again in a few seconds."""


async def bring(room_name: str, update: bytes, user: str = "") -> int:
    """Write what is new in an update of schema 1 into the document; return how many lines that is.

    Raises BusyError, DataUnavailable where it is not kept any more what the document was, ValueError for what is no
    update, and what YroomDocument raises.
    """
    # Whatever is done with what somebody sends, is not done on the event loop, where all others would wait.
    await asyncio.to_thread(Items, update)
    document = YroomDocument(room_name)
    async with _alone(room_name):
        state = await document.state()
        before = await document.former()
        edit, count, news = await asyncio.to_thread(_edit, room_name, state, before, update)
        if count:
            await document.apply(edit, user)
        if news:
            await document.keep_former(news, user=user)
    return count


def _edit(room_name: str, state: bytes, before: bytes, update: bytes) -> tuple[bytes, int, bytes]:
    """What is to be written into the document, how many lines that is, and what of the update was not known yet."""
    # Never taken into a document of the library's: it would take as long as its sender wants, and nothing else go on.
    together = merge([before, update])
    if len(together) > room_settings(room_name).max_room_size:
        raise ValueError("it makes the document larger than one may be")
    was, after = Items(before), Items(together)
    # What it deletes is not brought over.
    is_known = all(after.end(client) <= was.end(client) for client in after.clients)
    news = b"" if is_known else difference(before, together)
    # Known by its words: what this client has written once is there.
    client = int.from_bytes(sha256(room_name.encode() + update).digest()[:4])
    if client in Items(state).clients:
        return b"", 0, news
    doc: Doc[Any] = Doc(client_id=client)
    doc.apply_update(state)
    start = doc.get_state()
    count = carry(doc, _lines(was), _lines(after))
    return doc.get_update(start), count, news


@asynccontextmanager
async def _alone(room_name: str) -> AsyncIterator[None]:
    key = f"rooms.offline.{room_name}"
    if not await cache.aadd(key, 1, PATIENCE):
        raise BusyError
    try:
        yield
    finally:
        await cache.adelete(key)


def _lines(items: Items) -> list[ReadLine]:
    return read(read_former(items), new_id).lines
