"""The kinds of documents that there are.

A kind is what the server must know of it, here, and what the browser shows of it: a folder of frontend/surfaces/, under
the same name. See docs/adding-a-document-kind.md.
"""

from dataclasses import dataclass
from typing import Any, Final

# The root that holds the title, whatever the kind. Named in frontend/session/title.ts too.
TITLE: Final = "title"
# The root that holds what is said of it besides, its language. Named in frontend/session/about.ts too.
ABOUT: Final = "about"


@dataclass(frozen=True)
class Kind:
    """What the server must know of one kind of document."""

    # In the database, and in the editor's list of surfaces.
    name: str
    # What people read where they choose one.
    label: str
    # How the names of such rooms begin in the engine. Never change one: under its name lies what people have written.
    prefix: str
    # What may be in such a document: names and kinds of its roots. Another would be out of everybody's sight.
    roots: dict[str, str]
    # Raise it when the surface learns something that an older one would delete or hide, for everybody: who has an older
    # editor open is asked to reload.
    schema: int
    # Dotted path of what makes documents of an older schema ones of this, once: see yroom/store/upgrade.py. None where
    # they need nothing, as long as there was one schema.
    upgrade: str | None = None
    # Dotted path of what writes the beginning of a document for its page: see first_look.py. It is called with the
    # document's state and so many bytes that it may have at most, and gives HTML in which words are escaped.
    first_look: str | None = None
    # What browsers have kept of documents of an older schema than this has another form: see offline.py.
    carried_below: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The entry of YROOM_SETTINGS for such rooms."""
        return {
            "SCHEMA": self.schema,
            "ROOTS": self.roots,
            "AWARENESS_FIELDS": ("user", "cursor", "titleCursor"),
            "UPGRADE": self.upgrade,
            "ON_COMMIT": "rooms.titles.follow",
            "ON_QUIET": "rooms.quiet.tell",
        }


# From schema 1, which had texts as trees, and titles in the database alone.
TO_2: Final = "rooms.upgrade.upgrade"

PLAIN_ROOTS: Final = {"text": "text", TITLE: "text", ABOUT: "map"}

# The first is what one gets without choosing.
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            name="text",
            label="Document",
            prefix="room",
            roots={"text": "text", "tables": "map", TITLE: "text", ABOUT: "map"},
            schema=2,
            upgrade=TO_2,
            first_look="rooms.text.first_look.first_look",
            carried_below=2,
        ),
        Kind(name="plain", label="Plain text", prefix="plain", roots=PLAIN_ROOTS, schema=2, upgrade=TO_2),
    )
}
DEFAULT: Final = next(iter(KINDS.values()))


def prefix_of(name: str) -> str:
    """How the names of a kind's rooms begin. One that is not on the list any more is taken to go by its own name."""
    kind = KINDS.get(name)
    return kind.prefix if kind is not None else name
