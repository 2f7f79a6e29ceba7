"""What features add to a document's page, and to what people take along of a document.

Data for their part of the editor, see `frontend/features.ts`:

    @page_data("comments")
    def comments(request, room):
        return {"url": ...}

Such a function is called for guests, who have no account, only where it says `@page_data("comments", guests=True)`.
And a file beside a document that somebody exports who may read it:

    @exported("comments.json")
    def comments(room):
        return "..."

Such a module is imported in the feature's `AppConfig.ready()`.
"""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest

from .models import Guest, Room, Visitor

PageData = Callable[[HttpRequest, Room], Any]

# What a file holds; None where there is nothing to keep.
Export = Callable[[Room], str | None]

_PAGE_DATA: Final[dict[str, PageData]] = {}
_FOR_GUESTS: Final[set[str]] = set()
_EXPORTS: Final[dict[str, Export]] = {}


def page_data(feature: str, *, guests: bool = False) -> Callable[[PageData], PageData]:
    """Have a function called for each page of a document; what it returns, as JSON, is for the feature's part in it.

    Nothing of the feature is on the page where the function returns None, as for a person who may not have it.
    """

    def register(function: PageData) -> PageData:
        _PAGE_DATA[feature] = function
        if guests:
            _FOR_GUESTS.add(feature)
        return function

    return register


def page_data_for(request: HttpRequest, room: Room, visitor: Visitor) -> dict[str, Any]:
    """What all features have for the page of a room that was looked up for who asks."""
    open_to = _FOR_GUESTS if isinstance(visitor, Guest) else _PAGE_DATA
    made = {feature: function(request, room) for feature, function in _PAGE_DATA.items() if feature in open_to}
    return {feature: data for feature, data in made.items() if data is not None}


def exported(name: str) -> Callable[[Export], Export]:
    """Have a function called for each document that is exported; what it returns is a file of this name beside it."""

    def register(function: Export) -> Export:
        _EXPORTS[name] = function
        return function

    return register


def exports_of(room: Room) -> dict[str, str]:
    """What all features add to the export of a document, by the names of files."""
    made = {name: function(room) for name, function in _EXPORTS.items()}
    return {name: text for name, text in made.items() if text is not None}
