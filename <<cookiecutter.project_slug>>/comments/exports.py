"""Comments in what people take along of a document."""

import json

from rooms.extras import exported
from rooms.models import Room

from .shown import in_words, threads_of


@exported("comments.json")
def comments(room: Room) -> str | None:
    """All threads, as whoever may read the document sees them."""
    threads = [in_words(thread) for thread in threads_of(room)]
    return json.dumps(threads, indent=2, ensure_ascii=False) if threads else None
