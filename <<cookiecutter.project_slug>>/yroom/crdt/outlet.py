"""What a room needs from whoever runs it."""

from collections.abc import Sequence
from typing import Protocol

from ..exceptions import ProtocolError
from .clients import Client
from .confirming import Foreign


class Outlet(Protocol):
    """What a room needs from whoever runs it."""

    def reply(self, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        """Send a frame to one client, and before that some others."""

    def store(self, update: bytes, client: Client) -> None:
        """Put an update into the log's queue."""

    def changed(self) -> None:
        """Call the room's flush() soon: it has something to broadcast."""

    def lacks(self, client: Client) -> None:
        """Call the room's ask(client) soon, but not too often."""

    def completed(self, client: Client) -> None:
        """Tell a client how many of its messages are taken, once they are durable: one of them was not until now."""

    def wrong(self, client: Client, error: ProtocolError) -> None:
        """Refuse a client as if it had sent only now what waited: that can be nowhere."""

    def whose(self) -> None:
        """Find out whose the client ids are that the room is unsure of, and call its found()."""

    def settled(self, foreign: Sequence[Foreign], kind: int) -> None:
        """Note that the owners of operations have confirmed them, or can do so no more."""
