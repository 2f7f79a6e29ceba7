"""Which addresses a document may show: the same as in the browser, see frontend/lib/urls.ts.

They are read as browsers read them, by the standard's own parser: Python's takes another part of some for the protocol.
"""

import re
from typing import Any, Final

from ada_url import URL

LINK_PROTOCOLS: Final = ("http:", "https:", "mailto:", "tel:")
# What JavaScript takes for white space.
SPACE: Final = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_AROUND = re.compile(f"^[{SPACE}]+|[{SPACE}]+$")


def is_safe_link(address: str) -> bool:
    url = _parse(address)
    return url is not None and url.protocol in LINK_PROTOCOLS


def image_url(typed: Any, own_origin: str | None = None) -> str | None:
    """The address of an image, or None: only https, or http from this very site."""
    url = _parse(_AROUND.sub("", typed)) if isinstance(typed, str) else None
    if url is None or not (url.protocol == "https:" or (url.protocol == "http:" and url.origin == own_origin)):
        return None
    return str(url.href)


def _parse(address: str) -> URL | None:
    try:
        return URL(address)
    except ValueError:  # UnicodeEncodeError is one too
        return None
