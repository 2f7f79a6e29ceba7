"""All exceptions of the engine."""

from typing import Any

# What is sent and stored


class ProtocolError(ValueError):
    """A frame that is not what the protocol allows; its socket is closed with 4400."""


class MisplacedError(ProtocolError):
    """An update is somewhere where nothing can be."""

    ready: Any = None  # what of its contents is not, if that is known


class TooDeepError(MisplacedError):
    """An update nests types or values deeper than MAX_DEPTH."""


class TooIntricateError(ProtocolError):
    """A state takes out of all proportion long to be read item by item."""


class WrongRootError(ProtocolError):
    """An update makes a root that the room does not have, or puts into one what does not belong there."""


# Rooms


class UnsafeDocumentError(ProtocolError):
    """A document that is stored, and would not have been taken from a client."""


class RoomDamagedError(Exception):
    """An update failed halfway: the document in memory can no longer be trusted and must be loaded again."""


class RoomTooComplexError(RoomDamagedError):
    """An update takes longer to apply than the room's setting allows; part of it is in the document already."""


class RoomTooLargeError(Exception):
    """An update would make the document larger than the room's setting allows."""


class TooMuchWaitingError(Exception):
    """More updates than the room's setting allows lack something that they build on."""


class RoomClosedError(Exception):
    """The room was closed, to be opened elsewhere or not at all, before something was done."""


class StoredRoomDamagedError(Exception):
    """What is stored of a room cannot be read. It stays as it is; nothing is ever saved over it."""


class FencedError(Exception):
    """Nothing was stored, because other workers have claimed shards since."""

    def __init__(self, void: set[Any]) -> None:
        super().__init__("another worker has claimed " + ", ".join(sorted(fence.shard for fence in void)))
        self.void = void  # the fences


# Sockets


class TooManySocketsError(Exception):
    """The user has as many sockets as the settings allow."""


class AwayError(Exception):
    """This process takes no sockets (any more): why."""


class RefusedError(Exception):
    """A message that is not gathered; its socket is closed with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


# Between processes


class LinkBrokenError(Exception):
    """More waits for confirmation, or to be joined from pieces, than a link may keep."""


class OverdrawnError(Exception):
    """So much waits for, or of, one person already that no more is taken, for the sake of the others."""


class YroomTimeout(TimeoutError):  # noqa: N818
    """No worker answered in time."""


class CallFailedError(Exception):
    """The worker answered that it could not do what was asked."""


class DataUnavailable(LookupError):  # noqa: N818
    """The room, or the shared type asked for, holds nothing."""
