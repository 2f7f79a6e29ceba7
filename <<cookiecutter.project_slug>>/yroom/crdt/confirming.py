"""What an open room watches of operations that somebody sent under another's number, until their owner confirms them.

authors.py says whose a number is, and what is noted of this. A state vector does not confirm anything. It says that
somebody has as many operations, not that they are the same, nor that he made them. What confirms them is that he sends
the very same ones, and cannot have them from here: as long as the server has not sent them to any browser of his that
would have answered with them, it leaves them out of what it says to have, so that his browser sends them if it can.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from .authors import Claim, Note, judge
from .causal_index import Placed
from .item_reader import ItemReader, Type
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
