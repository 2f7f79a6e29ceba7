"""Where modules were before: for one version their old paths still work, with a DeprecationWarning.

That goes for imports, for what settings name by a dotted path, and for `python -m`.
"""

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, ModuleType
from typing import Any, Final

# What the parts are now, by what the module was called. The first takes over for `python -m`.
MOVED: Final[dict[str, tuple[str, ...]]] = {
    "awareness": ("crdt.awareness",),
    "calls": ("wire.calls",),
    "fences": ("store.fences",),
    "gathering": ("web.gathering",),
    "hub": ("web.hub", "web.connection", "web.shard_session", "web.embedded"),
    "library": ("crdt.library",),
    "link": ("wire.link",),
    "mailbox": ("wire.mailbox", "wire.redis", "wire.local"),
    "messages": ("wire.frames",),
    "outbox": ("web.outbox",),
    "parts": ("crdt.slices",),
    "protocol": ("crdt.protocol",),
    "redis_line": ("wire.redis",),
    "repair": ("store.repair",),
    "requests": ("web.requests",),
    "room": ("crdt.room", "crdt.clients", "crdt.backlog"),
    "server": ("web.daphne", "web.daphne_requests", "web.daphne_sockets"),
    "serving": ("worker.open_room", "worker.hubs", "worker.asking", "worker.desk"),
    "shards": ("sharding", "worker.leases"),
    "storage": ("store.base", "store.database", "store.connections"),
    "structs": ("crdt.update_reader", "crdt.causal_index", "crdt.patches"),
    "threads": ("worker.threads",),
    "updates": ("crdt.causal_order",),
    "worker": ("worker.worker",),
    "writer": ("worker.writer",),
}

# What has another name now.
RENAMED: Final = {
    "mailbox.Local": "PostOffice",
    "protocol.is_awareness_only": "sole_awareness",
    "serving.Hub": "WebProcess",
    "serving.Server": "RoomHost",
    "shards.Row": "Lease",
}


def names_of(former: str) -> Callable[[str], Any]:
    """What looks names up for a module that was moved."""

    def find(name: str) -> Any:
        # A module without such a name is asked for some by Python itself.
        if not name.startswith("__"):
            now = RENAMED.get(f"{former}.{name}", name)
            for module in ("exceptions", *MOVED[former]):
                found = getattr(import_module(f"{__package__}.{module}"), now, None)
                if found is not None:
                    _warn(f"{former}.{name}", f"{module}.{now}")
                    return found
        raise AttributeError(f"there is no {__package__}.{former}.{name} any more")

    return find


def _warn(former: str, now: str) -> None:
    message = f"{__package__}.{former} is {__package__}.{now} now; the old path goes with the next version"
    # The caller is who looked the name up: this function, find() and Python's import system are in between.
    warnings.warn(message, DeprecationWarning, stacklevel=3)


class _Former(MetaPathFinder, InspectLoader):
    """Finds modules where they were: asked by Python once nothing else has found them."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """A module in front of those that it has become."""
        package, _, name = fullname.partition(".")
        return spec_from_loader(fullname, self, origin=__file__) if package == __package__ and name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """An empty one."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Have it ask for each name where that is now."""
        vars(module)["__getattr__"] = names_of(module.__name__.partition(".")[2])

    def get_code(self, fullname: str) -> CodeType:
        """What `python -m` runs."""
        now = f"{__package__}.{MOVED[fullname.partition('.')[2]][0]}"
        message = f"python -m {fullname} is python -m {now} now; the old name goes with the next version"
        return compile(
            f"import runpy, warnings\nwarnings.warn({message!r}, DeprecationWarning)\n"
            f"runpy.run_module({now!r}, run_name='__main__', alter_sys=True)\n",
            __file__,
            "exec",
        )

    def get_source(self, fullname: str) -> None:
        """There is none."""


def install() -> None:
    """Have Python look here last."""
    if not any(isinstance(finder, _Former) for finder in sys.meta_path):
        sys.meta_path.append(_Former())
