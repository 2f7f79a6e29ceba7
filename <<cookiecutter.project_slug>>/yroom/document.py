"""Reading and editing documents on the server, and reaching the people who have them open.

    document = YroomDocument("textcollab.42")
    text = await document.export_text("content")
    async with document.edit() as doc:
        doc.get("content", type=Text).insert(0, "Hello ")

It works from any process, on a room that is open and on one that is not, and every call ends within
`YROOM["CALL_TIMEOUT"]` seconds.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar
from xml.sax.saxutils import escape, quoteattr

from asgiref.sync import sync_to_async
from pycrdt import Array, Doc, Map, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

from .conf import engine_settings, prefixes, room_settings
from .crdt import causal_index, causal_order, library
from .crdt.authors import Note
from .crdt.protocol import EMPTY_UPDATE
from .exceptions import CallFailedError, DataUnavailable, StoredRoomDamagedError, YroomTimeout
from .sharding import shard_of, shards_of
from .store import upgrade
from .store.base import Entry, author_storage, get_storage
from .web.hub import embedded_worker
from .wire import calls
from .wire.calls import layer_and_mode

__all__ = ["CallFailedError", "DataUnavailable", "YroomDocument", "YroomTimeout", "begin", "is_stored", "recheck_user"]

Shared = TypeVar("Shared", Map[Any], Array[Any], Text, XmlFragment)

# Seconds to wait for a worker when all that is lost is a notice.
NOTICE_TIMEOUT = 1.0


class YroomDocument:
    """A room's document, seen from the server."""

    def __init__(self, room_name: str) -> None:
        self.room_name = room_name

    async def export_map(self, name: str) -> dict[str, Any]:
        """A shared map as a dict. Raises DataUnavailable or YroomTimeout, as all exports do."""
        exported: dict[str, Any] = (await self._root(name, Map)).to_py() or {}
        return exported

    async def export_array(self, name: str) -> list[Any]:
        """A shared array as a list."""
        exported: list[Any] = (await self._root(name, Array)).to_py() or []
        return exported

    async def export_text(self, name: str) -> str:
        """A shared text as a string, without its formatting."""
        return str(await self._root(name, Text))

    async def export_xml_fragment(self, name: str) -> str:
        """A shared XML fragment as escaped XML; formatted text stands in elements named after its marks."""
        return _xml(await self._root(name, XmlFragment))

    async def state(self) -> bytes:
        """The whole document as one update; raises DataUnavailable for a room nobody ever wrote in."""
        try:
            if _worker_is_elsewhere():
                state: bytes = await calls.call(shard_of(self.room_name), self.room_name, calls.STATE)
            else:
                stored = await _in_thread(partial(upgrade.load, self.room_name))
                roots = causal_index.roots(room_settings(self.room_name).roots)
                state = library.encode((await _in_thread(partial(causal_order.join, stored.updates, roots)))[0])
        except CallFailedError as error:
            raise DataUnavailable(str(error)) from error
        if state == EMPTY_UPDATE:
            raise DataUnavailable(self.room_name)
        return state

    async def apply(self, update: bytes, user: str = "") -> None:
        """Apply a Yjs update for everybody and return once it is committed. Raises CallFailedError or YroomTimeout."""
        if _worker_is_elsewhere():
            await calls.call(shard_of(self.room_name), self.room_name, calls.APPLY, bytes(update), user)
        else:
            await _in_thread(partial(_append, Entry(self.room_name, update, user)))

    async def former(self, schema: int | None = None) -> bytes:
        """The document as it was when it was of an older schema, see the setting UPGRADE; None is before any number.

        Raises DataUnavailable where nothing of it is kept (any more).
        """
        storage = upgrade.upgrading(self.room_name)
        updates = await _in_thread(partial(storage.former, self.room_name, schema))
        if not updates:
            raise DataUnavailable(f"nothing is kept of what {self.room_name} was")
        return library.encode((await _in_thread(partial(causal_order.join, updates)))[0])

    async def keep_former(self, update: bytes, schema: int | None = None, user: str = "") -> None:
        """Keep an update of an older schema that came too late with what the document was; it changes nothing else."""
        storage = upgrade.upgrading(self.room_name)
        await _in_thread(partial(storage.keep_former, self.room_name, schema, bytes(update), user))

    async def delete(self) -> None:
        """Forget all of the document, after closing its sockets with 4404. Raises CallFailedError."""
        if _worker_is_elsewhere():
            # Without a worker nobody has it open, and nobody would delete it later.
            with suppress(YroomTimeout):
                await calls.call(shard_of(self.room_name), self.room_name, calls.DELETE)
                return
        await _in_thread(partial(get_storage(self.room_name).delete, self.room_name))

    async def repaired(self) -> None:
        """Let people in again at once after the document's storage was repaired, see repair.py. Raises YroomTimeout.

        Where it is open all the while, the one in memory is stored whole, with what the damaged rows had brought.
        """
        if _worker_is_elsewhere():
            await calls.call(shard_of(self.room_name), self.room_name, calls.REPAIRED)

    @asynccontextmanager
    async def edit(self, user: str = "") -> AsyncIterator[Doc[Any]]:
        """Edit a copy of the document; on leaving, what changed is applied for everybody, all of it or nothing."""
        doc: Doc[Any] = Doc()
        with suppress(DataUnavailable):
            library.apply(doc, await self.state())
        changes: list[bytes] = []

        def keep(event: TransactionEvent) -> None:
            changes.append(event.update)

        subscription = doc.observe(keep)
        try:
            yield doc
        finally:
            doc.unobserve(subscription)
        if changes:
            await self.apply(causal_order.merge(changes), user)

    async def notify(self, message: dict[str, Any]) -> None:
        """Send a JSON object to everybody in the room whose client speaks yroom.1."""
        if _worker_is_elsewhere():
            await calls.call(shard_of(self.room_name), self.room_name, calls.NOTIFY, message, timeout=NOTICE_TIMEOUT)

    async def recheck(self, user_id: Any = "") -> None:
        """Have the permissions of the room's open sockets (or one user's) looked at again, at once."""
        if _worker_is_elsewhere():
            await calls.call(
                shard_of(self.room_name), self.room_name, calls.RECHECK, str(user_id), timeout=NOTICE_TIMEOUT
            )

    async def _root(self, name: str, kind: type[Shared]) -> Shared:
        doc: Doc[Any] = Doc()
        library.apply(doc, await self.state())
        if name not in doc.keys():  # noqa: SIM118
            raise DataUnavailable(f"{self.room_name} has no {name}")
        root: Shared = doc.get(name, type=kind)
        return root


