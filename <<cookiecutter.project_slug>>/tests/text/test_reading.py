"""The server reads a text as the browser does: the same tree, the same HTML, whatever is in it."""

from typing import Any

import pytest
from hypothesis import given, settings

from rooms.text.html import as_html
from rooms.text.keys import Cell, Keys
from rooms.text.text import Text
from rooms.text.tree import as_json

from .conftest import Browser
from .documents import sessions, written

pytestmark = pytest.mark.xdist_group("text")


def test_both_read_the_same(browser: Browser) -> None:
    @settings(max_examples=300, database=None)
    @given(sessions)
    def check(session: Any) -> None:
        state = written(session)
        theirs = browser.read(state)
        text = Text(state)
        assert as_json(text.tree) == theirs["tree"]
        assert as_html(text.tree) == theirs["html"]
        assert [plain(entry.keys) for entry in text.entries] == theirs["keys"]
        assert sum(line.is_hidden for line in text.lines) == theirs["hidden"]

    check()


def plain(keys: Keys) -> dict[str, Any]:
    return {name: value._asdict() if isinstance(value, Cell) else value for name, value in keys.items()}
