"""Hooks: a site's class overrides what there is, in the way in which it is called, or fails where it is defined.

Python would not mind: that a method is never called, or its coroutine never awaited, would be found out by whoever
loses an edit.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction


def check_hooks(cls: type, base: type, gone: Mapping[str, str]) -> None:
    """Raise TypeError if a class does not override what `base` has as it should, or a name that is `gone`."""
    for name, instead in gone.items():
        if _is_overridden(cls, base, name):
            raise TypeError(f"{cls.__qualname__}.{name} would never be used: {instead}")
    for name in dir(base):
        if not name.startswith("_") and _is_overridden(cls, base, name):
            _check_kind(f"{cls.__qualname__}.{name}", getattr(cls, name), getattr(base, name))


def check_methods(thing: Any, protocol: type, what: str) -> None:
    """Raise TypeError if an object lacks methods of a protocol, or has them in the other of `def` and `async def`."""
    for name in (each for each in vars(protocol) if not each.startswith("_")):
        if not callable(getattr(thing, name, None)):
            raise TypeError(f"{what} has no method {name}()")
        _check_kind(f"{what}.{name}", getattr(thing, name), getattr(protocol, name))


def _is_overridden(cls: type, base: type, name: str) -> bool:
    missing = object()
    return inspect.getattr_static(cls, name, missing) is not inspect.getattr_static(base, name, missing)


def _check_kind(name: str, own: Any, theirs: Any) -> None:
    if not callable(theirs):
        return
    if not callable(own):
        raise TypeError(f"{name} must be a method, not {own!r}")
    wanted = iscoroutinefunction(theirs)
    if wanted != (iscoroutinefunction(own) or inspect.isasyncgenfunction(own)):
        raise TypeError(f"{name}() must be written with {'async def' if wanted else 'def, not async def'}")
