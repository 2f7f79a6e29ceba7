"""The server reads a text as the browser does: the same tree, the same HTML, whatever is in it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings

from rooms.text.html import as_html
from rooms.text.keys import Cell, Keys
from rooms.text.text import Text
from rooms.text.tree import as_json
from tests.servers import ROOT

from .conftest import Browser
from .documents import sessions, written

pytestmark = pytest.mark.xdist_group("text")

# Made by make.py.
DOCUMENTS = json.loads((ROOT / "frontend" / "tests" / "text" / "documents.json").read_text())


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


@pytest.mark.parametrize(("name", "made"), DOCUMENTS.items(), ids=DOCUMENTS)
def test_it_is_drawn_as_written_down(browser: Browser, name: str, made: dict[str, str]) -> None:
    """frontend/tests/text-documents.test.ts looks at the same ones without Python."""
    state = base64.b64decode(made["state"])
    assert as_html(Text(state).tree) == made["html"]
    assert browser.read(state)["html"] == made["html"]
