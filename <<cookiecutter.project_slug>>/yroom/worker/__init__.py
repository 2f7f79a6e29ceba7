"""The worker's side: it owns rooms."""

from typing import TYPE_CHECKING

from ..former import names_of

if not TYPE_CHECKING:
    # A module had this package's name.
    __getattr__ = names_of("worker")
