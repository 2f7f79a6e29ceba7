"""The document itself: what the editor can do, shown by its own text, and three things to try."""

from typing import Any, Final

from django.db import transaction
from pycrdt import Doc

from accounts.models import User
from rooms import actions
from rooms.models import Room
from rooms.text.read import read
from rooms.text.tree import Mark, Node
from rooms.text.write import new_id, write
from yroom.document import begin

TITLE: Final = "Welcome"

# Words, or words under a mark.
Words = str | Node


def bold(words: str) -> Node:
    return Node("text", text=words, marks=(Mark("bold"),))


def italic(words: str) -> Node:
    return Node("text", text=words, marks=(Mark("italic"),))


def code(words: str) -> Node:
    return Node("text", text=words, marks=(Mark("code"),))


def paragraph(*words: Words) -> Node:
    return _line("paragraph", {}, words)


def heading(words: str) -> Node:
    return _line("heading", {"level": 2}, [words])


def listed(kind: str, *items: Node | tuple[Node, ...]) -> Node:
    """A list: "bulletList", "orderedList" or "taskList", of lines, or of a line and what stands below it."""
    item = "taskItem" if kind == "taskList" else "listItem"
    return Node(kind, content=tuple(Node(item, content=_blocks(each)) for each in items))


def table(*rows: tuple[Words, ...]) -> Node:
    """A table, with a header row."""
    kinds = ["tableHeader", *["tableCell"] * (len(rows) - 1)]
    return Node("table", content=tuple(_row(kind, row) for kind, row in zip(kinds, rows, strict=True)))


def _row(kind: str, words: tuple[Words, ...]) -> Node:
    return Node("tableRow", content=tuple(Node(kind, content=(paragraph(each),)) for each in words))


def _blocks(item: Node | tuple[Node, ...]) -> tuple[Node, ...]:
    return (item,) if isinstance(item, Node) else item


def _line(kind: str, attrs: dict[str, Any], words: Any) -> Node:
    return Node(kind, attrs, tuple(each if isinstance(each, Node) else Node("text", text=each) for each in words))


TEXT: Final = (
    paragraph(
        "This is a document like any other: all of it can be changed, and whoever has it open sees every letter as you "
        "type it. This one is for trying things."
    ),
    heading("Three things to try"),
    listed(
        "taskList",
        paragraph("Begin an empty line with ", code("/"), ", and choose what it shall be: a table, say."),
        paragraph("Open this document in a second window beside this one, and write in both: in the same line, too."),
        paragraph("Switch off the network, go on writing, and switch it on again. Nothing is lost."),
    ),
    heading("What there is"),
    listed(
        "bulletList",
        paragraph(bold("Bold"), ", ", italic("italic"), ", ", code("code"), " and links: select some words."),
        (
            paragraph("Lists, by ", code("- "), " or ", code("1. "), " at the beginning of a line"),
            listed("bulletList", paragraph("with levels, by Tab and Shift+Tab")),
        ),
        paragraph("Headings, by ", code("# "), " or ", code("## "), "; quotes, by ", code("> ")),
    ),
    Node(
        "blockquote",
        content=(
            paragraph("Where somebody deletes the line in which you are writing, your words stay, and you are asked."),
        ),
    ),
    table(
        ("Key", "What it does"),
        ("Ctrl+Z", "takes back what you did yourself, never what others did"),
        ("Ctrl+K", "makes a link"),
        ("Ctrl+/", "shows all keys"),
    ),
    Node("codeBlock", {"language": "python"}, (Node("text", text='for name in ["Ada", "Grace"]:\n    print(name)'),)),
    paragraph("To write with others, press ", bold("Share"), ". Seen enough? Move this document to the trash."),
)


def create(owner: User) -> Room:
    """A welcome document of somebody's."""
    with transaction.atomic():
        room = actions.create(owner, TITLE)
        doc: Doc[Any] = Doc()
        write(doc, read(TEXT, new_id))
        begin(room.yroom_name, doc, str(owner.pk))
    return room
