"""Keeping versions, reading them, and erasing them for good.

The first version of a document is kept as a whole state, and those after it as the update that makes each of that: what
was written and deleted in between. Once all of these together are longer than the whole, the next version is a whole
again. So each is read by two rows, whichever others go, and their sizes grow as slowly as they can.

A whole is always what one of the versions was. So nothing is stored that none of them shows; and who may see versions
can be handed what is stored, as it is.
"""

import logging
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils import timezone
from pycrdt import Doc

from accounts.models import User
from rooms.authors import authors_of
from rooms.models import Room
from tasks.daily import daily
from yroom.contents import difference, joined, operations

from .conf import history_settings
from .models import Rules, Version, Whole
from .thinning import superfluous

logger = logging.getLogger(__name__)

# What a difference is where there is none.
NOTHING: Final = Doc().get_update()
# Versions that are made anew where the one goes whose state they are made of: for more of them it stays.
MOST_MOVED: Final = 8
# As little as zlib does: what is compressed for one answer is sent once.
QUICKLY: Final = 1


class TooManyError(Exception):
    """A document has as many versions with a name as it may."""


class RestoringError(Exception):
    """Somebody else is restoring a version at this moment."""


@contextmanager
def held(room: Room) -> Iterator[Rules]:
    """What is said of a document's history; nobody else changes anything of it until this transaction ends."""
    with transaction.atomic():
        # The document first, as in rooms/actions.py: its page may hold that already, and a new version needs it, too.
        Room.objects.select_for_update().filter(pk=room.pk).values_list("pk").first()
        Rules.objects.get_or_create(room=room)
        yield Rules.objects.select_for_update().get(room=room)


def state_of(version: Version) -> bytes:
    """The document as it was, as one update."""
    whole = zlib.decompress(version.whole.state)
    return joined(whole, zlib.decompress(version.changes)) if version.changes else whole


def packed_state(version: Version) -> bytes:
    """The same, compressed."""
    return zlib.compress(state_of(version), QUICKLY) if version.changes else bytes(version.whole.state)


def packed_changes(before: Version, version: Version) -> bytes:
    """The update that makes a version of one before it, compressed; where that can be, as it is stored."""
    if version.whole_id == before.whole_id and not before.changes:
        return bytes(version.changes) or zlib.compress(NOTHING)
    return zlib.compress(difference(state_of(before), state_of(version)), QUICKLY)


def keep(
    room: Room,
    state: bytes,
    cause: Version.Cause,
    *,
    people: Collection[str] = (),
    by: User | None = None,
    name: str = "",
) -> Version | None:
    """Keep what a document is; None where that is kept already. Raises TooManyError.

    One that is kept by itself takes the place of the one before, if that was, too, and is not `every` seconds old: so
    what was written last is kept, and not each pause that somebody has made.
    """
    now = timezone.now()
    with held(room):
        if name:
            _check_names(room)
        newest = room.versions.select_related("whole").first()
        changes = difference(state_of(newest) if newest is not None else NOTHING, state)
        if changes == NOTHING:
            return _named(newest, name, by) if name and newest is not None else None
        version = Version(room=room, at=now, begun=now, cause=cause, name=name, by=by, size=len(state))
        version.people = sorted({*people, *_people(room, changes)})
        if newest is not None:
            version.at = max(now, newest.at + timedelta(microseconds=1))
            if cause == newest.cause == Version.Cause.QUIET and not newest.name and _is_fresh(newest, now):
                version.begun = newest.begun
                version.people = sorted({*version.people, *newest.people})
                newest.delete()
        _store(version, state, newest)
        _thin(room)  # and once a day, see thin_all()
    return version


def begin_restore(room: Room, by: User) -> None:
    """Let one person at a time restore a version. Raises RestoringError.

    Two who do so without seeing each other's would both bring back what is gone: it would be there twice.
    """
    now = timezone.now()
    with held(room) as rules:
        alone = now - timedelta(seconds=history_settings().restores_alone)
        if rules.restored is not None and rules.restored > alone and rules.restorer_id != by.pk:
            raise RestoringError
        rules.restorer, rules.restored = by, now
        rules.save(update_fields=["restorer", "restored"])


