"""What features add to a document's page: data for their part of the editor, see `frontend/features.ts`.

    @page_data("comments")
    def comments(request, room):
        return {"url": ...}

Such a function is called for guests, who have no account, only where it says `@page_data("comments", guests=True)`.
Such a module is imported in the feature's `AppConfig.ready()`.
"""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest

from .models import Guest, Room, Visitor

PageData = Callable[[HttpRequest, Room], Any]

_PAGE_DATA: Final[dict[str, PageData]] = {}
_FOR_GUESTS: Final[set[str]] = set()


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
