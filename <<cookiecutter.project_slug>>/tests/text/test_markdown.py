"""What is written as Markdown is the same text for whoever reads Markdown."""

import base64
import gzip
import html
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from rooms.text.html import as_html
from rooms.text.markdown import as_markdown
from rooms.text.text import Text
from rooms.text.tree import Node
from rooms.upgrade import converted
from tests.servers import ROOT

from .documents import sessions, written

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MADE = json.loads((ROOT / "frontend" / "tests" / "schema-1" / "documents.json").read_text())
BOX = re.compile(r"^((?:> ?|\s|[-*] |\d+[.)] )*[-*] )\[[ x]\]", re.MULTILINE)


def letters(markup: str) -> str:
    """What is in some HTML beside tags, without white space and what cannot be seen."""
    text = html.unescape(re.sub(r'<(?:[^>"]|"[^"]*")*>', "", re.sub(r'<span class="unknown".*?</span>', "", markup)))
    # A reader makes U+FFFD of a zero, and leaves signs as they are between a symbol and a letter.
    text = re.sub("[*~\ufffd]", "", text)
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace())


def test_every_letter_is_there_once_and_in_its_order() -> None:
    @settings(max_examples=200, database=None)
    @given(sessions)
    def check(session: Any) -> None:
        tree = Text(written(session)).tree
        markdown = BOX.sub(r"\1", as_markdown(tree))
        assert letters(READER.render(markdown)) == letters(as_html(tree)), markdown

    check()


def test_a_carriage_return_ends_no_line() -> None:
    tree = Node("doc", content=(Node("paragraph", content=(Node("text", text="a\r\r- b"),)),))
    assert READER.render(as_markdown(tree)) == "<p>a  - b</p>\n"
    code = Node("codeBlock", content=(Node("text", text="a\rb"),))
    tree = Node("doc", content=(Node("blockquote", content=(code,)),))
    expected = "<blockquote> <pre> <code> a b </code> </pre> </blockquote>"
    assert structure(READER.render(as_markdown(tree))) == expected.split()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["headings", "code", "a history", "crossing marks", "long", "other writings"])
def test_it_is_the_same_text(name: str) -> None:
    state = converted("room.", gzip.decompress(base64.b64decode(MADE[name]["state"])))
    tree = Text(state).tree
    read = READER.render(as_markdown(tree))
    assert structure(read) == structure(as_html(tree))


def structure(markup: str) -> list[str]:
    """Tags by their names, and words."""
    markup = re.sub(r"</?(?:p|colgroup|col|tbody|thead|span)\b[^>]*>", " ", markup)
    return re.sub(r"<(/?\w+)[^>]*>", r" <\1> ", html.unescape(markup)).split()
