"""What takes long must not be done in a transaction: on SQLite nobody else in the whole site can write meanwhile."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

import pycrdt
from django.db import connection

from yroom.crdt import library, update_reader

# Bytes from which on it takes long.
LONG: Final = 50_000
# What is called for whatever is made of a document: with where its bytes are among the arguments, or None for those
# that it returns.
CALLED: Final[list[tuple[Any, str, int | None]]] = [
    (zlib, "compress", 0),
    (zlib, "decompress", None),
    (pycrdt, "get_state", 0),
    (pycrdt, "get_update", 0),
    (pycrdt.Doc, "apply_update", 1),
    (pycrdt.Doc, "get_update", None),
    (library, "apply", 1),
    (update_reader.Reader, "__init__", 1),
]


@dataclass
class Looked:
    """How often something long was done."""

    number: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def nothing_long_in_transactions() -> Iterator[Looked]:
    """Whatever reads or makes a long document within a transaction fails."""
    looked = Looked()

    def watched(function: Callable[..., Any], place: int | None) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            if len(result if place is None else args[place]) >= LONG:
                looked.number += 1
                if connection.in_atomic_block:
                    looked.wrong.append(f"{function} of a long document in a transaction")
            return result

        return call

    with ExitStack() as stack:
        for where, name, place in CALLED:
            stack.enter_context(patch.object(where, name, watched(getattr(where, name), place)))
        yield looked
    # Not where it happens: some of these functions are called where whatever they raise is caught.
    assert looked.wrong == []
