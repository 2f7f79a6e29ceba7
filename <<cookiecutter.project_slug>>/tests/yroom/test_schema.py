"""A room of an older schema becomes one of the newest, and what it was is kept.

See also tests/faults/test_upgrading.py.
"""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.utils import timezone
from pycrdt import Doc, Text

from yroom.checks import check_settings
from yroom.document import YroomDocument, is_stored
from yroom.exceptions import DataUnavailable, StoredRoomDamagedError
from yroom.models import FormerRow, RoomSchema, RoomSnapshot, RoomUpdate
from yroom.store import repair, upgrade
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

ROOM = "room.1"


class Hook:
    """What stands for a site's function."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int | None]] = []
        self.root = "lines"
        self.error: Exception | None = None
        self.stays_since: float = float("inf")  # the schema since which documents have the same form

    def __call__(self, room: str, schema: int | None, state: bytes) -> bytes | None:
        self.calls.append((room, schema))
        if schema is not None and schema >= self.stays_since:
            return None
        if self.error is not None:
            raise self.error
        former: Doc[Any] = Doc()
        former.apply_update(state)
        doc: Doc[Any] = Doc()
        doc.get(self.root, type=Text).insert(0, str(former.get("content", type=Text)).upper())
        return doc.get_update()


hook = Hook()


def newer(**settings: Any) -> Any:
    values = {"SCHEMA": 2, "ROOTS": {"lines": "text"}, "UPGRADE": f"{__name__}.hook", **settings}
    return override_settings(YROOM_SETTINGS={"default": {}, "room": values})


@pytest.fixture(autouse=True)
def the_hook() -> Iterator[None]:
    with newer():
        yield
    hook.__init__()  # type: ignore[misc]


def typed(*words: str, root: str = "content") -> list[bytes]:
    """One update a text, always by the same client."""
    doc: Doc[Any] = Doc(client_id=7)
    updates = []
    for each in words:
        before = doc.get_state()
        shared = doc.get(root, type=Text)
        shared.insert(len(shared), each)
        updates.append(doc.get_update(before))
    return updates


def write(room: str = ROOM) -> list[bytes]:
    """A room as it was before there were numbers: a snapshot, and a log."""
    updates = typed("some ", "words")
    storage = DatabaseStorage()
    with override_settings(YROOM_SETTINGS={}):
        storage.append([Entry(room, updates[0], "7")])
        storage.compact(room)
        storage.append([Entry(room, update, "8") for update in updates[1:]])
    return updates


def text(updates: list[bytes], root: str) -> str:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return str(doc.get(root, type=Text))


def kept() -> list[bytes]:
    return [bytes(row.data) for row in FormerRow.objects.order_by("pk")]


def test_it_is_brought_up_once_and_kept_as_it_was() -> None:
    write()
    before = [
        *RoomSnapshot.objects.values_list("state", flat=True),
        *RoomUpdate.objects.values_list("update", flat=True),
    ]
    entry = RoomUpdate.objects.get()
    stored = upgrade.load(ROOM)
    assert (text(stored.updates, "lines"), stored.log_updates) == ("SOME WORDS", 0)
    assert upgrade.load(ROOM) == stored
    assert hook.calls == [(ROOM, None)]
    assert kept() == [bytes(row) for row in before]
    former = FormerRow.objects.get(sequence=entry.sequence)
    assert (former.user, former.created, former.checksum, former.schema) == ("8", entry.created, entry.checksum, None)
    with newer(SCHEMA=3):
        upgrade.bring_up(ROOM)
    assert hook.calls[1:] == [(ROOM, 2)]
    assert sorted(FormerRow.objects.values_list("schema", flat=True), key=str) == [2, None, None]


def test_one_that_stays_as_it_is_has_the_new_number() -> None:
    write()
    stored = upgrade.load(ROOM)
    DatabaseStorage().append([Entry(ROOM, update, "9") for update in typed("more", root="lines")])
    rows, former = RoomUpdate.objects.values_list("pk", "user", "created"), kept()
    before = list(rows)
    hook.stays_since = 2
    with newer(SCHEMA=3):
        assert upgrade.load(ROOM).updates[0] == stored.updates[0]
        assert repair.check(ROOM).is_sound
    assert RoomSchema.objects.get().schema == 3
    assert (list(rows), kept()) == (before, former)


def test_a_new_room_is_of_the_newest_schema() -> None:
    assert upgrade.load(ROOM).updates == []
    assert RoomSchema.objects.get().schema == 2
    assert not is_stored(ROOM)
    DatabaseStorage().append([Entry(ROOM, update, "7") for update in typed("new", root="lines")])
    assert text(upgrade.load(ROOM).updates, "lines") == "new"
    assert (hook.calls, kept()) == ([], [])


def test_nothing_is_changed_where_it_fails() -> None:
    write()
    hook.error = LookupError("not today")
    for _ in range(2):
        with pytest.raises(LookupError):
            upgrade.load(ROOM)
    hook.error, hook.root = None, "elsewhere"
    with pytest.raises(StoredRoomDamagedError, match="cannot be brought up"):
        upgrade.load(ROOM)
    assert (RoomSchema.objects.count(), kept(), text(DatabaseStorage().load(ROOM).updates, "content")) == (
        0,
        [],
        "some words",
    )
    hook.root = "lines"
    assert text(upgrade.load(ROOM).updates, "lines") == "SOME WORDS"


def test_what_came_meanwhile_is_brought_up_too() -> None:
    write()
    late = typed("some ", "words", " and more")[2:]

    class Late(Hook):
        def __call__(self, room: str, schema: int | None, state: bytes) -> bytes | None:
            if not self.calls:
                DatabaseStorage().append([Entry(room, update, "9") for update in late])
            return super().__call__(room, schema, state)

    globals()["hook"], former = Late(), hook
    try:
        assert text(upgrade.load(ROOM).updates, "lines") == "SOME WORDS AND MORE"
        assert len(hook.calls) == 2
    finally:
        globals()["hook"] = former


def test_a_damaged_one_stays_as_it_is_until_it_is_repaired() -> None:
    write()
    RoomUpdate.objects.update(checksum=1)
    with pytest.raises(StoredRoomDamagedError):
        upgrade.load(ROOM)
    assert (hook.calls, kept()) == ([], [])
    assert len(repair.repair(ROOM).damaged) == 1
    assert text(upgrade.load(ROOM).updates, "lines") == "SOME "


def test_the_roots_of_an_older_schema_are_not_taken_for_damage() -> None:
    write()
    assert repair.check(ROOM).is_sound
    upgrade.bring_up(ROOM)
    assert repair.check(ROOM).is_sound


async def test_a_closed_room_is_read_and_edited_as_the_newest() -> None:
    await sync_to_async(write)()
    document = YroomDocument(ROOM)
    assert await document.export_text("lines") == "SOME WORDS"
    async with document.edit() as doc:
        doc.get("lines", type=Text).insert(0, "more ")
    assert await document.export_text("lines") == "more SOME WORDS"
    await sync_to_async(write)("room.2")
    other: Doc[Any] = Doc()
    other.get("lines", type=Text).insert(0, "applied ")
    await YroomDocument("room.2").apply(other.get_update())
    assert (await YroomDocument("room.2").export_text("lines")) in ("applied SOME WORDS", "SOME WORDSapplied ")
    await document.delete()
    with pytest.raises(DataUnavailable):
        await document.state()
    assert await sync_to_async(FormerRow.objects.filter(room=ROOM).count)() == 0
    # PostgreSQL would not let the test's database go.
    await sync_to_async(connections.close_all)()


def test_former_states_are_listed_and_deleted() -> None:
    write()
    write("room.2")
    upgrade.bring_up(ROOM)
    upgrade.bring_up("room.2")
    FormerRow.objects.filter(room=ROOM).update(replaced=timezone.now() - timedelta(days=40))
    output = StringIO()
    call_command("yroom_former", stdout=output)
    assert output.getvalue().splitlines()[0].startswith(f"{ROOM}\t")
    assert len(output.getvalue().splitlines()) == 2
    call_command("yroom_former", "--delete", "--days", "30", stdout=output)
    assert set(FormerRow.objects.values_list("room", flat=True)) == {"room.2"}
    call_command("yroom_former", "--delete", stdout=output)
    assert kept() == []
    assert text(upgrade.load(ROOM).updates, "lines") == "SOME WORDS"


@pytest.mark.parametrize(
    "settings", [{"SCHEMA": None}, {"UPGRADE": "nowhere.at.all"}, {"STORAGE_BACKEND": f"{__name__}.Bare"}]
)
def test_settings_that_cannot_work_fail_at_start(settings: dict[str, Any]) -> None:
    assert check_settings() == []
    with newer(**settings):
        assert [problem.id for problem in check_settings()] == ["yroom.E001"]


class Bare:
    """A storage without schemas."""

    load = append = compact = delete = lambda *_: None
