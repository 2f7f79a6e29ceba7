"""How a document reads on its public page: as it is now, or was a few seconds ago.

What was read is stored with the page, so a view costs no more than a row, however many people look. It is read anew
where the document may have changed since, once in PUBLIC_PAGE_SECONDS at most.
"""

import logging
import re
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from pycrdt import Doc, Map
from pycrdt import Text as SharedText

from rooms.kinds import ABOUT, TITLE
from rooms.models import Room
from rooms.text.text import Text
from rooms.titles import EXACTLY
from yroom.conf import engine_settings
from yroom.contents import ProtocolError
from yroom.document import CallFailedError, DataUnavailable, YroomDocument, YroomTimeout
from yroom.errands import finished

from .html import plain_as_html, text_as_html
from .models import Page

logger = logging.getLogger(__name__)

# A room's time of change may lag behind: by how exactly it is noted, and by the worker that notes it.
LAG: Final = EXACTLY + timedelta(seconds=20)
# Characters of the text that other sites show of a page.
SUMMARY: Final = 200
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
LONGEST_LANGUAGE: Final = 35


class UnreadableError(Exception):
    """The document cannot be read at the moment."""


class TooLargeError(Exception):
    """The document is too large for a page."""


class Contents(NamedTuple):
    """How a document reads."""

    title: str
    language: str
    html: str
    summary: str


def fresh(page: Page, room: Room) -> Page:
    """The page as the document reads now. Raises UnreadableError where nothing of it is stored."""
    if _is_fresh(page, room):
        return page
    lock = f"public-page:{page.token}"
    # One at a time reads it: others see it as it was.
    is_reader = cache.add(lock, 1, timeout=2 * engine_settings().call_timeout)
    if page.read is not None and not is_reader:
        return page
    try:
        made = read(page, room)
    except (UnreadableError, TooLargeError):
        if page.read is None:
            raise UnreadableError from None
        # Nor does anybody try again until the lock is over: a view costs no more than a row then, too.
        return page
    if is_reader:
        cache.delete(lock)
    return made


def _is_fresh(page: Page, room: Room) -> bool:
    if page.read is None:
        return False
    return page.read > min(room.updated + LAG, timezone.now() - timedelta(seconds=settings.PUBLIC_PAGE_SECONDS))


def read(page: Page, room: Room) -> Page:
    """Read the document, and store how it reads. Raises UnreadableError or TooLargeError."""
    began = timezone.now()
    try:
        contents = contents_of(room, _state(room))
    except ProtocolError as error:
        logger.warning("a public page could not be read: %s", error)
        raise UnreadableError from error
    if len(contents.html.encode()) > settings.PUBLIC_PAGE_BYTES:
        raise TooLargeError
    # What no database can keep, nor any page show.
    words = {name: text.replace("\0", "") for name, text in contents._asdict().items()}
    values = {**words, "read": began}
    for name, value in values.items():
        setattr(page, name, value)
    # Only how it reads: whether it is public may be changing just now.
    Page.objects.filter(pk=page.pk).update(**values)
    return page


def contents_of(room: Room, state: bytes | None) -> Contents:
    """How a document of this state reads; None is one that nobody has written in."""
    if state is None:
        return Contents(room.title, "", "", "")
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    title = " ".join(str(doc.get(TITLE, type=SharedText)).split())
    language = _language(doc.get(ABOUT, type=Map).get("lang"))
    if room.kind == "text":
        tree = Text(state).tree
        html, words = text_as_html(tree), "\n".join(block.words for block in tree.content)
    else:
        words = str(doc.get("text", type=SharedText))
        html = plain_as_html(words)
    summary = " ".join(words[: 4 * SUMMARY].split())
    if len(summary) > SUMMARY:
        summary = f"{summary[:SUMMARY].rsplit(' ', 1)[0]}…"
    return Contents(title, language, html, summary)


def _language(said: object) -> str:
    fits = isinstance(said, str) and len(said) <= LONGEST_LANGUAGE and LANGUAGE.fullmatch(said)
    return str(said) if fits else ""


def _state(room: Room) -> bytes | None:
    try:
        return finished(partial(_stored, room.yroom_name))
    except DataUnavailable:
        return None
    except (CallFailedError, YroomTimeout) as error:
        logger.warning("a public page could not be read: %s", error)
        raise UnreadableError from error


async def _stored(room_name: str) -> bytes:
    return await YroomDocument(room_name).state()
