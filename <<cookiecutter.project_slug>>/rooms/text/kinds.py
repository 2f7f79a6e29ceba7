"""What a line can be besides a paragraph or the place of a table: one entry each, see kinds.ts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from .values import ADDRESS, LANGUAGE, SIZE, WORDS, Get, is_number, is_text

HIGHEST_LEVEL: Final = 3

Says = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    # The node's name in the tree.
    node: str
    # Text with marks and line breaks; text alone; or a thing without text.
    shape: Literal["text", "code", "atom"]
    # Which of a marker's keys belong to it; the node's attributes from these. Attributes read as keys give them back.
    keys: Callable[[Get], Says]
    attrs: Callable[[Says], Says]


def _heading(get: Get) -> Says:
    return {"level": is_number(get("level"), HIGHEST_LEVEL) or 1}


def _code(get: Get) -> Says:
    return _texts(get, ("language", LANGUAGE))


def _image(get: Get) -> Says:
    keys = _texts(get, ("src", ADDRESS), ("alt", WORDS), ("title", WORDS))
    if keys.get("alt") == "":
        del keys["alt"]
    return keys | {side: size for side in ("width", "height") if (size := is_number(get(side), SIZE))}


def _texts(get: Get, *names: tuple[str, int]) -> Says:
    return {name: words for name, longest in names if (words := is_text(get(name), longest)) is not None}


KINDS: Final[dict[str, Kind]] = {
    "heading": Kind("heading", "text", _heading, lambda says: {"level": says["level"]}),
    "code": Kind("codeBlock", "code", _code, lambda says: {"language": says.get("language")}),
    "rule": Kind("horizontalRule", "atom", lambda get: {}, lambda says: {}),
    "image": Kind(
        "image",
        "atom",
        _image,
        lambda says: {
            "src": says.get("src"),
            "alt": says.get("alt", ""),
            "title": says.get("title"),
            "width": says.get("width"),
            "height": says.get("height"),
        },
    ),
}
BY_NODE: Final = {kind.node: name for name, kind in KINDS.items()}


def kind_of(keys: dict[str, Any]) -> Kind | None:
    return KINDS.get(keys.get("kind", ""))
