"""A large update as several small ones, so that whoever applies it can pause, and stop, between them.

The library below takes an update in one go, for as long as it takes: where many clients wrote at one place each of
their structs is compared with all others there, which is quadratic.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..exceptions import ProtocolError
from .causal_index import walk
from .protocol import write_var_uint
from .update_reader import SKIP, Contents, Struct, read

# Structs and deletions of an update that is not worth cutting.
FEW: Final = 8
# Seconds that applying one part may take, more or less, and its largest number of structs.
SECONDS: Final = 0.002
MOST: Final = 4096
# Bytes of an update from which on it is worth cutting even if it is only read from the store.
LARGE: Final = 256 * 1024


class Parts:
    """The parts of an update, each of which builds on those before it and on what the update builds on."""

    def __init__(self, update: bytes, contents: Contents) -> None:
        self._update = update
        self._contents = contents
        self._runs = _order(contents.structs)[::-1]
        self._deletes = list(contents.deletes[::-1])
        self._number = FEW

    def __bool__(self) -> bool:
        return bool(self._runs or self._deletes)

    def __iter__(self) -> Iterator[bytes]:
        while self:
            yield self.take()

    def took(self, seconds: float) -> None:
        """Say how long the last part took: the next ones become longer or shorter."""
        self._number = max(1, self._number // 2) if seconds > SECONDS else min(MOST, 2 * self._number)

    def take(self) -> bytes:
        """The next part. Deletions come last."""
        return self._take_structs() if self._runs else self._take_deletes()

    def _take_structs(self) -> bytes:
        taken: dict[int, list[int]] = {}  # by client: positions of its first struct and behind its last one
        left = self._number
        while self._runs and left:
            client, first, behind = self._runs[-1]
            structs = self._contents.structs[client]
            span = taken.get(client)
            if span is not None and not _adjoin(structs, first):
                break
            stop = first + 1
            while stop < behind and stop - first < left and _adjoin(structs, stop):
                stop += 1
            if span is None:
                taken[client] = [first, stop]
            else:
                span[1] = stop
            left -= stop - first
            if stop == behind:
                self._runs.pop()
            else:
                self._runs[-1] = (client, stop, behind)
        part = [write_var_uint(len(taken))]
        for client, (first, stop) in taken.items():
            spans = self._contents.spans[client]
            part += map(write_var_uint, (stop - first, client, self._contents.structs[client][first].clock))
            part.append(self._update[spans[first][0] : spans[stop - 1][1]])
        return b"".join(part) + b"\0"

    def _take_deletes(self) -> bytes:
        taken = [self._deletes.pop() for _ in range(min(self._number, len(self._deletes)))]
        return b"\0" + _write_deletes(taken)


def split(update: bytes, contents: Contents, ready: Contents) -> tuple[bytes, bytes]:
    """Two updates of one: what is ready, and the rest. `ready` is what `Missing` says."""
    counts = {client: len(structs) for client, structs in ready.structs.items()}
    done = set(ready.deletes)
    rest = Contents(
        {client: structs[counts.get(client, 0) :] for client, structs in contents.structs.items()},
        [each for each in contents.deletes if each not in done],
        {client: spans[counts.get(client, 0) :] for client, spans in contents.spans.items()},
    )
    return written(update, ready), written(update, rest)


def written(update: bytes, contents: Contents) -> bytes:
    """An update of some of another's structs and deletions."""
    by_client = {client: structs for client, structs in contents.structs.items() if structs}
    pieces = [write_var_uint(len(by_client))]
    for client, structs in by_client.items():
        count, clock, mine = 0, structs[0].clock, list[bytes]()
        for struct, (start, end) in zip(structs, contents.spans[client], strict=False):
            if struct.clock > clock:
                mine += (bytes((SKIP,)), write_var_uint(struct.clock - clock))
                count += 1
            mine.append(update[start:end])
            count += 1
            clock = struct.clock + struct.length
        pieces += (write_var_uint(count), write_var_uint(client), write_var_uint(structs[0].clock), *mine)
    return b"".join(pieces) + _write_deletes(contents.deletes)


def _write_deletes(deletes: Iterable[tuple[int, int, int]]) -> bytes:
    ranges: dict[int, list[tuple[int, int]]] = {}
    for client, first, behind in deletes:
        ranges.setdefault(client, []).append((first, behind - first))
    part = [write_var_uint(len(ranges))]
    for client, some in ranges.items():
        part += map(write_var_uint, (client, len(some)))
        part += (write_var_uint(number) for pair in some for number in pair)
    return b"".join(part)


def cut(update: bytes) -> Parts | None:
    """The parts of a stored update if it is large, and can be cut."""
    if len(update) < LARGE:
        return None
    try:
        return Parts(update, read(update))
    except ProtocolError:
        return None


def _adjoin(structs: list[Struct], at: int) -> bool:
    """Whether nothing is left out in front of a struct: what lies between two in an update must have no gaps."""
    return structs[at - 1].clock + structs[at - 1].length == structs[at].clock


def _order(structs: dict[int, list[Struct]]) -> list[tuple[int, int, int]]:
    """Runs of structs (client, position of the first, position behind the last), each behind what it builds on."""
    ends = {client: own[-1].clock + own[-1].length for client, own in structs.items() if own}
    reached = {client: structs[client][0].clock for client in ends}
    runs: list[tuple[int, int, int]] = []
    positions = dict.fromkeys(ends, 0)

    def take(client: int, struct: Struct) -> tuple[int, int] | None:
        for neighbour in (struct.origin, struct.right, struct.parent):
            if neighbour is not None and reached.get(neighbour[0], 0) <= neighbour[1] < ends.get(neighbour[0], 0):
                return neighbour
        at = positions[client]
        positions[client], reached[client] = at + 1, struct.clock + struct.length
        if runs and runs[-1][0] == client:
            runs[-1] = (client, runs[-1][1], at + 1)
        else:
            runs.append((client, at, at + 1))
        return None

    walk({client: structs[client] for client in ends}, take, reached.__getitem__)
    # What builds on itself in a circle is for the library to refuse.
    runs += ((client, at, len(structs[client])) for client, at in positions.items() if at < len(structs[client]))
    return runs
