"""Rooms of an older schema: their documents are brought up to the one of their settings before anybody opens them.

`YROOM_SETTINGS[prefix]["UPGRADE"]` names a function that is given a document's state and returns another, which takes
its place:

    def upgrade(room: str, schema: int | None, state: bytes) -> bytes | None: ...

It is called from a thread, may read from the database, and may be called again for the same document: it must do
nothing but return. With None the document stays, and has the new number. A state that it returns is stored in one
transaction with the room's new number, in which what was stored before is put aside as it was (FormerRow). So that is
done once, by whoever is first, and begins anew if a process was killed. What it raises keeps people out of the room,
and nothing is changed. `schema` is the number with which the document was stored: None for one from before UPGRADE was
set.
"""

from collections.abc import Callable, Sequence
from functools import partial

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ..conf import RoomSettings, room_settings
from ..crdt import causal_index, causal_order, library
from ..crdt.update_reader import MAX_STORED_DEPTH, read
from ..exceptions import StoredRoomDamagedError
from ..hooks import check_methods
from .base import Stored, UpgradingStorage, get_storage

# A room's name, the number of its schema and its document's state; returns that of the new document, if there is one.
Upgrade = Callable[[str, int | None, bytes], bytes | None]


def load(room: str) -> Stored:
    """Read a room, of the newest schema. Raises what `RoomStorage.load` and the site's function raise."""
    bring_up(room)
    return get_storage(room).load(room)


def bring_up(room: str) -> None:
    """Bring a room's document up to the schema of its settings."""
    settings = room_settings(room)
    if not settings.upgrade or settings.schema is None:
        return
    storage = upgrading(room)
    if not _is_current(storage.schema(room), settings):
        storage.upgrade(room, settings.schema, partial(_converted, room))


def upgrading(room: str) -> UpgradingStorage:
    """A room's storage. Raises TypeError if it cannot keep schemas."""
    storage = get_storage(room)
    if not isinstance(storage, UpgradingStorage):
        raise TypeError(
            f"{type(storage).__qualname__} lacks what yroom.store.base.UpgradingStorage has, which UPGRADE needs"
        )
    check_methods(storage, UpgradingStorage, type(storage).__qualname__)
    return storage


def check_upgrade(room: str) -> None:
    """Raise ImproperlyConfigured, ImportError or TypeError where a room's documents could not be brought up."""
    settings = room_settings(room)
    if not settings.upgrade:
        return
    if settings.schema is None:
        raise ImproperlyConfigured("UPGRADE brings documents up to SCHEMA, which is not set.")
    if not callable(import_string(settings.upgrade)):
        raise TypeError(f"UPGRADE names {settings.upgrade}, which cannot be called")
    upgrading(room)


def stored_roots(room: str) -> causal_order.Roots:
    """The roots that what is stored of a room may have: any, as long as it was not brought up."""
    settings = room_settings(room)
    if settings.upgrade and not _is_current(upgrading(room).schema(room), settings):
        return None
    return causal_index.roots(settings.roots)


def _is_current(schema: int | None, settings: RoomSettings) -> bool:
    return schema is not None and settings.schema is not None and schema >= settings.schema


def _converted(room: str, schema: int | None, updates: Sequence[bytes]) -> bytes | None:
    settings = room_settings(room)
    convert: Upgrade = import_string(settings.upgrade or "")
    try:
        former, _ = causal_order.join(updates)
        state = convert(room, schema, library.encode(former))
        if state is None:
            return None
        placed = causal_index.Index().place(read(state), MAX_STORED_DEPTH, causal_index.roots(settings.roots))
    except (ValueError, RuntimeError) as error:
        raise StoredRoomDamagedError(f"{room} cannot be brought up from schema {schema}: {error}") from error
    if isinstance(placed, causal_index.Missing):
        raise StoredRoomDamagedError(f"{room} cannot be brought up from schema {schema}: it would lack something")
    return state
