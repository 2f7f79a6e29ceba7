"""What a document holds, item by item, for a site that keeps more in it than a library's own types tell.

items = Items(await YroomDocument("textcollab.42").state())
for item in items.root("content").items():
    ...

And what makes one state of a document of another, for a site that keeps several:

changes = difference(before, after)
assert joined(before, changes) == after  # in what it says, if not byte for byte
brought, deleted = operations(changes)
"""

from .crdt.causal_order import merge
from .crdt.difference import difference, joined, operations
from .crdt.item_reader import MAP, UNDEFINED, XML_FRAGMENT, Item, Opaque, Type, utf16_length
from .crdt.items import Items
from .crdt.update_reader import ANY, DELETED, EMBED, FORMAT, STRING, TYPE, XML_ELEMENT, XML_TEXT
from .exceptions import ProtocolError

__all__ = [
    "ANY",
    "DELETED",
    "EMBED",
    "FORMAT",
    "MAP",
    "STRING",
    "TYPE",
    "UNDEFINED",
    "XML_ELEMENT",
    "XML_FRAGMENT",
    "XML_TEXT",
    "Item",
    "Items",
    "Opaque",
    "ProtocolError",
    "Type",
    "difference",
    "joined",
    "merge",
    "operations",
    "utf16_length",
]
