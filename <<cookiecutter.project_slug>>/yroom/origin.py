"""Whose pages may open sockets: those of this very site, and those that Django's CSRF_TRUSTED_ORIGINS names.

A browser sends its cookies with a WebSocket whichever page opens it. Channels' AllowedHostsOriginValidator lets in
every page of an allowed host, by whichever scheme and at whichever port; where ALLOWED_HOSTS is ["*"], all there are.
"""

import logging
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.http import is_same_domain

logger = logging.getLogger(__name__)

PORTS = {"http": 80, "https": 443}
# Scheme, host, port.
Origin = tuple[str, str, int]


class OwnOriginValidator:
    """Passes on the sockets of pages from the origin that they are opened to, as Django sees it behind its proxy."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Let in, or refuse the handshake."""
        if is_own(scope):
            await self._application(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)


def is_own(scope: dict[str, Any]) -> bool:
    """Whether a handshake comes from a page of the site."""
    said = [value for name, value in scope["headers"] if name == b"origin"]
    origin = _origin(said[0].decode("latin-1")) if len(said) == 1 else None
    if origin is None:
        return False
    return origin == _own(scope) or any(_is_trusted(origin, each) for each in settings.CSRF_TRUSTED_ORIGINS)


def _own(scope: dict[str, Any]) -> Origin | None:
    scheme = "https" if scope.get("scheme") in ("wss", "https") else "http"
    request = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())
    try:
        return _origin(f"{request.scheme}://{request.get_host()}")
    except DisallowedHost as error:
        logger.warning("a socket was refused: %s", error)
        return None


def _origin(text: str) -> Origin | None:
    """The parts of an origin; None for what is none, such as "null"."""
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or text.rstrip() != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


def _is_trusted(origin: Origin, pattern: str) -> bool:
    """Whether an entry of CSRF_TRUSTED_ORIGINS names it; https://*.example.com is all below example.com."""
    scheme, host, port = origin
    wanted = _origin(pattern.replace("://*.", "://", 1))
    if wanted is None or (scheme, port) != (wanted[0], wanted[2]):
        return False
    return is_same_domain(host, f".{wanted[1]}") if "://*." in pattern else host == wanted[1]