def rename(room: Room, key: int, name: str, by: User) -> Version:
    """Give a version a name, or take its name away. Raises Version.DoesNotExist or TooManyError."""
    with held(room):
        version = room.versions.get(pk=key)
        if name and not version.name:
            _check_names(room)
        version.name, version.by = name, by
        version.save(update_fields=["name", "by"])
    return version


def erase(room: Room, key: int) -> None:
    """Delete a version for good: nothing is left of what it alone has held. Raises Version.DoesNotExist."""
    with held(room):
        version = room.versions.select_related("whole").get(pk=key)
        version.delete()
        _move(version.whole)
        _drop_unused(room)


def _move(whole: Whole) -> None:
    """Make a whole, of which the version is gone whose state it was, the state of the oldest that is made of it."""
    versions = list(whole.versions.order_by("at", "id"))
    if not versions or not all(each.changes for each in versions):
        return
    states = [state_of(each) for each in versions]
    whole.state = zlib.compress(states[0])
    whole.save(update_fields=["state"])
    for each, state in zip(versions, states, strict=True):
        each.changes = zlib.compress(difference(states[0], state)) if state is not states[0] else b""
        each.save(update_fields=["changes"])


def _people(room: Room, changes: bytes) -> list[str]:
    """The ids of those of whom changes are, as far as that is known."""
    authors = authors_of(room)
    brought, deleted = operations(changes)
    wrote = (each.doer.id for run in brought for each in authors.who_wrote(*run))
    removed = (each.author.id for run in deleted for each in authors.who_deleted(*run))
    return sorted({*wrote, *removed} - {""})


def _is_fresh(version: Version, now: datetime) -> bool:
    return now - version.begun < timedelta(seconds=history_settings().every)


def _check_names(room: Room) -> None:
    if room.versions.exclude(name="").count() >= history_settings().most_named:
        raise TooManyError


def _named(version: Version, name: str, by: User | None) -> Version:
    """Nothing was written since a version: it gets the name, or what it says is kept once more under another."""
    if version.name:
        version = Version(
            room=version.room,
            at=max(timezone.now(), version.at + timedelta(microseconds=1)),
            size=version.size,
            whole=version.whole,
            changes=version.changes,
        )
    version.name, version.by, version.cause = name, by, Version.Cause.NAMED
    version.save()
    return version


def _store(version: Version, state: bytes, newest: Version | None) -> None:
    whole = newest.whole if newest is not None else None
    if whole is not None and whole.versions.filter(changes=b"").exists():
        beyond = zlib.compress(difference(zlib.decompress(whole.state), state))
        others = whole.versions.aggregate(size=Sum(Length("changes")))["size"] or 0
        if others + len(beyond) <= len(whole.state):
            version.whole, version.changes = whole, beyond
            version.save()
            return
    version.whole = Whole.objects.create(room=version.room, state=zlib.compress(state))
    version.changes = b""
    version.save()
    if whole is not None:
        _drop_unused(version.room)


@daily
def thin_all() -> None:
    """Thin out the versions of documents in which nobody has written since, too: they go as they grow old.

    One in which that fails is tried again the next day, and keeps no other from it.
    """
    # All at once: what is still being read keeps SQLite from writing.
    keys = list(Version.objects.filter(name="").order_by("room").values_list("room", flat=True).distinct())
    for key in keys:
        try:
            room = Room.objects.filter(pk=key).first()
            if room is not None and _superfluous(room):
                with held(room):
                    _thin(room)
        except Exception:
            logger.exception("the versions of %s could not be thinned out", key)


def _superfluous(room: Room) -> set[int]:
    settings = history_settings()
    kept = room.versions.filter(name="").values_list("pk", "at")
    return set(superfluous(kept.iterator(), timezone.now(), settings.thin, settings.most))


def _thin(room: Room) -> None:
    gone = _superfluous(room)
    if not gone:
        return
    moved = []
    for whole in Whole.objects.filter(versions__in=gone, versions__changes=b"").distinct():
        left = whole.versions.exclude(pk__in=gone)
        if left.filter(changes=b"").exists() or not left.exists():
            continue
        if left.count() <= MOST_MOVED:
            moved.append(whole)
        else:
            gone -= set(whole.versions.filter(changes=b"").values_list("pk", flat=True))
    Version.objects.filter(pk__in=gone).delete()
    for whole in moved:
        _move(whole)
    _drop_unused(room)


def _drop_unused(room: Room) -> None:
    Whole.objects.filter(room=room, versions=None).delete()
