"""Leases: every shard has one worker, an even share each, and changes hands when its worker is gone."""

from datetime import timedelta

import pytest

from yroom.models import ShardLease
from yroom.shards import Leases, shard_of, shards_of

pytestmark = pytest.mark.django_db

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
