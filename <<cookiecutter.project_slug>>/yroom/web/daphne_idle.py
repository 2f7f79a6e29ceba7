"""Less memory for an open WebSocket under daphne: most of them are idle, and there may be ten thousand.

Each holds a hundred things from its handshake on, most of which nobody asks for any more or which are the same for all.
"""

from collections.abc import Iterable
from typing import Any, Final

# What belongs to the handshake alone.
HANDSHAKE: Final = {
    "_raw_query_string", "_transport_details", "_wskey", "application_deferred", "clean_headers", "http_headers",
    "http_request_data", "http_request_host", "http_request_params", "http_request_path", "http_request_uri",
    "http_response_data", "http_status_line", "is_open", "protocol_to_accept", "root_path", "server_addr",
    "websocket_extensions", "websocket_origin", "websocket_protocol_in_use", "websocket_protocols",
}  # fmt: skip
# What most sockets have in common as long as they are open.
NONE: Final = (
    "_perMessageCompress", "autoPingPending", "autoPingPendingCall", "autoPingPendingSent", "autoPingTimeoutCall",
    "closeHandshakeTimeoutCall", "current_frame", "localCloseCode", "localCloseReason", "openHandshakeTimeoutCall",
    "remoteCloseCode", "remoteCloseReason", "trackedTimings", "wasNotCleanReason",
)  # fmt: skip
FALSE: Final = (
    "closedByMe", "droppedByMe", "failedByMe", "inside_message", "triggered", "wasClean", "wasCloseHandshakeTimeout",
    "wasMaxFramePayloadSizeExceeded", "wasMaxMessagePayloadSizeExceeded", "wasOpenHandshakeTimeout",
    "wasServerConnectionDropTimeout", "wasServingFlashSocketPolicyFile",
)  # fmt: skip


class Opened:
    """What daphne's log lines say of a request once its socket is open."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


def common_to(factory: Any, configured: Iterable[str]) -> dict[str, Any]:
    """What the class of a factory's sockets may have, so that not each of them has it: values, not functions."""
    values = {name: getattr(factory, name) for name in configured if not callable(getattr(factory, name, len))}
    return {"data": b"", **dict.fromkeys(NONE), **dict.fromkeys(FALSE, False), **values}


def forget_handshake(socket: Any) -> None:
    """Keep nothing of the handshake, and nothing that the socket's class has."""
    kind = type(socket)
    # Empty for all who do not have their frames chopped.
    socket.request, socket.send_queue = Opened(socket.request.path), ()
    socket.__dict__ = {
        name: value
        for name, value in socket.__dict__.items()
        if name not in HANDSHAKE and getattr(kind, name, socket) is not value
    }
