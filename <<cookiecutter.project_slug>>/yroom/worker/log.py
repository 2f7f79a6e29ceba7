"""A room's log in the store: how long it has grown, and when it is folded into the snapshot."""

from collections.abc import Sequence
from typing import Final

from ..conf import RoomSettings
from ..store.base import Stored

# A room's log may have an update for so many bytes of its snapshot.
ROW_BYTES: Final = 2048


class Log:
    """What the store and the writer's queue hold of a room beyond its snapshot."""

    def __init__(self, settings: RoomSettings) -> None:
        self.updates = 0
        self.is_compacting = False
        self._settings = settings
        self._bytes = 0
        self._snapshot_bytes = 0

    def loaded(self, stored: Stored) -> None:
        """The room was loaded with this."""
        self.updates, self._bytes = stored.log_updates, stored.log_bytes
        self._snapshot_bytes = sum(map(len, stored.updates)) - stored.log_bytes

    def add(self, update: bytes) -> bool:
        """An update was queued for it; return whether it is to be compacted now."""
        self.updates += 1
        self._bytes += len(update)
        # Not before it is as large as the snapshot: a large one must not be written again and again.
        return not self.is_compacting and (
            self.updates >= max(self._settings.compact_updates, self._snapshot_bytes // ROW_BYTES)
            or self._bytes >= max(self._settings.compact_bytes, self._snapshot_bytes)
        )

    def extent(self, queued: Sequence[bytes]) -> tuple[int, int]:
        """How many updates and bytes a compaction takes in that begins now: what is still queued is not among them."""
        return self.updates - len(queued), self._bytes - sum(map(len, queued))

    def compacted(self, extent: tuple[int, int], snapshot_bytes: int | None) -> None:
        """A compaction has ended; None after a failure: it is tried again when as much has come again, not at once."""
        self.is_compacting = False
        if snapshot_bytes is not None:
            self._snapshot_bytes = snapshot_bytes
        self.updates -= extent[0]
        self._bytes -= extent[1]
