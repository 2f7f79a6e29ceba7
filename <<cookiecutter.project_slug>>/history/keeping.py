"""Keeping versions, reading them, and erasing them for good.

The first version of a document is kept as a whole state, and those after it as the update that makes each of that: what
was written and deleted in between. Once all of these together are longer than the whole, the next version is a whole
again. So each is read by two rows, whichever others go, and their sizes grow as slowly as they can.

A whole is always what one of the versions was. So nothing is stored that none of them shows; and who may see versions
can be handed what is stored, as it is.
"""

import logging
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models.functions import Length
from django.utils import timezone
from pycrdt import Doc

from accounts.models import User
from rooms.access import Ability
from rooms.actions import hold
from rooms.authors import authors_of
from rooms.models import Room, Visitor
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
# How often it is worked out what to write, where others change the history of the same document each time.
TRIES: Final = 5


class TooManyError(Exception):
    """A document has as many versions with a name as it may."""


class TooOftenError(Exception):
    """Somebody has kept as many versions as one may in an hour."""


class RestoringError(Exception):
    """Somebody else is restoring a version at this moment."""


class CrowdedError(Exception):
    """Others change the history of the document all the time."""


@dataclass(frozen=True)
class Change:
    """What is to be written of a document's history: all that takes long has been done."""

    version: Version | None = None  # the one that is kept, if it is about one
    gone: Collection[int] = ()
    # Those that are made of another whole, which may be as new as a version.
    moved: Sequence[Version] = ()

    def write(self, room: Room) -> None:
        """Write it, while the history is held."""
        Version.objects.filter(pk__in=self.gone).delete()
        for version in self.moved:
            _write_whole(version)
            # Not the rest of it, which somebody may have changed since it was read.
            version.save(update_fields=["whole", "changes"])
        if self.version is not None:
            _write_whole(self.version)
            self.version.save()
        Whole.objects.filter(room=room, versions=None).delete()


def _write_whole(version: Version) -> None:
    if version.whole.pk is None:
        version.whole.save()


@contextmanager
def held(room: Room) -> Iterator[Rules]:
    """What is said of a document's history; nobody else changes anything of it until this transaction ends."""
    with transaction.atomic():
        # The document first, as in rooms/actions.py: its page may hold that already, and a new version needs it, too.
        Room.objects.select_for_update().filter(pk=room.pk).values_list("pk").first()
        Rules.objects.get_or_create(room=room)
        yield Rules.objects.select_for_update().get(room=room)


@contextmanager
def held_by(by: Visitor, room: Room, ability: Ability) -> Iterator[Rules]:
    """The same for somebody who has the ability: what took long was worked out before, and they may have lost it."""
    with hold(by, room.pk, ability), held(room) as rules:
        yield rules


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
    """Keep what a document is; None where that is kept already. Raises TooManyError, TooOftenError or CrowdedError.

    One that is kept by itself takes the place of the one before, if that was, too, and is not `every` seconds old: so
    what was written last is kept, and not each pause that somebody has made.
    """

    def work_out(versions: list[Any]) -> Change | None:
        now = timezone.now()
        newest = versions[0] if versions else None
        changes = difference(state_of(newest) if newest is not None else NOTHING, state)
        # Who had no answer, and tries again, finds it under that name, however many there are.
        if changes == NOTHING and (newest is None or name in ("", newest.name)):
            return None
        if name and sum(bool(each.name) for each in versions) >= history_settings().most_named:
            raise TooManyError
        if by is not None:
            require_patience(by)
        if newest is not None and changes == NOTHING:
            return Change(_named(newest, name, by))
        version = Version(room=room, at=now, begun=now, cause=cause, name=name, by=by, size=len(state))
        version.people = sorted({*people, *_people(room, changes)})
        gone = []
        if newest is not None:
            version.at = max(now, newest.at + timedelta(microseconds=1))
            if cause == newest.cause == Version.Cause.QUIET and not newest.name and _is_fresh(newest, now):
                version.begun = newest.begun
                version.people = sorted({*version.people, *newest.people})
                gone = [newest.pk]
        _place(version, state, newest, [each for each in versions if each.pk not in gone])
        return Change(version, gone)

    kept = _change(room, work_out, by, Ability.WRITE)
    # And once a day, see thin_all(); whoever changes so much of it at this moment does so, too.
    with suppress(CrowdedError):
        _thin(room)
    return kept


def require_patience(by: User) -> None:
    """Let somebody keep a version if they have not kept too many in an hour. Raises TooOftenError."""
    hour = timezone.now() - timedelta(hours=1)
    if Version.objects.filter(by=by, at__gt=hour).count() >= history_settings().kept_per_hour:
        raise TooOftenError


def begin_restore(room: Room, by: User) -> None:
    """Let one person at a time restore a version. Raises RestoringError or TooOftenError.

    Two who do so without seeing each other's would both bring back what is gone: it would be there twice.
    """
    require_patience(by)
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
        if name and not version.name and room.versions.exclude(name="").count() >= history_settings().most_named:
            raise TooManyError
        version.name, version.by = name, by
        version.save(update_fields=["name", "by"])
    return version


