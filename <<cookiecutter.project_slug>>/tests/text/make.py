"""Writes frontend/tests/text/documents.json, which both languages read: `python -m tests.text.make`."""

import base64
import json
from typing import Any

from pycrdt import Doc

from rooms.text.html import as_html
from rooms.text.text import Text
from tests.servers import ROOT

from .documents import (
    MENTION,
    Person,
    delete,
    delete_marker,
    embed,
    join,
    link,
    mark,
    merge,
    move,
    say,
    tabulate,
    tabulate_all,
    write,
)

FILE = ROOT / "frontend" / "tests" / "text" / "documents.json"


def lines(*words: str) -> list[Any]:
    return [act for each in words for act in (write(1, each, {}), mark(1, {}))]


TABLE = [
    *(tabulate_all(each, each, each) for each in ("x", "y", "z")),
    *(
        act
        for each in ("x", "y", "z")
        for act in (write(1, f"cell {each}", {}), mark(1, {"cell": {"t": "x", "r": each, "c": "y"}}))
    ),
    mark(1, {"kind": "table", "table": "x"}),
]
DOCUMENTS: dict[str, list[Any]] = {
    "nothing": [],
    "text behind the last marker": [*lines("one"), write(1, "two", {})],
    "headings, code, rules and images": [
        write(1, "One", {}),
        mark(1, {"kind": "heading", "level": 2}),
        write(1, "a < b\n&", {}),
        mark(1, {"kind": "code", "language": 'x"y'}),
        write(1, "words in a rule", {}),
        mark(1, {"kind": "rule"}),
        mark(1, {"kind": "image", "src": "HTTPS://Example.com/ a", "alt": "A", "width": 20_000}),
        mark(1, {"kind": "image", "src": "javascript:alert(1)"}),
    ],
    "lists and quotes": [
        act
        for keys in (
            {"list": "bullet"},
            {"list": "bullet", "indent": 1},
            {"indent": 2},
            {"list": "ordered", "start": 4, "quote": 1},
            {"list": "task", "checked": True, "quote": 1, "break": 1},
            {"quote": 9},
            {"indent": 70, "list": "bullet"},
        )
        for act in (write(1, "line", {}), mark(1, keys))
    ],
    "marks": [
        write(1, "bold", {"b:1": 1}),
        write(1, " off", {"b:1": 1, "b:2": -2}),
        write(1, "code", {"c:1": 1, "b:1": 1}),
        link(0, 1, 3, "https://example.com/?a=1&b=<2>"),
        link(0.5, 1, 2, "javascript:alert(1)"),
        embed(0.5, {"formula": "x"}),
        embed(0.6, MENTION),
        mark(1, {}),
    ],
    "moved": [*lines("one", "two", "three"), move(1, 0, "b"), move(0.5, 0, "a")],
    "moved by ranks beyond the basic letters": [
        *lines("one", "two", "three"),
        move(1, 0, "\U00010000"),
        move(0.5, 0, "\uffff"),
    ],
    "moved in a circle, behind what is gone": [
        *lines("one", "two", "three"),
        move(0, 1, "a"),
        move(1, 0.5, "a"),
        delete_marker(0.5),
    ],
    "joined": [*lines("one", "two", "three", "four"), join(1, 0), join(0.4, 0)],
    "joined in a circle": [*lines("one", "two", "three"), join(0, 1), join(1, 0), join(0.5, 0.5)],
    "hidden": [*lines("one", "two"), say(0, "hidden", True), delete(0, 0.3), say(1, "hidden", True)],
    "a table": TABLE,
    "merged cells": [*TABLE, merge("x", "x", "y", "y"), merge("y", "y", "z", "z"), merge("z", "x", "x", "x")],
    "a row that is gone": [*TABLE, tabulate("x/r/y", None), tabulate("x/w/y", 120), tabulate("x/h/x", True)],
    "other writings": lines("שלום", "日本語 😀", " \u00a0 ", "<b>&amp;\"'"),
    "what is no key": [
        write(1, "words", {}),
        mark(
            1,
            {
                "kind": 1,
                "list": True,
                "indent": True,
                "quote": 1.5,
                "break": -1,
                "cell": "x",
                "place": [],
                "join": {},
                "hidden": 1,
            },
        ),
    ],
}


def made(acts: list[Any]) -> dict[str, str]:
    person = Person(Doc(client_id=1))
    for act in acts:
        act(person)
    state = person.doc.get_update()
    return {"state": base64.b64encode(state).decode(), "html": as_html(Text(state).tree)}


if __name__ == "__main__":
    FILE.write_text(
        json.dumps({name: made(acts) for name, acts in DOCUMENTS.items()}, indent=1, ensure_ascii=False) + "\n"
    )
