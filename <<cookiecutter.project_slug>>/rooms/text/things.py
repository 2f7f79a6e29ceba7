"""Things in a line: plain objects that are embedded in the text. The same as model/things.ts in the editor."""

import re
from typing import Any, Final, NamedTuple

from .values import is_id, is_text

LONGEST_NAME: Final = 200
# White space, controls, and what turns the direction of the text beside it.
_SPACE = re.compile("[\u0000-\u0020\u007f-\u00a0\u200b\u200e\u200f\u2028-\u202f\u2060-\u2069\ufeff]+")


class Named(NamedTuple):
    """Somebody is named; the name is as it was then."""

    id: str  # of this mention: the same wherever it is pasted
    user: str
    name: str


def named_by(thing: Any) -> Named | None:
    """Who is named by a thing; None where it is something else."""
    if not isinstance(thing, dict):
        return None
    key: Any = thing.get("mention")
    user: Any = thing.get("user")
    name = is_text(thing.get("name"), LONGEST_NAME)
    if not is_id(key) or not is_id(user) or name is None:
        return None
    shown = _SPACE.sub(" ", name).strip(" ")
    return Named(key, user, shown) if shown else None


def node_of_thing(thing: Any) -> str:
    """As which node a thing is drawn."""
    return "mention" if named_by(thing) is not None else "unknown"


def words_of_thing(thing: Any) -> str:
    """What is read in place of a thing."""
    named = named_by(thing)
    return f"@{named.name}" if named is not None else ""
