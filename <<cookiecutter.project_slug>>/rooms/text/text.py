"""A document's text: its lines, and the tree that they are drawn as."""

from functools import cached_property

from yroom.contents import Items

from .draw import Entry, draw
from .order import order
from .pieces import Line, Piece, Pieces
from .tables import Grids, read_grids
from .tree import Node

# The roots that make it.
TEXT, TABLES = "text", "tables"


class Text:
    """The text of a document, read from its state: `await YroomDocument(room_name).state()`, or a Doc's `get_update()`.

    Raises ProtocolError for what is no state. Whatever else is in it gives a tree that the editor's schema allows.
    """

    def __init__(self, state: bytes) -> None:
        items = Items(state)
        self.pieces = Pieces(items.root(TEXT))
        # Of an act that is in it: see formats.ts.
        self.greatest_order = self.pieces.greatest_order
        # As they are drawn, hidden ones among them.
        self.lines: list[Line] = order(self.pieces, items)
        tables = items.root(TABLES)
        self.grids: Grids = read_grids((name, tables.get(name)) for name in tables.keys)

    @cached_property
    def _drawing(self) -> tuple[Node, list[Entry]]:
        shown = [line for line in self.lines if not line.is_hidden]
        return draw(shown, self.grids, self.lines[-1] if self.lines else Line([Piece(None, 0, 0)]))

    @property
    def tree(self) -> Node:
        """What the editor shows."""
        return self._drawing[0]

    @property
    def entries(self) -> list[Entry]:
        """What stands in the tree for each line, in its order."""
        return self._drawing[1]