async def recheck_user(user_id: Any) -> None:
    """Have the permissions of all of a user's open sockets looked at again."""
    if not _worker_is_elsewhere():
        return
    channels = {room_settings(prefix).channel_name for prefix in prefixes()}
    shards = [shard for channel in channels for shard in shards_of(channel)]
    asked = [calls.call(shard, "", calls.RECHECK, str(user_id), timeout=NOTICE_TIMEOUT) for shard in shards]
    for result in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def begin(room_name: str, doc: Doc[Any] | bytes, user: str = "", notes: Sequence[Note] = ()) -> None:
    """Store the document of a new room, in the transaction in which the site makes it: nobody can have it open yet.

    A long one is better given as an update, which was made before. `notes` are of a room whose copy it is: see
    `yroom.authors.copied()`.
    """
    storage = author_storage(room_name)
    if storage is not None and notes:
        storage.note(room_name, notes)
    _append(Entry(room_name, doc if isinstance(doc, bytes) else library.encode(doc), user))


def is_stored(room_name: str) -> bool:
    """Whether anything was ever written in a room, be it deleted again or damaged since."""
    try:
        return bool(get_storage(room_name).load(room_name).updates)
    except StoredRoomDamagedError:
        return True


def _worker_is_elsewhere() -> bool:
    """Whether there is a worker to ask.

    An embedded worker lives on the event loop of its web process. Seen from elsewhere (a management command, a test)
    there is none, no room is open, and the store is all there is.
    """
    _, embedded = layer_and_mode()
    return not embedded or embedded_worker() is not None


def _append(entry: Entry) -> None:
    upgrade.bring_up(entry.room)
    get_storage(entry.room).append([entry])


async def _in_thread(function: Any) -> Any:
    async with asyncio.timeout(engine_settings().call_timeout):
        return await sync_to_async(function, thread_sensitive=True)()


def _xml(node: XmlFragment | XmlElement | XmlText) -> str:
    if isinstance(node, XmlText):
        return "".join(_marked(str(text), marks) for text, marks in node.diff())
    inner = "".join(_xml(child) for child in node.children)
    if not isinstance(node, XmlElement):
        return inner
    pairs: list[tuple[str, Any]] = list(node.attributes)  # type: ignore[call-overload]  # a view that is typed wrongly
    attributes = "".join(f" {key}={quoteattr(_plain(value))}" for key, value in sorted(pairs))
    return f"<{node.tag}{attributes}>{inner}</{node.tag}>"


def _marked(text: str, marks: dict[str, Any] | None) -> str:
    xml = escape(text)
    for mark, value in sorted((marks or {}).items()):
        # Marks that may overlap themselves carry a suffix, as in comment--aBcDeFgH.
        tag = mark.split("--")[0]
        attributes = sorted(value.items()) if isinstance(value, dict) else []
        xml = f"<{tag}{''.join(f' {key}={quoteattr(_plain(part))}' for key, part in attributes)}>{xml}</{tag}>"
    return xml


def _plain(value: Any) -> str:
    """A value as an attribute; JavaScript's integers arrive as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
