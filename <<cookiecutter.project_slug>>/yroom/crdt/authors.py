"""Who made which operations, and who deleted them.

Yjs knows by which client an operation was made, but not who that was; of a deletion not even that. The server knows who
sent what and when, and a room's log holds it beside each update. So a keystroke costs nothing here: only when the log
is folded into the snapshot is this taken out of it, as notes (`Notes`) that stay.

A client's number belongs to whom first sent something under it. What somebody else sends under it is taken, as it may
well be its owner's: after a crash one browser can bring back what it had got of another. But it is noted as
unconfirmed, until the owner hands over the same (`Authorship`). A state vector does not confirm anything. It says that
somebody has as many operations, not that they are the same, nor that he made them. What confirms them is that he sends
the very same ones, and cannot have them from here: as long as the server has not sent them to any browser of his that
would have answered with them, it leaves them out of what it says to have, so that his browser sends them if it can.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from .causal_index import Placed
from .causal_order import Extent
from .items import ItemReader, Type
from .update_reader import ANY, DELETED, GC, STRING, Contents, read

# What a note says of operations: who made or deleted them; that their owner has confirmed them, or can do so no more;
# whose words they bring back (see brought_back.py).
MADE, REMOVED, CONFIRMED, SHOWN, BROUGHT = range(5)

# Operations of unconfirmed owners that an open room keeps an eye on, in stretches; what is beyond stays unconfirmed.
MOST_FOREIGN: Final = 1000


class Sent(NamedTuple):
    """An update as the log holds it."""

    update: bytes
    user: str  # "" where that is not known
    time: datetime
    live: bool  # whether it was sent as it was made, and not as an answer to what the server lacks


class Claim(NamedTuple):
    """Whose a client's number is."""

    user: str
    live: bool  # whether they were ever seen to write under it, and not only to bring what was written


class Note(NamedTuple):
    """What is known of neighbouring operations of one client."""

    kind: int
    client: int
    clock: int
    length: int
    user: str  # who made or deleted them, if known; CONFIRMED, SHOWN: whose they may be; BROUGHT: whose they were
    first: datetime | None = None  # when, from the first to the last of them; None where that is not known
    last: datetime | None = None
    live: bool = False
    confirmed: bool = True
    by: str = ""  # who sent them, where that was somebody else, and is not confirmed; BROUGHT: who brought them back

    @property
    def end(self) -> int:
        """The clock behind the last."""
        return self.clock + self.length

    @property
    def sender(self) -> str:
        """Who sent them."""
        return self.user if self.confirmed and self.kind != BROUGHT else self.by


def judge(claim: Claim | None, user: str, live: bool) -> tuple[Claim, bool]:
    """Whose a client's number is once somebody has sent something under it, and whether what they sent is theirs.

    Who has only brought what was written under a number, and maybe by somebody else, gives way to who writes under it.
    """
    if claim is None or not claim.user or (live and not claim.live):
        return Claim(user, live), True
    if claim.user == user:
        return (Claim(user, True) if live and not claim.live else claim), True
    return claim, False


class Ranges:
    """Clocks, as ranges that do not touch."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.add(list(ranges))

    def add(self, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Add some; return the parts of them that were not there."""
        if not ranges:
            return []
        new = sorted(ranges)
        low = bisect_left(self._ends, new[0][0])
        high = bisect_right(self._starts, max(behind for _, behind in new))
        known = list(zip(self._starts[low:high], self._ends[low:high], strict=True))
        fresh = _beyond(new, known)
        joined: list[list[int]] = []
        for first, behind in sorted(known + fresh):
            if joined and first <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], behind)
            else:
                joined.append([first, behind])
        self._starts[low:high] = [first for first, _ in joined]
        self._ends[low:high] = [behind for _, behind in joined]
        return fresh

    @property
    def all(self) -> list[tuple[int, int]]:
        """All of them, in order."""
        return list(zip(self._starts, self._ends, strict=True))

    def lacks(self, first: int, behind: int) -> list[tuple[int, int]]:
        """The parts of a range that are not there."""
        low, high = bisect_left(self._ends, first), bisect_right(self._starts, behind)
        return _beyond([(first, behind)], list(zip(self._starts[low:high], self._ends[low:high], strict=True)))


