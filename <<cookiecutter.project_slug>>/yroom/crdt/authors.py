"""Who made which operations, and who deleted them.

Yjs knows by which client an operation was made, but not who that was; of a deletion not even that. The server knows who
sent what and when, and a room's log holds it beside each update. So a keystroke costs nothing here: only when the log
is folded into the snapshot is this taken out of it, as notes (`Notes`) that stay.

A client's number belongs to whom first sent something under it. What somebody else sends under it is taken, as it may
well be its owner's: after a crash one browser can bring back what it had got of another. But it is noted as
unconfirmed, until the owner hands over the very same: see confirming.py. All who are here see a number before its owner
has written anything. So what another sends under it meanwhile counts as brought: he does not get the number by that.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from .causal_index import Missing, walk
from .causal_order import Extent, WaitingList
from .ranges import Ranges, by_client
from .update_reader import Contents, Struct, read

# What a note says of operations: who made or deleted them; that their owner has confirmed them, or can do so no more;
# whose words they bring back (see brought_back.py).
MADE, REMOVED, CONFIRMED, SHOWN, BROUGHT = range(5)


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
    def range(self) -> tuple[int, int, int]:
        """The client, the first clock and the one behind the last."""
        return self.client, self.clock, self.end

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
        self._waiting: WaitingList[tuple[Contents, Sent]] = WaitingList()
        # By client: which note the next one may go on.
        self._last_made: dict[int, int] = {}
        self._last_removed: dict[int, int] = {}
        for note in noted:
            if note.kind == MADE:
                self._ends[note.client] = max(self._ends.get(note.client, 0), note.end)
            elif note.kind == REMOVED:
                self._removed_of(note.client).add([(note.clock, note.end)])

    def read(self, log: Iterable[Sent]) -> list[Note]:
        """Take in a log, in order. Raises ProtocolError for what is no update.

        What lacked something was stored before that came. Until then it is in no document, and others may write under
        the same clocks.
        """
        for sent in log:
            clients = self._take(read(sent.update), sent)
            while clients:
                for contents, other in self._waiting.freed(clients.pop(), self._ends):
                    clients += self._take(contents, other)
        return self.made + self.removed

    def _take(self, contents: Contents, sent: Sent) -> list[int]:
        """Note what of an update lacks nothing, and have the rest wait; return the clients that got further."""
        ends: dict[int, int] = {}

        def end(client: int) -> int:
            return ends[client] if client in ends else self._ends.get(client, 0)

        def take(client: int, struct: Struct) -> tuple[int, int] | None:
            behind = struct.clock + struct.length
            if behind > end(client):
                if struct.clock > end(client):
                    return client, struct.clock - 1
                for neighbour in (struct.origin, struct.right, struct.parent):
                    if neighbour is not None and neighbour[1] >= end(neighbour[0]):
                        return neighbour
                ends[client] = behind
            return None

        taken, blocked = walk(contents.structs, take, end)
        for client, count in taken.items():
            for first, behind in _runs(contents.structs[client][:count]):
                self._make(client, first, behind, sent)
        self._remove([each for each in contents.deletes if each[2] <= end(each[0])], sent)
        missing = [(client, behind - 1) for client, _, behind in contents.deletes if behind > end(client)]
        for client, waiting in blocked.items():
            own = contents.structs.get(client)
            # What the update itself would bring, were it not blocked too, is not what is missing.
            brought = own[-1].clock + own[-1].length if own else 0
            missing += [(client, clock) for clock, waiter in waiting if client == waiter or clock >= brought]
        if missing:
            self._waiting.put(Missing(*missing[-1], contents), (contents, sent))
        return list(ends)

    def _make(self, client: int, first: int, behind: int, sent: Sent) -> None:
        known = self._ends.get(client, 0)
        if behind <= known:
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

    def _remove(self, deletes: Sequence[tuple[int, int, int]], sent: Sent) -> None:
        for client, ranges in by_client(deletes).items():
            for first, behind in self._removed_of(client).add(ranges.all):
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
    ranges = by_client(each.range for each in settled)
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
