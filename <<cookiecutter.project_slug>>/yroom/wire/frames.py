"""What hubs and workers say to each other: the items that travel in a link's batches, and calls.

An item is a list that starts with one of these numbers; what follows is listed beside it.
"""

from typing import Any, Final, NotRequired, TypedDict

# From a hub to a worker
CONNECTIONS: Final = 1  # [connection ids]: all this hub has in the shard; the first item of every session
JOIN: Final = 2  # room, connection, info, document messages confirmed so far, again, awareness
FRAME: Final = 3  # room, connection, frame number (0: not kept for re-sending), frame
CHANGE: Final = 4  # room, connection, info
LEAVE: Final = 5  # room, connection
RESYNC: Final = 6  # room, connection: it has missed something

# From a worker to a hub
SEND: Final = 11  # [connections], frame
CAST: Final = 12  # room, frame, connection to leave out (0: none), whom it is for
SAVED: Final = 13  # [[connection, frames it has, their document messages that count, others that lack something], ...]
CLOSE: Final = 14  # connection, code, reason
RECHECK: Final = 15  # room ("": any), login ("": anyone): look at the permissions again

# Whom a CAST is for
TO_ALL: Final = 0
TO_CONTROLS: Final = 1  # those that speak yroom.1
TO_QUIET: Final = 2  # all, and the one to leave out too if it was sent nothing for long

# Close codes; y-websocket takes those from 4400 to 4499 as final and retries after the others. Those of 4511 and up are
# 1011, 1012 and 1013 of https://www.iana.org/assignments/websocket: daphne refuses to send these themselves.
CLOSE_MALFORMED: Final = 4400
CLOSE_NOT_LOGGED_IN: Final = 4401
CLOSE_NO_ACCESS: Final = 4403
CLOSE_NO_ROOM: Final = 4404
CLOSE_TOO_LARGE: Final = 4413
CLOSE_OLD_EDITOR: Final = 4426
CLOSE_FAILURE: Final = 4511
CLOSE_RESTART: Final = 4512
CLOSE_OVERLOAD: Final = 4513

# Why a socket comes anew when its worker does, or the room is loaded again: it sent something that lacks something, and
# nobody knows any more that this was its.
UNCOUNTED: Final = "restart: what is set aside is counted anew"


class Info(TypedDict):
    """What a worker must know of a connection's user."""

    login: str
    user: dict[str, Any] | None
    role: str
    read_only: bool
    controls: bool
    roots: NotRequired[dict[str, str] | None]  # names of the roots that it may write in, and their kinds; None: any
