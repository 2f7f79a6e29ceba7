"""The log and the snapshot, in a real database, and what is done about them when they are damaged."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pycrdt import Doc, Text

from accounts.models import User
from yroom.crdt import causal_index
from yroom.crdt.causal_order import merge
from yroom.crdt.protocol import write_var_uint as var_uint
from yroom.exceptions import StoredRoomDamagedError
from yroom.models import DamagedRoom, DamagedRow, RoomSnapshot, RoomUpdate
from yroom.store import repair
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

from .test_room import typed

pytestmark = pytest.mark.django_db(transaction=True)

ROOM = "room.1"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


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


def test_what_lacks_its_beginning_stays_out_of_the_document(storage: DatabaseStorage) -> None:
    """Though all that it stands beside is there; and so does what was built on it."""
    ours, theirs = Doc[Any](), Doc[Any]()

    def change(doc: Doc[Any], at: int, letter: str) -> bytes:
        before = doc.get_state()
        doc.get("content", type=Text).insert(at, letter)
        return doc.get_update(before)

    first = change(ours, 0, "a")
    theirs.apply_update(first)
    missing, middle = change(theirs, 0, "b"), change(theirs, 2, "c")
    ours.apply_update(theirs.get_update())
    built_on_it = change(ours, 3, "d")
    append(storage, first, middle, built_on_it)
    storage.compact(ROOM)
    snapshot, *log = storage.load(ROOM).updates
    assert log == [middle, built_on_it]
    causal_index.survey(snapshot)
    append(storage, missing)
    storage.compact(ROOM)
    assert storage.load(ROOM).log_updates == 0
    assert text(storage.load(ROOM).updates) == "bacd"


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


def damage(sequence: int, data: bytes = b"damaged") -> None:
    """Overwrite a row of the log."""
    assert RoomUpdate.objects.filter(sequence=sequence).update(update=data) == 1


def sequences() -> list[int]:
    return list(RoomUpdate.objects.order_by("sequence").values_list("sequence", flat=True))


def nested(depth: int) -> bytes:
    """An update in which `depth` arrays are in one another, as nobody's browser makes one."""
    client, clock, array = b"\x05", b"\x00", b"\x00"
    first = b"\x07\x01\x01c" + array
    following = b"".join(b"\x07\x00\x05" + var_uint(number) + array for number in range(depth - 1))
    return b"\x01" + var_uint(depth) + client + clock + first + following + b"\x00"


def test_checking_finds_what_is_wrong_with_each_row(storage: DatabaseStorage) -> None:
    """Nothing else is touched, and what would end the process when applied is not."""
    good, changed, _, built_on = typed(*"abcd")
    cut = typed("cut")[0][:-3]
    append(storage, good, changed, cut, nested(60_000), built_on)
    first = sequences()[0]
    damage(first + 1)
    findings = repair.check(ROOM)
    assert [(row.sequence, reason) for row, reason in findings.damaged] == [
        (first + 1, "differs from its checksum"),
        (first + 2, "an update announces more than it has"),
        (first + 3, "types are nested more than 600 deep"),
    ]
    assert [row.sequence for row in findings.waiting] == [first + 4]
    assert not findings.is_sound
    assert sequences() == list(range(first, first + 5))


def test_what_nests_too_deep_bit_by_bit_is_found(storage: DatabaseStorage) -> None:
    """Each row alone looks harmless."""
    append(storage, typed("text")[0])
    parent = b"\x01\x01c"
    for number in range(700):
        append(storage, b"\x01\x01\x05" + var_uint(number) + b"\x07" + parent + b"\x00" + b"\x00")
        parent = b"\x00\x05" + var_uint(number)
    assert [row.sequence for row, _ in repair.check(ROOM).damaged] == [sequences()[602]]


