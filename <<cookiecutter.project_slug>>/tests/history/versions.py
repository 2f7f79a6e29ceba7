"""Versions for tests."""

from typing import Any, Final

from pycrdt import Doc, Text

from history.keeping import keep, state_of
from history.models import Version
from rooms.models import Room


class Writer:
    """Writes in a document, which versions of a room are kept of."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.doc: Doc[Any] = Doc()
        self.text = self.doc.get("text", type=Text)

    def keeps(self, words: str, cause: str = "quiet", **options: Any) -> Version | None:
        """Make the text read so, and keep a version of that."""
        with self.doc.transaction():
            self.text.clear()
            self.text += words
        return self.keep(cause, **options)

    def keep(self, cause: str = "quiet", **options: Any) -> Version | None:
        """Keep a version of the document as it is."""
        return keep(self.room, self.doc.get_update(), Version.Cause(cause), **options)


def words(version: Version) -> str:
    """What is written in a version."""
    version = Version.objects.select_related("whole").get(pk=version.pk)
    doc: Doc[Any] = Doc()
    doc.apply_update(state_of(version))
    return str(doc.get("text", type=Text))


# What an editor sends to each URL.
POSTED: Final[dict[str, dict[str, Any]]] = {
    "history": {"name": "First"},
    "history_version": {"name": "Second"},
    "history_brought": {"runs": [[1, 0, 2, 0, 5]]},
    "history_erase": {},
    "history_readers": {"allowed": True},
    "history_authors": {"written": [[1, 0, 5]], "deleted": [[1, 0, 5]]},
}


def arguments(room: Room) -> dict[str, tuple[Any, ...]]:
    """What stands in each URL, about a version that is made for it."""
    version = Writer(room).keeps("words")
    assert version is not None
    one = ("history_version", "history_brought", "history_erase")
    return {name: (room.pk, version.pk) if name in one else (room.pk,) for name in POSTED}
