"""What the engine uses of other libraries although they promise it to nobody: each in one place, and known to be there.

Whoever lets in a new version, by a bound in pyproject.toml, learns here what has changed, before a site does.
"""

import ast
import inspect
import multiprocessing
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, RedisSingleShardConnection
from channels_redis.utils import create_pool
from daphne.http_protocol import WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models.sql import Query, UpdateQuery
from django.db.utils import ConnectionHandler
from hypercorn import run as hypercorn
from pycrdt import Doc
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from twisted.internet import tcp
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

import yroom
from yroom.web.daphne_idle import FALSE, HANDSHAKE, NONE

YROOM = Path(yroom.__file__).parent
# Modules that may import a library, and what they use of it that is not its own promise: of a class, its methods and
# what it keeps in itself; of a function, its parameters.
USES: list[tuple[str, str, Any, str]] = [
    (
        "autobahn",
        "web/daphne_sockets.py",
        WebSocketProtocol,
        "STATE_CONNECTING STATE_OPEN state data current_frame inside_message dataReceived connectionMade"
        " onMessage onClose dropConnection sendClose sendData sendPing _sendAutoPing onAutoPingTimeout CONFIG_ATTRS",
    ),
    (
        "autobahn",
        "web/daphne_idle.py",
        WebSocketProtocol,
        " ".join({*HANDSHAKE, *NONE, *FALSE, "request", "send_queue"} - {"_raw_query_string"}),
    ),
    ("daphne", "web/daphne_idle.py", WebRequest, "query_string"),
    (
        "daphne",
        "web/daphne_sockets.py",
        WebSocketProtocol,
        "application_queue check_timeouts handle_reply last_ping muted server socket_opened transport",
    ),
    (
        "daphne",
        "web/daphne.py",
        Server,
        "application_checker connections create_application endpoints http_factory kill_all_applications listen_success"
        " protocol_disconnected run timeout_checker websocket_max_frame_size websocket_max_message_size ws_factory"
        " ping_interval websocket_timeout",
    ),
    (
        "twisted",
        "web/daphne_requests.py",
        WebRequest,
        "args channel clientproto connectionLost content gotLength handleContentChunk method path process"
        " requestHeaders requestReceived uri",
    ),
    ("twisted", "web/daphne_requests.py", HTTPChannel, "_waitingForTransport"),
    ("twisted", "web/daphne_requests.py", tcp.Connection, "dataBuffer offset _tempDataLen"),
    ("twisted", "web/daphne.py", _GenericHTTPChannelProtocol, "_channel"),
    ("twisted", "web/daphne.py", HTTPChannel, "requestFactory"),
    ("twisted", "web/daphne_sockets.py", tcp.Connection, "socket registerProducer unregisterProducer abortConnection"),
    ("channels", "consumer.py", AsyncWebsocketConsumer, "websocket_receive dispatch accept close"),
    ("channels-redis", "wire/redis.py", RedisPubSubChannelLayer, "_get_layer serialize deserialize"),
    ("channels-redis", "wire/redis.py", RedisPubSubLoopLayer, "_shards prefix"),
    ("channels-redis", "wire/redis.py", RedisSingleShardConnection, "host _pubsub"),
    ("channels-redis", "wire/redis.py", create_pool, "host"),
    ("redis", "wire/redis.py", ConnectionPool, "connection_kwargs make_connection"),
    (
        "redis",
        "wire/redis.py",
        AbstractConnection,
        "connect send_command pack_command socket_timeout disconnect read_response _writer",
    ),
    ("redis", "wire/redis.py", AbstractConnection.read_response, "disable_decoding timeout"),
    ("redis", "wire/redis.py", AbstractConnection.disconnect, "nowait"),
    ("pycrdt", "crdt/library.py", Doc, "_doc"),
    ("pycrdt", "crdt/library.py", type(Doc()._doc), "create_transaction apply_update"),
    ("pycrdt", "crdt/library.py", type(Doc()._doc.create_transaction()), "commit drop"),
    ("Django", "store/connections.py", BaseDatabaseWrapper, "get_new_connection settings_dict connection vendor"),
    ("Django", "store/connections.py", ConnectionHandler, "create_connection __setitem__ close_all"),
    ("Django", "worker/leases.py", Query, "chain get_compiler"),
    ("Django", "worker/leases.py", UpdateQuery, "add_update_values"),
    ("Django", "store/database.py", BaseDatabaseOperations, "quote_name adapt_datetimefield_value"),
]
# Where a library may be imported at all.
PLACES = {
    "autobahn": set(),
    "daphne": {"web/daphne.py", "web/daphne_requests.py", "web/daphne_sockets.py", "management/commands/runserver.py"},
    "twisted": {"web/daphne.py", "web/daphne_sockets.py"},
    "channels_redis": {"wire/redis.py"},
    "redis": {"wire/redis.py"},
    "hypercorn": set(),
    "psycopg": set(),
    "pycrdt": {
        "admin.py",
        "document.py",
        "crdt/applied.py",
        "crdt/causal_order.py",
        "crdt/difference.py",
        "crdt/document.py",
        "crdt/library.py",
        "store/repair.py",
    },
}


