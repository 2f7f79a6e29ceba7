"""Leases: every shard has one worker, an even share each, and changes hands when its worker is gone."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from yroom.exceptions import FencedError
from yroom.models import RoomUpdate, ShardLease
from yroom.sharding import shard_of, shards_of
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage
from yroom.store.fences import Fence
from yroom.worker.leases import Leases, SoleLeases

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

SHARDS = shards_of("yroom")


def worker(name: str) -> Leases:
    return Leases(name, "yroom", SHARDS)


def expire(name: str) -> None:
    """What happens to the leases of a worker that is not heard of for a minute."""
    shift(name, -timedelta(minutes=1))


def shift(name: str, by: timedelta) -> None:
    for row in ShardLease.objects.filter(worker=name):
        row.renewed += by
        row.save()


def test_the_first_worker_takes_everything() -> None:
    assert worker("a").renew().held == dict.fromkeys(SHARDS, 1)


def test_two_workers_share_evenly() -> None:
    a, b = worker("a"), worker("b")
    a.renew()
    assert b.renew().held == {}
    surplus = a.renew().excess
    assert len(surplus) == 4
    a.release(surplus)
    assert b.renew().held == dict.fromkeys(surplus, 2)
    assert a.renew().excess == b.renew().excess == []


def test_a_silent_worker_loses_its_shards_and_learns_it() -> None:
    a, b = worker("a"), worker("b")
    a.renew()
    expire("a")
    assert b.renew().held == dict.fromkeys(SHARDS, 2)
    assert a.renew().held == {}


def test_a_worker_that_retires_frees_everything() -> None:
    a, b = worker("a"), worker("b")
    a.renew()
    a.retire()
    assert set(b.renew().held) == set(SHARDS)


def test_a_lease_from_the_future_is_void() -> None:
    """A database clock that was set back must not lock a shard for that long."""
    a, b = worker("a"), worker("b")
    a.renew()
    shift("a", timedelta(hours=1))
    assert set(b.renew().held) == set(SHARDS)


def test_a_worker_that_died_is_forgotten() -> None:
    """The leases for themselves of those that are started with every deploy must not pile up."""
    worker("a").renew()
    shift("a", -timedelta(hours=1))
    worker("b").renew()
    assert ShardLease.objects.count() == len(SHARDS) + 1


def test_five_workers_share_eight_shards() -> None:
    """Nobody is left without one while others have two."""
    workers = [worker(f"w{number}") for number in range(5)]
    for _ in range(4):
        for each in workers:
            each.release(each.renew().excess)
    assert sorted(len(each.renew().held) for each in workers) == [1, 1, 2, 2, 2]


def test_more_workers_than_shards() -> None:
    workers = [worker(f"w{number}") for number in range(len(SHARDS) + 2)]
    for _ in range(3):
        for each in workers:
            each.release(each.renew().excess)
    held = [len(each.renew().held) for each in workers]
    assert sorted(held) == [0, 0, *[1] * len(SHARDS)]


def test_rooms_spread_over_all_shards_and_stay_there() -> None:
    assert {shard_of(f"room.{number}") for number in range(200)} == set(SHARDS)
    assert shard_of("room.1") == "yroom.shard.5"


def entry(leases: Leases, room: str, term: int) -> Entry:
    return Entry(room, b"\0\0", "", Fence(shard_of(room), leases.worker, term))


def test_a_commit_goes_through_only_under_the_last_claim() -> None:
    """All of a batch or nothing; and it is said which claims are void."""
    a, b, storage = worker("a"), worker("b"), DatabaseStorage()
    rooms = {shard_of(f"room.{number}"): f"room.{number}" for number in range(200)}
    a.renew()
    storage.append([entry(a, room, 1) for room in rooms.values()])
    given = SHARDS[:3]
    a.release(given)
    # Nobody has claimed them yet, so whoever does will see this.
    storage.append([entry(a, rooms[given[0]], 1)])
    assert set(b.renew().held) == set(given)
    stored = RoomUpdate.objects.count()
    mixed = [entry(a, room, 1) for room in rooms.values()]
    for batch in (mixed, mixed * 20):
        with pytest.raises(FencedError) as refused:
            storage.append(batch)
        assert refused.value.void == {Fence(shard, "a", 1) for shard in given}
    assert RoomUpdate.objects.count() == stored
    storage.append([entry(a, rooms[shard], 1) for shard in SHARDS[3:]] + [entry(b, rooms[given[0]], 2)])
    storage.append([Entry(rooms[given[0]], b"\0\0", "")])
    # What has come back since was claimed anew.
    b.release(given)
    expire("b")
    a.renew()
    with pytest.raises(FencedError):
        storage.append([entry(a, rooms[given[0]], 1)])
    storage.append([entry(a, rooms[given[0]], 3)])


@pytest.mark.django_db(transaction=True)
def test_a_claim_waits_for_a_commit_that_is_under_way() -> None:
    """Otherwise its worker could load the room before that is there to be read."""
    a, b, storage = worker("a"), worker("b"), DatabaseStorage()
    a.renew()
    a.retire()
    claimed: list[bool] = []

    def claim() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET lock_timeout = '50ms'" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 50"
                )
            claimed.append(shard_of("room.1") in b.renew().held)
        except DatabaseError:
            claimed.append(False)
        finally:
            connection.close()

    def claim_elsewhere() -> None:
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join()

    with transaction.atomic():
        storage.append([entry(a, "room.1", 1)])
        claim_elsewhere()
    claim_elsewhere()
    assert claimed == [False, True]


def test_a_term_that_was_changed_by_hand_counts() -> None:
    a, storage = worker("a"), DatabaseStorage()
    a.renew()
    ShardLease.objects.filter(shard=shard_of("room.1")).update(term=100)
    assert a.renew().held[shard_of("room.1")] == 100
    storage.append([entry(a, "room.1", 100)])


def test_embedded_workers_have_all_or_nothing() -> None:
    """Whatever they meet: another of their kind, workers that share, those that died, shards that are given up."""
    a, b = SoleLeases("a", "yroom", SHARDS), SoleLeases("b", "yroom", SHARDS)
    assert a.renew().held == dict.fromkeys(SHARDS, 1)
    assert b.renew().held == {}
    a.retire()
    assert b.renew().held == dict.fromkeys(SHARDS, 2)
    sharing = worker("c")
    assert sharing.renew().held == {}
    b.release(SHARDS[:1])
    assert list(sharing.renew().held) == SHARDS[:1]
    assert b.renew().held == {}
    expire("c")
    assert set(b.renew().held) == set(SHARDS)
    expire("b")
    assert set(worker("d").renew().held) == set(SHARDS)
