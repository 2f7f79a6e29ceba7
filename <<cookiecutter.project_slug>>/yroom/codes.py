"""The codes with which a site's own consumer closes a socket. PROTOCOL.md lists all that there are."""

from .wire.frames import CLOSE_NO_ACCESS, CLOSE_NO_ROOM, CLOSE_NOT_LOGGED_IN

__all__ = ["CLOSE_NOT_LOGGED_IN", "CLOSE_NO_ACCESS", "CLOSE_NO_ROOM"]
