"""What a document holds, item by item, for a site that keeps more in it than a library's own types tell.

items = Items(await YroomDocument("textcollab.42").state())
for item in items.root("content").items():
    ...
"""

from .crdt.items import MAP, UNDEFINED, XML_FRAGMENT, XML_TEXT, Item, Items, Opaque, Type, utf16_length
from .crdt.update_reader import ANY, DELETED, EMBED, FORMAT, STRING, TYPE, XML_ELEMENT
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
    "utf16_length",
]
