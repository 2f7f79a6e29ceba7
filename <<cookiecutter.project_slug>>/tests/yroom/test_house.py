"""What keeps the engine easy to find one's way in."""

import ast
from collections import Counter
from pathlib import Path

import yroom

YROOM = Path(yroom.__file__).parent
MOST_LINES = 400
# Why a file is longer.
LONGER = {"consumer.py": "it is the face: all that a site overrides, calls and is told stands there"}
# What Django wants to be called so.
DJANGO = {"Command", "Meta", "Migration"}


def test_each_name_is_of_one_class() -> None:
    names = Counter(
        node.name
        for path in YROOM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, count in names.items() if count > 1} - DJANGO == set()


def test_no_file_is_long_without_a_reason() -> None:
    lines = {path.relative_to(YROOM).as_posix(): path.read_text().count("\n") for path in YROOM.rglob("*.py")}
    assert {name for name, count in lines.items() if count > MOST_LINES} == LONGER.keys()
