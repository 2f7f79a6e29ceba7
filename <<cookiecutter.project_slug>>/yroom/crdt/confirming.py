"""What an open room watches of operations that somebody sent under another's number, until their owner confirms them.

authors.py says whose a number is, and what is noted of this. A state vector does not confirm anything. It says that
somebody has as many operations, not that they are the same, nor that he made them. What confirms them is that he sends
the very same ones, and cannot have them from here: as long as the server has not sent them to any browser of his that
would have answered with them, it leaves them out of what it says to have, so that his browser sends them if it can.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from .authors import Claim, Note, judge
from .causal_index import Placed
from .item_reader import Item, ItemReader, Type
from .ranges import Ranges
from .update_reader import ANY, DELETED, GC, STRING

# Operations of unconfirmed owners that an open room keeps an eye on, in stretches; what is beyond stays unconfirmed.
MOST_FOREIGN: Final = 1000


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


def same(update: bytes, held: bytes, asked: Sequence[Foreign]) -> list[list[tuple[int, int]]]:
    """Which operations an update holds as another does, of each of those that somebody may confirm; none if any differ.

    What was deleted meanwhile, and is gone, nobody can compare.
    """
    roots: dict[str, Type] = {}
    # Each read once, of however many one may confirm something.
    theirs, ours = (_Units(ItemReader(each, roots).items()) for each in (update, held))
    return [_same(theirs.of(foreign), ours.of(foreign)) for foreign in asked]


def _same(theirs: Mapping[int, Any], ours: Mapping[int, Any]) -> list[tuple[int, int]]:
    both = theirs.keys() & ours.keys()
    if any(theirs[clock] != ours[clock] for clock in both):
        return []
    return Ranges((clock, clock + 1) for clock in both).all


class _Units:
    """Operations one by one, with where they are; however they were put together in an update."""

    def __init__(self, items: Mapping[int, Sequence[Item]]) -> None:
        self._items = items
        self._texts: dict[Item, bytes] = {}

    def of(self, foreign: Foreign) -> dict[int, Any]:
        """Those that somebody may confirm, by their clocks."""
        units: dict[int, Any] = {}
        items = self._items.get(foreign.client, ())
        first = max(0, bisect_right(items, foreign.clock, key=_clock) - 1)
        for item in (items[place] for place in range(first, len(items))):
            if item.clock >= foreign.end:
                break
            if item.kind in (GC, DELETED):
                continue
            for clock in range(max(item.clock, foreign.clock), min(item.clock + item.length, foreign.end)):
                at = clock - item.clock
                place = (item.origin, item.parent, item.key) if not at else ((item.client, clock - 1), None, None)
                units[clock] = item.kind, self._content(item, at), item.right, *place
        return units

    def _content(self, item: Item, at: int) -> Any:
        if item.kind == STRING:
            if item not in self._texts:
                self._texts[item] = item.content.encode("utf-16-le")
            return self._texts[item][2 * at : 2 * at + 2]
        if item.kind == ANY:
            return item.content[at]
        return item.content if item.type is None else (item.type.kind, item.type.tag)


def _clock(item: Item) -> int:
    return item.clock
