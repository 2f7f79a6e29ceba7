"""Checks what is stored: `python manage.py yroom_check`."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yroom.document import YroomDocument
from yroom.exceptions import YroomTimeout
from yroom.store import repair
from yroom.wire.calls import layer_and_mode


class Command(BaseCommand):
    help = (
        "Checks what is stored of every room, or of those named, and ends with 1 if any is damaged. With --repair, rows"
        " that are damaged are set aside (the admin site lists them) and the others used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rooms", nargs="*", help="names of rooms, such as textcollab.42")
        parser.add_argument("--repair", action="store_true", dest="mend", help="set aside what is damaged")

    def handle(self, *args: Any, rooms: list[str], mend: bool, verbosity: int, **options: Any) -> None:
        checked = damaged = mended = waiting = 0
        for room in rooms or repair.rooms():
            findings = repair.check(room)
            checked += 1
            waiting += bool(findings.waiting)
            damaged += not findings.is_sound
            if not findings.is_sound or findings.waiting or verbosity > 1:
                self.stdout.write(str(findings))
            if not findings.is_sound and mend:
                mended += self._mend(room)
            elif not findings.is_sound:
                repair.note(room, findings.summary)
        self.stdout.write(
            f"Rooms checked: {checked}, damaged: {damaged}, repaired: {mended},"
            f" with updates waiting for others: {waiting}."
        )
        if mended and layer_and_mode()[1]:
            self.stdout.write(
                "If the site is running, leave it running for some seconds: it stores anew what people have open of the"
                " repaired rooms, and lets them into the others again."
            )
        if damaged > mended:
            raise CommandError("Some rooms are damaged. What can be read of them is used after yroom_check --repair.")

    def _mend(self, room: str) -> bool:
        findings = repair.repair(room)
        try:
            asyncio.run(YroomDocument(room).repaired())
        except (YroomTimeout, RuntimeError) as error:
            self.stderr.write(f"{room}: {error}; people get in again within a minute after a worker is up")
        return not findings.unfit
