"""Documents that have fallen quiet: what shall not be done at each key is done then, by features that listen.

    @receiver(fell_quiet)
    def keep(room: Room, document: Committed, **_: Any) -> None: ...

It is sent in a thread of a worker's, as yroom/commits.py says of `ON_QUIET`: perhaps twice for the same, and once more
when a document is opened. Who has nothing to do then looks for that first. Where one raises, the others hear of it all
the same, and it is sent again.
"""

from typing import Final
from uuid import UUID

from django.dispatch import Signal

from yroom.commits import Committed

from .models import Room

# With `room` and `document`.
fell_quiet: Final = Signal()


def tell(document: Committed) -> None:
    """Tell those who listen of a document."""
    if not fell_quiet.has_listeners(Room):
        return
    room = Room.objects.filter(pk=UUID(document.room.partition(".")[2])).first()
    if room is not None:
        answers = fell_quiet.send_robust(Room, room=room, document=document)
        for error in (answer for _, answer in answers if isinstance(answer, Exception)):
            raise error
