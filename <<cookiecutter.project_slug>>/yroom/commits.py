"""What a site is told of commits, where `ON_COMMIT` or `ON_QUIET` names a function of its own for that.

    def follow(document: Committed) -> None:
        Note.objects.filter(room=document.room).update(title=document.text("title") or "")

A worker calls it in a thread, within `ON_COMMIT_INTERVAL` seconds after a room's document was committed, once for all
commits since. It is called again if it raises, and whenever a room is opened: a worker that was killed behind a commit
cannot tell whether it has been called. So it may be called twice for the same, and is never left out for good.

`ON_QUIET` is for what shall not be done while people are in the midst of writing, such as keeping what they have
written: it is called once nothing was committed for `QUIET_AFTER` seconds, or `QUIET_WITHIN` seconds after the first
commit where it never falls quiet, or as the worker ends. For it the same holds.
"""

from typing import Protocol


class Committed(Protocol):
    """A document of which something was committed. It is read as it is by now, not as it was then."""

    room: str
    is_news: bool  # False: the room has just been opened, and it may all be known already
    # Whose it was, by their ids on the sockets; of what another worker has committed before, nobody is known.
    users: frozenset[str]

    def text(self, root: str) -> str | None:
        """A root that is a text, without its formatting; None where there is none of that name."""

    def state(self) -> bytes:
        """The whole document as one update: of a large one that takes a while."""
