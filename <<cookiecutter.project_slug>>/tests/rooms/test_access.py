"""What each role allows, and that nobody goes by a role but rooms/access.py: all others ask for abilities."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rooms.access import ABILITIES, GIVEN_ROLES, Ability, Role, abilities_of, widest
from tests.servers import ROOT

NAMES = {role.value for role in Role}
# The one place, and the history of the database, which holds what the roles were.
EXEMPT = re.compile(r"rooms/access\.py|.*/migrations/.*|frontend/tests/.*")
OTHERS = {"tests", "e2e", "node_modules", "static-built", "staticfiles"}
FOLDERS = sorted({path.name for path in ROOT.glob("[a-z]*/")} - OTHERS)

# A role as it is written beside a sign of comparison: by its value, or by what it is called.
LITERAL = f"[\"'](?:{'|'.join(NAMES)})[\"']"
NAMED = r"""\brole\b["']?\]?"""
EQUALS = r"\s*[!=]==?\s*"
# Not "editor" alone, as the page has an element of this name.
LONE = "[\"'](?:owner|commenter|viewer)[\"']"
COMPARED = {
    ".ts": rf"{NAMED}{EQUALS}|{EQUALS}[\w.]*\brole\b|{EQUALS}{LONE}|{LONE}{EQUALS}|\bcase\s+{LITERAL}",
    ".html": rf"{{%\s*(?:el)?if\b[^%]*(?:\brole\b|{LITERAL})[^%]*%}}|\|(?:yesno|default_if)[^}}]*\brole\b",
    ".css": r"\[data-role",
}


def files(suffix: str) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob(f"*{suffix}")):
            if not EXEMPT.fullmatch(path.relative_to(ROOT).as_posix()):
                yield path


def is_role(node: ast.AST) -> bool:
    """Whether an expression is a role: by its name, or as a literal."""
    match node:
        case ast.Attribute(value=ast.Name(id="Role")) | ast.Attribute(attr="role") | ast.Name(id="role"):
            return True
        case ast.Subscript(slice=ast.Constant(value="role")):
            return True
        case ast.Constant(value=str(value)):
            return value in NAMES
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return any(map(is_role, elements))
        case ast.Call(args=[argument], func=ast.Name(id="Role" | "str")):
            return is_role(argument)
    return False


def comparisons(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a role decides about something."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Constant(), ops=[ast.In() | ast.NotIn()], comparators=[ast.Name() as others]):
                # Whether "owner" is among the names of some fields.
                if is_role(others):
                    yield node
            case ast.Compare(left=left, comparators=others) if any(map(is_role, [left, *others])):
                yield node
            case ast.Match(subject=subject) if is_role(subject):
                yield node
            case ast.MatchValue(value=value) if is_role(value):
                yield node
            case ast.Dict(keys=keys) if any(key is not None and is_role(key) for key in keys):
                yield node
            case ast.Call(func=ast.Attribute(attr="filter" | "exclude" | "get") | ast.Name(id="Q" | "When")):
                if any((word.arg or "").partition("__")[0] == "role" for word in node.keywords):
                    yield node


def found() -> list[str]:
    """Every place where a role is compared, as file and line."""
    places = []
    for path in files(".py"):
        tree = ast.parse(path.read_text())
        places += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in comparisons(tree) if hasattr(node, "lineno")]
    for suffix, pattern in COMPARED.items():
        for path in files(suffix):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                places += [f"{path.relative_to(ROOT)}:{number}"] if re.search(pattern, line) else []
    return places


def test_nobody_compares_roles() -> None:
    assert found() == []


@pytest.mark.parametrize(
    "line",
    [
        "role == Role.OWNER",
        "membership.role in (Role.EDITOR, 'viewer')",
        "str(role) != 'viewer'",
        "{Role.OWNER: 1}[role]",
        "Membership.objects.filter(role='editor')",
        "match role:\n    case Role.OWNER: pass",
        "match options['role']:\n    case _: pass",
    ],
)
def test_comparisons_are_found_in_python(line: str) -> None:
    assert list(comparisons(ast.parse(line)))


@pytest.mark.parametrize(
    ("suffix", "line"),
    [
        (".ts", 'let readOnly = config.role === "viewer";'),
        (".ts", 'page.dataset["role"] !== OWNER'),
        (".ts", 'if ("owner" === frame.role) {'),
        (".ts", 'case "owner":'),
        (".html", '{% if room.role == "owner" %}'),
        (".html", "{% elif 'viewer' in given %}"),
        (".css", ".room[data-role=viewer] {"),
    ],
)
def test_comparisons_are_found_in(suffix: str, line: str) -> None:
    assert re.search(COMPARED[suffix], line)


def test_every_role_allows_something() -> None:
    assert set(ABILITIES) == set(Role)
    assert all(Ability.READ in abilities for abilities in ABILITIES.values())
    assert abilities_of(None) == frozenset()
    assert abilities_of("owner") == frozenset(Ability)
    assert {name for name, _ in GIVEN_ROLES} == NAMES - {"owner"}


def test_of_several_roles_the_widest_counts() -> None:
    assert widest(["viewer", "editor", "viewer"]) == "editor"
    assert widest(["viewer", "commenter"]) == "commenter"
    assert widest([Role.VIEWER]) == "viewer"
