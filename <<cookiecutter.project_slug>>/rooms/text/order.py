"""In which order lines are drawn, which pieces make one line, and which lines are hidden. See order.ts."""

from collections.abc import Callable

from yroom.contents import Items

from .keys import is_atom
from .pieces import Behind, Line, Piece, Pieces, Ref
from .values import unit_order

Find = Callable[[Ref], Piece | None]


def order(pieces: Pieces, items: Items) -> list[Line]:
    """The lines of a text in the order in which they are drawn, hidden ones among them."""
    every = list(pieces.list)
    if not every[-1].length and len(every) > 1:
        every.pop()  # nothing stands behind the last marker

    def find(ref: Ref) -> Piece | None:
        item = items.find(*ref)
        return pieces.piece_of(item) if item is not None and pieces.holds(item) else None

    return _placed(_joined(every, find), find)


def _joined(every: list[Piece], find: Find) -> list[Line]:
    to: dict[Piece, Piece] = {}
    for piece in every:
        target = find(piece.join) if piece.join is not None and not is_atom(piece.keys) else None
        if target is not None and target.marker is not None and target is not piece and not is_atom(target.keys):
            to[piece] = target
    _open_circles(every, to)
    children: dict[Piece, list[Piece]] = {}
    for piece in every:
        if piece in to:
            children.setdefault(to[piece], []).append(piece)
    return [Line(_with_children(piece, children)) for piece in every if piece not in to]


def _with_children(root: Piece, children: dict[Piece, list[Piece]]) -> list[Piece]:
    pieces: list[Piece] = []
    stack = [root]
    while stack:
        piece = stack.pop()
        pieces.append(piece)
        stack += reversed(children.get(piece, []))
    return pieces


def _open_circles(every: list[Piece], to: dict[Piece, Piece]) -> None:
    """Of those that continue each other in a circle, the first stands for itself."""
    checked: set[Piece] = set()
    for start in every:
        path: set[Piece] = set()
        piece: Piece | None = start
        while piece is not None and piece not in checked and piece not in path:
            path.add(piece)
            piece = to.get(piece)
        if piece is not None and piece in path:
            first, each = piece, to[piece]
            while each is not piece:
                first = min(first, each, key=lambda one: one.number)
                each = to[each]
            del to[first]
        checked |= path


def _placed(lines: list[Line], find: Find) -> list[Line]:
    for line in lines:
        place = line.root.place
        if place is None:
            continue
        after = find(place.after) if place.after is not None else None
        if place.after is None or after is not None:
            line.behind = Behind(after.number if after is not None else -1, place.rank)

    def standing(line: Line) -> tuple[int, bool, bytes, int]:
        if line.behind is None:
            return line.root.number, False, b"", line.root.number
        return line.behind.number, True, unit_order(line.behind.rank), line.root.number

    return sorted(lines, key=standing)