def erase(room: Room, key: int, by: Visitor | None = None) -> None:
    """Delete a version for good: nothing is left of what it alone has held.

    `by` is who does that, as in rooms/actions.py. Raises Version.DoesNotExist or CrowdedError.
    """

    def work_out(versions: list[Any]) -> Change:
        version = next((each for each in versions if each.pk == key), None)
        if version is None:
            raise Version.DoesNotExist
        left = [each for each in versions if each.whole_id == version.whole_id and each is not version]
        return Change(gone=[key], moved=[] if _has_base(left) else _moved(left))

    _change(room, work_out, by)


def _change(
    room: Room,
    work_out: Callable[[list[Any]], Change | None],
    by: Visitor | None = None,
    ability: Ability = Ability.MANAGE,
) -> Version | None:
    """Change a document's history by what `work_out` makes of its versions; return the one that is kept.

    That may take long, and SQLite lets nobody else write during a transaction. So it is worked out before, and anew
    where a version has come, gone or changed until it can be written. Raises CrowdedError.
    """
    for _ in range(TRIES):
        versions = _versions(room)
        marks = _marks(versions)
        try:
            change = work_out(versions)
        except ObjectDoesNotExist:
            if marks == _marks(_versions(room)):
                raise
            continue
        if change is None and by is None:
            return None
        with held(room) if by is None else held_by(by, room, ability):
            # Who may not any more does not hear that all is kept already, either.
            if change is None:
                return None
            if marks == _marks(_versions(room)):
                change.write(room)
                return change.version
    raise CrowdedError


def _versions(room: Room) -> list[Any]:
    """All versions of a document, the latest first, with how many bytes each has `beyond` its whole."""
    return list(room.versions.defer("changes").annotate(beyond=Length("changes")))


def _marks(versions: list[Any]) -> list[tuple[int, int, str]]:
    """By what one sees whether versions are the same. No whole ever becomes another one."""
    return [(each.pk, each.whole_id, each.name) for each in versions]


def _has_base(versions: list[Any]) -> bool:
    """Whether one of versions is the state of their whole, as it has to be; there may be none of them."""
    return not versions or any(not each.beyond for each in versions)


def _moved(versions: list[Version]) -> list[Version]:
    """Versions of a whole whose own is gone, the latest first, made of the state of the oldest."""
    oldest, *later = reversed(versions)
    former, first = oldest.whole, state_of(oldest)
    whole = Whole(room=former.room, state=zlib.compress(first))
    for each in later:
        each.whole = former
        each.changes = zlib.compress(difference(first, state_of(each)))
        each.whole = whole
    oldest.whole, oldest.changes = whole, b""
    return [oldest, *later]


def _people(room: Room, changes: bytes) -> list[str]:
    """The ids of those of whom changes are, as far as that is known."""
    brought, deleted = operations(changes)
    authors = authors_of(room, [*brought, *deleted])
    wrote = (each.doer.id for run in brought for each in authors.who_wrote(*run))
    removed = (each.author.id for run in deleted for each in authors.who_deleted(*run))
    return sorted({*wrote, *removed} - {""})


def _is_fresh(version: Version, now: datetime) -> bool:
    return now - version.begun < timedelta(seconds=history_settings().every)


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
    return version


def _place(version: Version, state: bytes, newest: Version | None, others: list[Any]) -> None:
    """Make a version of the whole of the newest if that still is one's own, and larger than what is made of it."""
    fellows = [each for each in others if newest is not None and each.whole_id == newest.whole_id]
    if newest is not None and fellows and _has_base(fellows):
        beyond = zlib.compress(difference(zlib.decompress(newest.whole.state), state))
        if sum(each.beyond for each in fellows) + len(beyond) <= len(newest.whole.state):
            version.whole, version.changes = newest.whole, beyond
            return
    version.whole, version.changes = Whole(room=version.room, state=zlib.compress(state)), b""


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
            if room is not None:
                _thin(room)
        except Exception:
            logger.exception("the versions of %s could not be thinned out", key)


def _thin(room: Room) -> None:
    def work_out(versions: list[Any]) -> Change | None:
        settings = history_settings()
        kept = ((each.pk, each.at) for each in versions if not each.name)
        gone = set(superfluous(kept, timezone.now(), settings.thin, settings.most))
        moved: list[Version] = []
        for base in [each for each in versions if each.pk in gone and not each.beyond]:
            left = [each for each in versions if each.whole_id == base.whole_id and each.pk not in gone]
            if _has_base(left):
                continue
            if len(left) <= MOST_MOVED:
                moved += _moved(left)
            else:
                gone.remove(base.pk)
        return Change(gone=gone, moved=moved) if gone else None

    _change(room, work_out)