def test_a_repair_keeps_nobody_from_writing_while_it_examines(
    storage: DatabaseStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is appended meanwhile stays; where the snapshot has changed, it is examined again."""
    first, second, third = typed(*"abc")
    append(storage, first, second)
    damage(sequences()[0])
    examine = repair.examine
    meanwhile: list[Callable[[], object]] = [lambda: append(storage, third), lambda: None]

    def examining(room: str, rows: Any) -> repair.Findings:
        assert not connection.in_atomic_block
        meanwhile.pop(0)()
        return examine(room, rows)

    monkeypatch.setattr(repair, "examine", examining)
    meanwhile.insert(0, lambda: RoomSnapshot.objects.update(updated="2026-01-01T00:00Z"))
    assert len(repair.repair(ROOM).damaged) == 1
    assert not meanwhile[1:]
    assert [bytes(row.update) for row in RoomUpdate.objects.order_by("sequence")] == [second, third]
    kept = DamagedRow.objects.get()
    kept.data = first
    meanwhile += [lambda: None] * 4
    again = DamagedRow.objects.get(pk=kept.pk)
    again.data = first
    for row in (kept, again):
        repair.put_back(row)
    assert sorted(bytes(row.update) for row in RoomUpdate.objects.all()) == sorted([first, second, third])


def test_repairing_sets_aside_and_uses_the_rest(storage: DatabaseStorage) -> None:
    """What was built on it waits, and comes back with it."""
    first, second, third = typed(*"abc")
    append(storage, first)
    storage.compact(ROOM)
    append(storage, second, third)
    damage(sequences()[0])
    repair.note(ROOM, "cannot be read")
    with pytest.raises(StoredRoomDamagedError):
        storage.load(ROOM)
    repair.repair(ROOM)
    assert text(storage.load(ROOM).updates) == "a"
    assert storage.load(ROOM).updates[1:] == [third]
    assert not DamagedRoom.objects.exists()
    kept = DamagedRow.objects.get()
    assert (bytes(kept.data), kept.user, kept.reason) == (b"damaged", "7", "differs from its checksum")
    with pytest.raises(ValueError, match="more than it has"):
        repair.put_back(kept)
    DamagedRow.objects.update(data=second)
    repair.put_back(DamagedRow.objects.get())
    assert text(storage.load(ROOM).updates) == "cba"
    assert repair.check(ROOM).is_sound
    assert not DamagedRow.objects.exists()


def test_a_damaged_snapshot_is_set_aside_too(storage: DatabaseStorage) -> None:
    first, second = typed(*"ab")
    append(storage, first)
    storage.compact(ROOM)
    append(storage, second)
    RoomSnapshot.objects.update(state=first.replace(b"a", b"x"))
    repair.repair(ROOM)
    assert storage.load(ROOM).updates[1:] == [second]
    kept = DamagedRow.objects.get()
    assert kept.sequence is None
    # Its checksum alone speaks against it.
    repair.put_back(kept)
    assert text(storage.load(ROOM).updates) == "bx"
    storage.delete(ROOM)
    assert list(repair.rooms()) == []


def test_deleting_a_document_deletes_what_was_set_aside_of_it(storage: DatabaseStorage) -> None:
    append(storage, *typed(*"ab"))
    damage(sequences()[0])
    repair.repair(ROOM)
    storage.delete(ROOM)
    assert not DamagedRow.objects.exists()


def test_all_rooms_are_found(storage: DatabaseStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with a snapshot, with a log and with both, once each, however many are read at a time."""
    monkeypatch.setattr(repair, "BATCH", 3)
    names = [f"room.{number}" for number in range(10)]
    for number, name in enumerate(names):
        append(storage, *typed("a"), room=name)
        if number % 2:
            storage.compact(name)
        if number % 3:
            append(storage, *typed("b"), room=name)
    assert sorted(repair.rooms()) == names


def test_the_command_checks_and_repairs(storage: DatabaseStorage) -> None:
    """It fails as long as anything is damaged that is not repaired."""
    first, second = typed(*"ab")
    append(storage, first, second)
    append(storage, *typed(*"cd"), room="room.2")
    assert printed() == "Rooms checked: 2, damaged: 0, repaired: 0, with updates waiting for others: 0.\n"
    damage(sequences()[0])
    with pytest.raises(CommandError, match="Some rooms are damaged"):
        printed()
    assert DamagedRoom.objects.get().room == ROOM
    assert printed("room.2").startswith("Rooms checked: 1, damaged: 0")
    assert "Rooms checked: 2, damaged: 1, repaired: 1, with updates waiting for others: 1." in printed(repair=True)
    assert f"room.1: 1 updates of {len(second)} bytes, 1 of them waiting" in printed()
    assert not DamagedRoom.objects.exists()


def printed(*rooms: str, repair: bool = False) -> str:
    """What the command says."""
    output = StringIO()
    call_command("yroom_check", *rooms, mend=repair, stdout=output)
    return output.getvalue()


def test_the_admin_site_restores_and_puts_back(storage: DatabaseStorage, person: Callable[..., User]) -> None:
    """Whoever may, sees before and after what is kept and what is not."""
    first, second = typed(*"ab")
    append(storage, first, second)
    damage(sequences()[0], first.replace(b"a", b"x"))
    repair.note(ROOM, "cannot be read")
    staff = Client()
    staff.force_login(person("Root", is_staff=True, is_superuser=True), BACKEND)
    page = staff.get(reverse("admin:yroom_damagedroom_change", args=[ROOM])).content.decode()
    assert "1 of 2 rows can be used." in page
    assert "differs from its checksum" in page
    assert "1 rows were written on top of something missing" in page

    def act(model: str, action: str, pk: Any) -> str:
        data = {"action": action, "_selected_action": [pk]}
        answer: Any = staff.post(reverse(f"admin:yroom_{model}_changelist"), data, follow=True)
        return str(answer.content.decode())

    page = act("damagedroom", "restore", ROOM)
    assert "1 of 2 rows are used, 1 were set aside; 1 of those used wait for something that is missing." in page
    assert storage.load(ROOM).updates[1:] == [second]
    row = DamagedRow.objects.get()
    assert f"{len(first)}" in staff.get(reverse("admin:yroom_damagedrow_change", args=[row.pk])).content.decode()
    assert "is part of the document again" in act("damagedrow", "put_back", row.pk)
    assert text(storage.load(ROOM).updates) == "bx"


def test_who_may_only_look_restores_nothing(person: Callable[..., User]) -> None:
    DamagedRoom.objects.create(room=ROOM, reason="cannot be read")
    staff = person("Staff", is_staff=True)
    staff.user_permissions.add(*Permission.objects.filter(codename="view_damagedroom"))
    client = Client()
    client.force_login(staff, BACKEND)
    address = reverse("admin:yroom_damagedroom_changelist")
    assert "cannot be read" in client.get(address).content.decode()
    client.post(address, {"action": "restore", "_selected_action": [ROOM]})
    assert DamagedRoom.objects.exists()
