"""Features hear of documents that have fallen quiet, each for itself."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pycrdt import Doc

from rooms.models import Room
from rooms.quiet import fell_quiet, tell


def test_one_that_raises_keeps_no_other_from_hearing(room: Room) -> None:
    """It is sent again for the one; nothing that is in a document takes its history away."""
    heard: list[Any] = []

    def broken(**_: Any) -> None:
        raise LookupError("something that nobody has thought of")

    def hears(room: Room, **_: Any) -> None:
        heard.append(room.pk)

    state = Doc[Any]().get_update()
    document = SimpleNamespace(room=room.yroom_name, is_news=True, users=frozenset(), state=lambda: state)
    fell_quiet.connect(broken, sender=Room)
    fell_quiet.connect(hears, sender=Room)
    try:
        with pytest.raises(LookupError):
            tell(cast("Any", document))
    finally:
        fell_quiet.disconnect(broken, sender=Room)
        fell_quiet.disconnect(hears, sender=Room)
    assert heard == [room.pk]
