"""The log and the snapshot, in a real database."""

from typing import Any

import pytest
from pycrdt import Doc, Text

from yroom.models import RoomSnapshot, RoomUpdate
from yroom.storage import DatabaseStorage, Entry, StoredRoomDamagedError
from yroom.updates import merge

from .test_room import typed

pytestmark = pytest.mark.django_db(transaction=True)

ROOM = "room.1"


@pytest.fixture
def storage() -> DatabaseStorage:
    return DatabaseStorage()


def text(updates: list[bytes]) -> str:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return str(doc.get("content", type=Text))


def append(storage: DatabaseStorage, *updates: bytes, room: str = ROOM) -> None:
    storage.append([Entry(room, update, "7") for update in updates])


def test_updates_are_kept_as_they_came(storage: DatabaseStorage) -> None:
    updates = typed("a", "b")
    append(storage, *updates)
    append(storage, *typed("other"), room="room.2")
    stored = storage.load(ROOM)
    assert stored.updates == updates
    assert (stored.log_updates, stored.log_bytes) == (2, sum(map(len, updates)))
    assert RoomUpdate.objects.filter(room=ROOM).first().user == "7"  # type: ignore[union-attr]
    assert storage.load("room.3").updates == []


def test_compaction_keeps_the_text_and_empties_the_log(storage: DatabaseStorage) -> None:
    append(storage, *typed(*"abc"))
    storage.compact(ROOM)
    append(storage, *typed("x"))
    storage.compact(ROOM)
    stored = storage.load(ROOM)
    assert stored.log_updates == 0
    assert sorted(text(stored.updates)) == ["a", "b", "c", "x"]
    storage.compact(ROOM)
    assert storage.load(ROOM) == stored


def test_compaction_keeps_what_waits_for_something_missing(storage: DatabaseStorage) -> None:
    first, second, third = typed("a", "b", "c")
    append(storage, first, third)
    storage.compact(ROOM)
    stored = storage.load(ROOM)
    assert stored.updates[1:] == [third]
    append(storage, second)
    storage.compact(ROOM)
    stored = storage.load(ROOM)
    assert stored.log_updates == 0
    assert text(stored.updates) == "cba"


def test_compaction_keeps_deletions_of_what_is_missing(storage: DatabaseStorage) -> None:
    doc: Doc[Any] = Doc()
    shared = doc.get("content", type=Text)
    shared.insert(0, "ab")
    insertion, before = doc.get_update(), doc.get_state()
    del shared[0:1]
    deletion = doc.get_update(before)
    append(storage, deletion)
    storage.compact(ROOM)
    append(storage, insertion)
    storage.compact(ROOM)
    assert text(storage.load(ROOM).updates) == "b"


@pytest.mark.parametrize("damage", [b"\x00\x01", b""])
def test_damaged_bytes_are_never_read_or_written_over(storage: DatabaseStorage, damage: bytes) -> None:
    append(storage, *typed(*"abc"))
    RoomUpdate.objects.filter(pk=RoomUpdate.objects.earliest("pk").pk).update(update=damage)
    for operation in (storage.load, storage.compact):
        with pytest.raises(StoredRoomDamagedError):
            operation(ROOM)
    assert RoomUpdate.objects.count() == 3
    assert not RoomSnapshot.objects.exclude(state=b"\x00\x00").exists()


def test_deleting_forgets_one_room(storage: DatabaseStorage) -> None:
    append(storage, *typed("a"))
    storage.compact(ROOM)
    append(storage, *typed("b"))
    append(storage, *typed("c"), room="room.2")
    storage.delete(ROOM)
    assert storage.load(ROOM).updates == []
    assert text(storage.load("room.2").updates) == "c"


def test_merging_many_updates_keeps_all(storage: DatabaseStorage) -> None:
    updates = typed(*"0123456789" * 30)
    assert len(text([merge(updates)])) == 300