def _beyond(new: Sequence[tuple[int, int]], known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of ranges that others do not hold, both in order."""
    fresh: list[tuple[int, int]] = []
    at = place = 0
    for first, behind in new:
        at = max(at, first)
        while at < behind:
            while place < len(known) and known[place][1] <= at:
                place += 1
            if place < len(known) and known[place][0] <= at:
                at = known[place][1]
            else:
                end = min(behind, known[place][0]) if place < len(known) else behind
                fresh.append((at, end))
                at = end
    return fresh


class Notes:
    """What a log tells beyond what is known already."""

    def __init__(
        self,
        known: Extent,
        claims: Mapping[int, Claim],
        span: timedelta,
        senders: Mapping[str, int],
        most: int,
        noted: Iterable[Note] = (),
    ) -> None:
        """`known` are the operations that are not the log's, and `noted` notes on operations that are known besides.

        What one person makes under one number is noted as one, if it is made within `span`. There may be `most` notes,
        with those that there are of each sender, half of them of one: nobody fills them up for all.
        """
        self.made: list[Note] = []
        self.removed: list[Note] = []
        self._claims = dict(claims)
        self._span = span
        self._senders = dict(senders)
        self._total, self._most = sum(senders.values()), most
        self._known = known
        self._ends = dict(known.ends)
        self._removed: dict[int, Ranges] = {}
        self._late: list[tuple[int, int, int, Sent]] = []
        # By client: which note the next one may go on.
        self._last_made: dict[int, int] = {}
        self._last_removed: dict[int, int] = {}
        for note in noted:
            if note.kind == MADE:
                self._ends[note.client] = max(self._ends.get(note.client, 0), note.end)
            elif note.kind == REMOVED:
                self._removed_of(note.client).add([(note.clock, note.end)])

    def read(self, log: Iterable[Sent]) -> list[Note]:
        """Take in a log, in order. Raises ProtocolError for what is no update."""
        for sent in log:
            contents = read(sent.update)
            for client, structs in contents.structs.items():
                for first, behind in _runs(structs):
                    self._make(client, first, behind, sent)
            self._remove(contents, sent)
        # What lacked something was stored before that came.
        for client, first, behind, sent in sorted(self._late, key=lambda late: late[:3]):
            if first <= self._ends.get(client, 0):
                self._make(client, first, behind, sent)
        return self.made + self.removed

    def _make(self, client: int, first: int, behind: int, sent: Sent) -> None:
        known = self._ends.get(client, 0)
        if behind <= known:
            return
        if first > known:
            self._late.append((client, first, behind, sent))
            return
        self._ends[client] = behind
        self._claims[client], own = judge(self._claims.get(client), sent.user, sent.live)
        user, live = self._claims[client]
        place = self._last_made.get(client)
        if place is not None:
            last = self.made[place]
            if last.sender == sent.user and last.confirmed == own and self._is_soon(last, sent):
                self.made[place] = last._replace(length=behind - last.clock, last=sent.time, live=live)
                return
        if not self._has_room_for(sent.user):
            return
        self._last_made[client] = len(self.made)
        by = "" if own else sent.user
        self.made.append(Note(MADE, client, known, behind - known, user, sent.time, sent.time, live, own, by))

    def _remove(self, contents: Contents, sent: Sent) -> None:
        if not contents.deletes:
            return
        by_client: dict[int, list[tuple[int, int]]] = {}
        for client, first, behind in contents.deletes:
            by_client.setdefault(client, []).append((first, behind))
        for client, ranges in by_client.items():
            for first, behind in self._removed_of(client).add(ranges):
                place = self._last_removed.get(client)
                if place is not None:
                    last = self.removed[place]
                    touches = behind == last.clock or first == last.end
                    if touches and last.user == sent.user and self._is_soon(last, sent):
                        clock, length = min(first, last.clock), last.length + behind - first
                        self.removed[place] = last._replace(clock=clock, length=length, last=sent.time)
                        continue
                if not self._has_room_for(sent.user):
                    break
                self._last_removed[client] = len(self.removed)
                self.removed.append(Note(REMOVED, client, first, behind - first, sent.user, sent.time, sent.time))

    def _removed_of(self, client: int) -> Ranges:
        removed = self._removed.get(client)
        if removed is None:
            removed = self._removed[client] = Ranges(self._known.deleted(client))
        return removed

    def _has_room_for(self, user: str) -> bool:
        """Whether there may be one more note of what somebody sent; it is counted."""
        own = self._senders.get(user, 0)
        if self._total >= self._most or own >= self._most / 2:
            return False
        self._senders[user] = own + 1
        self._total += 1
        return True

    def _is_soon(self, last: Note, sent: Sent) -> bool:
        return last.first is not None and sent.time - last.first < self._span


def settle(notes: Iterable[Note], settled: Iterable[Note]) -> list[Note]:
    """Notes, where those operations count as confirmed that these say something of."""
    ranges: dict[int, Ranges] = {}
    for each in settled:
        ranges.setdefault(each.client, Ranges()).add([(each.clock, each.end)])
    result: list[Note] = []
    for note in notes:
        known = ranges.get(note.client)
        if note.confirmed or known is None:
            result.append(note)
            continue
        open_ = known.lacks(note.clock, note.end)
        result += (note._replace(clock=first, length=behind - first) for first, behind in open_)
        done = Ranges(open_).lacks(note.clock, note.end)
        result += (note._replace(clock=a, length=b - a, confirmed=True, by="") for a, b in done)
    return result


def clients_in(log: Iterable[Sent]) -> set[int]:
    """The numbers under which something is written in a log."""
    return {client for sent in log for client in read(sent.update).structs}


def claims_in(log: Iterable[Sent], before: Mapping[int, int], claims: Mapping[int, Claim]) -> dict[int, Claim]:
    """Whose some numbers are, by what a log holds of them before these clocks, and by what was known before the log."""
    found = dict(claims)
    for sent in log:
        for client, structs in read(sent.update).structs.items():
            if structs and structs[0].clock < before.get(client, 0):
                found[client], _ = judge(found.get(client), sent.user, sent.live)
    return found


def _runs(structs: Sequence[Any]) -> list[tuple[int, int]]:
    """Structs of one client as ranges that do not touch."""
    runs: list[tuple[int, int]] = []
    for struct in structs:
        behind = struct.clock + struct.length
        if runs and runs[-1][1] == struct.clock:
            runs[-1] = runs[-1][0], behind
        else:
            runs.append((struct.clock, behind))
    return runs


@dataclass(slots=True)
class Foreign:
    """Operations that somebody sent under a number of somebody else, who may still confirm them."""

    client: int
    clock: int
    end: int
    owner: str
    shown: bool = False  # whether a browser of the owner's has got them from here


@dataclass(slots=True)
class _Unsure:
    """Operations under a number of which it is not known yet whose it is."""

    client: int
    clock: int
    end: int
    user: str
    live: bool
    shown: set[str]  # to whom


class Authorship:
    """What an open room knows of whose the numbers in it are, and what waits to be confirmed.

    Of what comes under somebody else's number it must know from the beginning to whom it was shown. What it cannot keep
    an eye on, as there is too much of it, counts as shown to everybody.
    """

    def __init__(self) -> None:
        self._claims: dict[int, Claim] = {}
        self._unsure: list[_Unsure] = []
        self.foreign: list[Foreign] = []
        self._shown: list[Foreign] = []  # what is to be noted as such
        self._is_loaded = False

    def expect(self, unconfirmed: Iterable[Note]) -> None:
        """What is stored as somebody's who can still confirm it; once a room, which may be loaded again."""
        if self._is_loaded:
            return
        self._is_loaded = True
        for each in unconfirmed:
            self._watch(Foreign(each.client, each.clock, each.end, each.user))

    def take(self, placed: Placed, user: str, live: bool, present: Callable[[], frozenset[str]]) -> bool:
        """Note what somebody has sent; return whether it is anything else than the usual: then there may be more to do.

        `present` tells who is here, and is shown it with all that the room has.
        """
        claims = self._claims
        for client in placed.ends:
            claim = claims.get(client)
            if claim is None or claim.user != user or (live and not claim.live):
                break
        else:
            return False
        shown = present()
        starts = {client: clock for client, clock, _ in reversed(placed.runs)}
        for client, end in placed.ends.items():
            clock = starts[client]
            if client in claims or not clock:
                self._judge(client, clock, end, user, live, shown)
            elif len(self._unsure) < MOST_FOREIGN:
                self._unsure.append(_Unsure(client, clock, end, user, live, set(shown)))
            else:
                self._shown.append(Foreign(client, clock, end, "", True))
        return True

    def _judge(self, client: int, clock: int, end: int, user: str, live: bool, shown: Set[str]) -> None:
        self._claims[client], own = judge(self._claims.get(client), user, live)
        if not own:
            owner = self._claims[client].user
            self._watch(Foreign(client, clock, end, owner, owner in shown))

    def _watch(self, foreign: Foreign) -> None:
        if foreign.shown or len(self.foreign) >= MOST_FOREIGN:
            self._shown.append(foreign)
        else:
            self.foreign.append(foreign)

    @property
    def is_busy(self) -> bool:
        """Whether anything waits to be confirmed, or may do so."""
        return bool(self.foreign or self._unsure)

    @property
    def unsure(self) -> dict[int, int]:
        """The numbers of which it is to be found out whose they are, each with the clock before which that counts."""
        return {unsure.client: unsure.clock for unsure in reversed(self._unsure)}

    def found(self, claims: Mapping[int, Claim]) -> None:
        """It has been found out whose numbers were before."""
        waiting, self._unsure = self._unsure, []
        for each in waiting:
            if each.client not in self._claims and each.client in claims:
                self._claims[each.client] = claims[each.client]
            self._judge(each.client, each.clock, each.end, each.user, each.live, each.shown)

    def answered(self, user: str, known: Mapping[int, int]) -> None:
        """Somebody who had so much has been sent the rest."""
        for unsure in self._unsure:
            if known.get(unsure.client, 0) < unsure.end:
                unsure.shown.add(user)
        shown = [each for each in self.waits_for(user) if known.get(each.client, 0) < each.end]
        for each in shown:
            self.settle(each)

    def settle(self, foreign: Foreign) -> None:
        """Its owner cannot confirm it any more."""
        self.foreign.remove(foreign)
        self._shown.append(foreign)

    def take_shown(self) -> list[Foreign]:
        """What cannot be confirmed any more, each once."""
        shown, self._shown = self._shown, []
        return shown

    def waits_for(self, user: str) -> list[Foreign]:
        """What somebody may still confirm."""
        return [each for each in self.foreign if each.owner == user] if user else []


def same(update: bytes, held: bytes, foreign: Foreign) -> list[tuple[int, int]]:
    """Which operations an update holds as another does, of those that somebody may confirm; none if any differ.

    What was deleted meanwhile, and is gone, nobody can compare.
    """
    roots: dict[str, Type] = {}
    theirs, ours = (_units(each, foreign, roots) for each in (update, held))
    both = theirs.keys() & ours.keys()
    if any(theirs[clock] != ours[clock] for clock in both):
        return []
    return Ranges((clock, clock + 1) for clock in both).all


def _units(update: bytes, foreign: Foreign, roots: dict[str, Type]) -> dict[int, Any]:
    """Operations one by one, with where they are; however they were put together in an update."""
    units: dict[int, Any] = {}
    for item in ItemReader(update, roots).items().get(foreign.client, ()):
        if item.kind in (GC, DELETED):
            continue
        text = item.content.encode("utf-16-le") if item.kind == STRING else b""
        for clock in range(max(item.clock, foreign.clock), min(item.clock + item.length, foreign.end)):
            at = clock - item.clock
            content: Any = item.content
            if item.kind == STRING:
                content = text[2 * at : 2 * at + 2]
            elif item.kind == ANY:
                content = item.content[at]
            elif item.type is not None:
                content = item.type.kind, item.type.tag
            place = (item.origin, item.parent, item.key) if not at else ((item.client, clock - 1), None, None)
            units[clock] = item.kind, content, item.right, *place
    return units
