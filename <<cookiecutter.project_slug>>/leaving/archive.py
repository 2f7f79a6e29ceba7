"""All documents that somebody can open, as files of an archive."""

import asyncio
import json
import logging
import re
import zipfile
from collections.abc import AsyncIterator
from typing import Any, Final

from allauth.account.models import EmailAddress
from asgiref.sync import sync_to_async
from django.utils.html import escape
from pycrdt import Doc
from pycrdt import Text as SharedText

from accounts.models import User
from rooms.extras import exports_of
from rooms.models import Room
from rooms.text.html import as_html
from rooms.text.markdown import as_markdown
from rooms.text.text import Text
from yroom.document import YroomDocument

logger = logging.getLogger(__name__)

# Characters of a title that a file's name has.
LONGEST_NAME: Final = 80


class Sink:
    """What an archive is written to, and taken from bit by bit: all of it together may be larger than the memory."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """What was written can still be taken."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


async def archive(user: User) -> AsyncIterator[bytes]:
    """A zip file, as it is made: one document after the other, as each is by then."""
    sink = Sink()
    taken: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("account.json", json.dumps(await sync_to_async(_about)(user), indent=2, ensure_ascii=False))
        rooms = Room.objects.open_to(user.pk).order_by("created", "pk").values_list("pk", flat=True)
        async for key in rooms.aiterator():
            room = await sync_to_async(Room.objects.readable_by)(user, key)
            if room is None:
                continue
            try:
                state = await YroomDocument(room.yroom_name).state()
                # To read one may take seconds: in threads, beside all else that goes on in this process.
                files = [*await asyncio.to_thread(_files, room, state)]
                files += (await sync_to_async(exports_of)(room)).items()
            except Exception as error:
                # What cannot be read keeps nobody from the rest, and is said.
                logger.exception("a document could not be exported")
                files = [("error.txt", f"This document could not be read: {error}\n")]
            # Who fetches the file slowly gets nothing of what was taken from them meanwhile, or while it was read.
            if await sync_to_async(Room.objects.readable_by)(user, key) is None:
                continue
            folder = _unused(room.title, taken)
            for name, text in files:
                await asyncio.to_thread(zipped.writestr, f"{folder}/{name}", text)
            yield sink.take()
    yield sink.take()


def _about(user: User) -> dict[str, Any]:
    """What is stored of an account; no secrets."""
    rooms = Room.objects.open_to(user.pk).with_role(user.pk).select_related("owner")
    return {
        "name": user.name,
        "addresses": [
            {"address": each.email, "confirmed": each.verified, "first": each.primary}
            for each in EmailAddress.objects.filter(user=user)
        ],
        "joined": user.date_joined.isoformat(),
        "documents": [
            {
                "id": str(room.pk),
                "title": room.title,
                "kind": room.kind,
                "role": room.role,
                "of": room.owner.display_name,
                "created": room.created.isoformat(),
                "changed": room.updated.isoformat(),
            }
            for room in rooms.iterator()
        ],
    }


def _files(room: Room, state: bytes) -> list[tuple[str, str]]:
    """A document as files that other programs read, by their names."""
    if room.kind == "text":
        tree = Text(state).tree
        title = escape(room.title)
        head = f'<!doctype html>\n<html>\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n'
        return [
            ("document.md", f"# {room.title}\n\n{as_markdown(tree)}"),
            ("document.html", f"{head}{as_html(tree)}\n</html>\n"),
        ]
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    return [("document.txt", str(doc.get("text", type=SharedText)))]


def _unused(title: str, taken: set[str]) -> str:
    """A folder's name, for any file system, that no document before has."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]|\.+$', " ", title).strip()[:LONGEST_NAME].strip() or "Untitled"
    unused, number = name, 1
    while unused.casefold() in taken:
        number += 1
        unused = f"{name} ({number})"
    taken.add(unused.casefold())
    return unused
