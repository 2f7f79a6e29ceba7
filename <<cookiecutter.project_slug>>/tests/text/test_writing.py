"""Lines that the server writes stand where they are to, whatever is moved, joined or hidden there."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pycrdt import Doc

from rooms.models import Room
from rooms.text.pieces import Run
from rooms.text.plain import as_text
from rooms.text.text import Text
from rooms.text.tree import Mark
from rooms.text.write import NewLine, insert_lines, line_of
from yroom.document import YroomDocument

from .conftest import Browser
from .documents import kind_sessions, written

pytestmark = pytest.mark.xdist_group("text")


def shown(state: bytes) -> list[str]:
    """The lines outside of tables."""
    text = Text(state)
    if text.pieces.list[0].marker is None and not text.pieces.list[0].length:
        return []
    return [line.text for line in text.lines if not line.is_hidden and "cell" not in line.keys]


def test_they_stand_where_they_are_to() -> None:
    @settings(max_examples=150, database=None)
    @given(kind_sessions, st.integers(0, 12), st.integers(1, 3))
    def check(session: Any, behind: int, count: int) -> None:
        state = written(session)
        ranks = [piece.place.rank for piece in Text(state).pieces.list if piece.place is not None]
        assume(len(set(ranks)) == len(ranks))
        before = shown(state)
        doc: Doc[Any] = Doc()
        doc.apply_update(state)
        lines = [NewLine([Run(f"new {number}", (Mark("bold"),))], {"list": "bullet"}) for number in range(count)]
        insert_lines(doc, lines, behind)
        at = min(behind, len(before))
        text = Text(doc.get_update())
        assert shown(doc.get_update()) == [*before[:at], *(f"new {number}" for number in range(count)), *before[at:]]
        made = [line for line in text.lines if line.text.startswith("new ")]
        assert all(line.keys == {"list": "bullet"} and line.runs[0].marks == (Mark("bold"),) for line in made)

    check()


def test_the_browser_shows_them(browser: Browser) -> None:
    doc: Doc[Any] = Doc()
    insert_lines(
        doc,
        [line_of("Fruit 🍏", kind="heading", level=2), line_of("apples"), line_of("pears", list="task", checked=True)],
    )
    insert_lines(
        doc, [NewLine([Run("see ", ()), Run("there", (Mark("link", "https://example.com/"), Mark("italic")))])], 1
    )
    html = browser.read(doc.get_update())["html"]
    link = '<a target="_blank" rel="noopener noreferrer nofollow" href="https://example.com/"><em>there</em></a>'
    task = '<ul data-type="taskList"><li dir="auto" data-checked="true"'
    assert html.startswith(f"<h2>Fruit 🍏</h2><p>see {link}</p><p>apples</p>{task}")
    assert as_text(Text(doc.get_update()).tree) == "Fruit 🍏\nsee there\napples\npears"


@pytest.mark.django_db(transaction=True)
async def test_they_are_written_into_a_document_of_the_site(room: Room) -> None:
    document = YroomDocument(room.yroom_name)
    for words in ("one", "two"):
        async with document.edit() as doc:
            insert_lines(doc, [line_of(words)])
    assert as_text(Text(await document.state()).tree) == "one\ntwo"