def has(thing: Any, name: str) -> bool:
    """Whether a function has a parameter, or a class a method or something that it sets on itself."""
    if not inspect.isclass(thing):
        return name in inspect.signature(thing).parameters
    kinds = [kind for kind in thing.__mro__ if kind.__module__ != "builtins"]
    return hasattr(thing, name) or any(re.search(rf"\bself\.{name}\b.*(?<!=)=(?!=)", source(kind)) for kind in kinds)


def source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return ""


@pytest.mark.parametrize(("library", "place", "thing", "names"), USES, ids=lambda value: getattr(value, "__name__", ""))
def test_what_nobody_promised_is_there(library: str, place: str, thing: Any, names: str) -> None:
    lacking = [name for name in names.split() if not has(thing, name)]
    assert not lacking, (
        f"{library} {version(library)}: {thing.__qualname__} has no {', '.join(lacking)} any more. See what becomes of"
        f" yroom/{place}, or keep this version out in pyproject.toml."
    )


def test_what_autobahn_sets_by_name() -> None:
    """It copies these from a factory to each socket."""
    assert {"maxFramePayloadSize", "maxMessagePayloadSize", "autoPingTimeout"} <= {*WebSocketProtocol.CONFIG_ATTRS}


def test_how_hypercorn_tells_its_processes_to_stop() -> None:
    """Python gives a process's arguments to nobody else, either."""
    assert "shutdown_event" in inspect.getsource(hypercorn)
    process = multiprocessing.get_context("spawn").Process(target=print, kwargs={"shutdown_event": None})
    assert process._kwargs == {"shutdown_event": None}  # type: ignore[attr-defined]


def test_each_library_is_looked_into_in_one_place() -> None:
    found: dict[str, set[str]] = {library: set() for library in PLACES}
    for path in YROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            modules += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                library = (module or "").partition(".")[0]
                if library in found:
                    found[library].add(path.relative_to(YROOM).as_posix())
    beyond = {library: places - PLACES[library] for library, places in found.items()}
    assert {library: places for library, places in beyond.items() if places} == {}


def test_private_names_are_used_where_they_are_listed() -> None:
    """A name with an underscore of something that is not one's own."""
    listed: dict[str, set[str]] = {}
    for _, place, _, names in USES:
        listed.setdefault(place, set()).update(name for name in names.split() if name.startswith("_"))
    # Documented ones: Django's of models, Python's of named tuples and of os.
    documented = {"_meta", "_default_manager", "_fields", "_replace", "_make", "_field_defaults", "_exit"}
    beyond: list[str] = []
    for path in YROOM.rglob("*.py"):
        tree, place = ast.parse(path.read_text()), path.relative_to(YROOM).as_posix()
        own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_self(node.value)}
        own |= {name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for name in names_in(node)}
        known = own | documented | listed.get(place, set())
        others = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not is_self(node.value))
        private = (node for node in others if re.match("_[^_]", node.attr) and node.attr not in known)
        beyond += [f"{place}:{node.lineno} {node.attr}" for node in private]
    assert beyond == []


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def names_in(node: ast.ClassDef) -> set[str]:
    return {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
