"""An embedded worker is alone or refuses: two would each have a half of every document."""

import logging
from collections.abc import Callable

from ..conf import EngineSettings

logger = logging.getLogger(__name__)


class Alone:
    """Whether an embedded worker is the only one, as far as it can tell by its leases; `report` is told of changes."""

    def __init__(self, settings: EngineSettings, report: Callable[[bool], None]) -> None:
        self._settings = settings
        self._report = report
        self._is_alone = True  # as far as was reported
        self._patience = settings.embedded_wait
        self._waiting = 0.0  # since when it holds nothing

    def look(self, now: float, *, holds: bool) -> None:
        """Its leases were renewed just now, and it holds some or none."""
        self._waiting = 0.0 if holds else self._waiting or now
        if holds:
            # Who takes over from now on is not one that starts while this one stops.
            self._patience = self._settings.lease_seconds
        if self._is_alone and self._waiting and now - self._waiting >= self._patience:
            logger.error(
                "yroom refuses all sockets: another process has this database's documents in an embedded worker. Run"
                " one web process, or let them meet: set REDIS_URL (or CHANNEL_LAYERS to a layer that processes share),"
                " leave YROOM['EMBEDDED'] unset, and run manage.py yroom beside them."
            )
            self._is_alone = False
            self._report(False)
        elif not self._is_alone and holds:
            logger.warning("yroom takes sockets: the other process is gone")
            self._is_alone = True
            self._report(True)
