"""The library below, called in one place: what it does wrong arrives as one of two exceptions, whatever it was.

pycrdt raises ValueError for what it cannot read, RuntimeError for what it cannot do, and in the worst case panics: a
BaseException of its own, which no handler further out takes, so that a whole task would end by it without a word.
Nobody else calls its functions on updates and documents; what a site does with a document's contents is in document.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pycrdt
from pycrdt import Doc

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@contextmanager
def no_panic() -> Iterator[None]:
    """Turn a panic of the library into a RuntimeError."""
    try:
        yield
    except BaseException as error:
        if not _is_panic(error):
            raise
        raise RuntimeError(f"the library failed: {error}") from None


def _is_panic(error: BaseException) -> bool:
    # Its class is made by the library anew in each of its builds, and can be imported from nowhere.
    return type(error).__name__ == "PanicException"


def _calls(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    # As no_panic(), without a generator.
    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except Exception:
            raise
        except BaseException as error:
            if not _is_panic(error):
                raise
            raise RuntimeError(f"the library failed: {error}") from None

    return call


def apply(doc: Doc[Any], update: bytes) -> None:
    """Apply an update. Raises ValueError if it is none, and RuntimeError if it failed halfway: the document is lost."""
    # For every keystroke, so without the wrapper around the others, and without pycrdt's own around its native part.
    try:
        native = doc._doc
        transaction = native.create_transaction()
        try:
            native.apply_update(transaction, update)
            transaction.commit()
        finally:
            transaction.drop()
    except BaseException as error:
        if not _is_panic(error):
            raise
        raise RuntimeError(f"the library failed: {error}") from None


@_calls
def encode(doc: Doc[Any], state_vector: bytes | None = None) -> bytes:
    """A document as one update, or what it has beyond a state vector."""
    return doc.get_update() if state_vector is None else doc.get_update(state_vector)


@_calls
def state_of(doc: Doc[Any]) -> bytes:
    """A document's state vector."""
    return doc.get_state()


@_calls
def state_in(update: bytes) -> bytes:
    """The state vector of what an update holds without a gap from the beginning."""
    return pycrdt.get_state(update)


@_calls
def beyond(update: bytes, state_vector: bytes) -> bytes:
    """What an update has beyond a state vector, and all that it deletes."""
    return pycrdt.get_update(update, state_vector)


@_calls
def merge(updates: list[bytes]) -> bytes:
    """Several updates as one, which keeps also what lacks something; takes quadratic time."""
    return pycrdt.merge_updates(*updates)


@_calls
def text_of(doc: Doc[Any], root: str) -> str | None:
    """A root that is a text, without its formatting; None where there is none of that name."""
    return str(doc.get(root, type=pycrdt.Text)) if root in doc.keys() else None  # noqa: SIM118
