"""Leases: every shard has one worker, an even share each, and changes hands when its worker is gone."""

from datetime import timedelta

import pytest

from yroom.models import LiveWorker, ShardLease
from yroom.shards import Leases, shard_of, shards_of

pytestmark = pytest.mark.django_db

SHARDS = shards_of("yroom")


def worker(name: str) -> Leases:
    return Leases(name, "yroom", SHARDS)


def expire(name: str) -> None:
    """What happens to the leases of a worker that is not heard of for a minute."""
    for model in (ShardLease, LiveWorker):
        for row in model.objects.filter(worker=name):
            row.renewed -= timedelta(minutes=1)
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
    for row in ShardLease.objects.all():
        row.renewed += timedelta(hours=1)
        row.save()
    LiveWorker.objects.filter(worker="a").delete()
    assert set(b.renew().held) == set(SHARDS)


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
