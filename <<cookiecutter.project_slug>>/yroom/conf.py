"""The engine's settings, their defaults and their meaning.

`YROOM` in Django's settings holds what is true of the whole engine (the fields of `EngineSettings`), and
`YROOM_SETTINGS` what may differ from one kind of room to another (the fields of `RoomSettings`): it maps the prefix of
a room's name, what stands before the first dot, to settings that inherit from its entry "default":

    YROOM = {"SHARDS": 16}
    YROOM_SETTINGS = {
        "default": {"REMOVE_ROOM_DELAY": 60},
        "textcollab": {"MAX_ROOM_SIZE": 1_000_000},  # rooms named textcollab.1, textcollab.2 ...
    }

Names there are in capitals. An unknown one raises ImproperlyConfigured.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar, get_type_hints

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What is true of the whole engine; every process of a site must agree on it."""

    # How many channels the rooms are spread over, and so the most workers that can share them.
    shards: int = 8
    # Run the worker inside the web process. None: where the channel layer lives in one process's memory.
    embedded: bool | None = None
    # Seconds a web process waits for another that has an embedded worker to end, before it refuses sockets with 4512.
    embedded_wait: float = 30.0
    # Alias of the channel layer that web processes and workers meet on.
    channel_layer: str = "default"
    # Seconds after which a worker that stopped renewing its leases has lost its shards.
    lease_seconds: float = 2.0
    # Seconds between two signs of life on the link between a web process and a worker.
    heartbeat_seconds: float = 0.5
    # Seconds of silence after which a web process looks for another worker.
    worker_timeout: float = 1.5
    # Seconds of silence after which a worker takes a web process's clients for gone.
    web_timeout: float = 5.0
    # Bytes a side keeps for one that confirms nothing, or of one person; four times as many if it confirms, or of all.
    link_buffer_size: int = 64 * 1024 * 1024
    # Bytes on their way to one process at once; more wait, where Redis closes a connection for which 32 MB do.
    link_window_size: int = 8 * 1024 * 1024
    # Least seconds between the starts of two commits: what arrives meanwhile shares the next one.
    commit_interval: float = 0.04
    # Seconds PostgreSQL may leave a worker without an answer before it makes a new connection and tries again.
    database_timeout: float = 10.0
    # Threads, each with a connection, in which a worker loads and compacts rooms: four, and up to so many if some hang.
    database_threads: int = 16
    # Seconds a server-side read or edit of a document may take.
    call_timeout: float = 5.0
    # Sockets that a user who is logged in may have open in one web process; one more is closed with 4513.
    max_user_sockets: int = 100
    # Bytes of the largest body that an HTTP request may bring; more is answered with 413 and not read.
    max_body_size: int = 2_621_440
    # Seconds for a request to arrive, a WebSocket to be let in, more of an answer to be read; then it is closed.
    request_timeout: float = 30.0
    # Bytes a web process gathers of messages in pieces, half of one user: two MAX_MESSAGE_SIZE or more; beyond: 4513.
    max_gathered_size: int = 256 * 1024 * 1024
    # Sockets whose permissions a web process looks at again at once; others wait for their turn.
    max_looks: int = 8
    # Seconds between two looks at the permissions of every open socket, behind the immediate ones.
    recheck_seconds: float = 60.0
    # Seconds a process may take, once it is told to stop, to store and tell what it holds; it is ended a second later.
    stop_seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What may differ from one kind of room to another."""

    # Base name of the channels on which the workers for these rooms listen (`manage.py yroom --channel`).
    channel_name: str = "yroom"
    # Seconds a room stays in memory after its last client left.
    remove_room_delay: float = 30.0
    # Dotted path of the class that stores rooms, see yroom.store.base.RoomStorage.
    storage_backend: str = "yroom.store.database.DatabaseStorage"
    # Names of the roots that documents have, and their kinds: text, xml, map or array. None: any of any kind.
    roots: dict[str, str] | None = None
    # Dotted path of a function that is told of commits, see yroom/commits.py. None: nobody is.
    on_commit: str | None = None
    # Seconds after a commit within which that is done, for all that came meanwhile; a quarter where nothing comes.
    on_commit_interval: float = 1.0
    # Dotted path of a function that is told once a room is quiet, see yroom/commits.py. None: nobody is.
    on_quiet: str | None = None
    # Seconds without a commit after which a room is quiet.
    quiet_after: float = 60.0
    # Seconds after a commit within which ON_QUIET is called, though the room is not quiet.
    quiet_within: float = 600.0
    # Number of the document schema; an editor that announces an older one is closed with 4426.
    schema: int | None = None
    # Dotted path of a function that makes a document of an older schema one of SCHEMA, see yroom.store.upgrade.Upgrade.
    upgrade: str | None = None
    # Bytes of the largest frame a client may send; more closes its socket with 4413.
    max_frame_size: int = 4 * 1024 * 1024
    # Bytes of the largest message our editor may send in pieces, such as what was written offline; more gets 4413.
    max_message_size: int = 32 * 1024 * 1024
    # Bytes a room's document may take when encoded; an edit beyond closes its socket with 4413.
    max_room_size: int = 32 * 1024 * 1024
    # Seconds of work a room's edits may make beyond what their size explains; more closes the socket with 4413.
    max_room_effort: float = 1.0
    # Updates of a room that may lack something they build on, half of them of one user; more closes with 4513.
    max_waiting_updates: int = 4000
    # Bytes of edits that may wait to be saved, and of answers that may wait to be read; more closes a socket with 4513.
    max_socket_backlog: int = 16 * 1024 * 1024
    # Bytes waiting for a socket that reads too slowly from which on they are merged.
    socket_merge_size: int = 64 * 1024
    # Bytes waiting for a socket beyond which they are thrown away; it is synced anew once it has read what it was sent.
    socket_resync_size: int = 1024 * 1024
    # Seconds a slow socket may read nothing, or keep up after it was synced anew, before it is closed with 4513.
    slow_socket_seconds: float = 30.0
    # Frames a second that a client may send, averaged over ten seconds; more closes its socket with 4513.
    max_frame_rate: int = 100
    # Bytes a second that a client may send, averaged over ten seconds; more closes its socket with 4513.
    max_byte_rate: int = 1024 * 1024
    # Sockets that a room may have; one more is closed with 4513.
    max_room_sockets: int = 1000
    # Names of the awareness fields that are passed on.
    awareness_fields: tuple[str, ...] = ("user", "cursor")
    # Client ids one socket may announce in awareness.
    max_awareness_ids: int = 4
    # Bytes of one awareness state.
    max_awareness_size: int = 8 * 1024
    # Updates in a room's log after which it is compacted; one for each 2 KiB of its snapshot, if that is more.
    compact_updates: int = 500
    # Bytes in a room's log after which it is compacted; as many as its snapshot has, if that is more.
    compact_bytes: int = 64 * 1024
    # Seconds of writing that are told apart by when it was; more in a room of which more than 1,000 notes are kept.
    author_seconds: float = 60.0
    # Notes that are kept of who wrote what in a room, half of them of one user; who wrote what is beyond is unknown.
    max_author_notes: int = 100_000


Settings = TypeVar("Settings", EngineSettings, RoomSettings)

# How many times the largest frame a server should take: the engine tells the sender of one that is larger than its own
# limit, the server closes the connection without a word.
ROOMY = 4
# Settings that there were once. They do nothing any more: an edit waits for nothing on its way to its readers.
GONE = {"BROADCAST_WINDOW", "BROADCAST_CROWD"}
# What a root can be.
KINDS = {"text", "xml", "map", "array"}


# Of the others, 0 has a meaning: at once, none, or no limit but that.
POSITIVE = {field.name for field in fields(EngineSettings)} - {"commit_interval"}


def _build(kind: type[Settings], name: str, values: dict[str, Any]) -> Settings:
    known = {field.name.upper(): field.name for field in fields(kind)}
    if kind is RoomSettings:
        values = {key: value for key, value in values.items() if key not in GONE}
    unknown = sorted(set(values) - set(known))
    if unknown:
        there = f"{name} has no setting {', '.join(unknown)}; there are {', '.join(sorted(known))}."
        places = {EngineSettings: "YROOM", RoomSettings: 'YROOM_SETTINGS["default"]'}
        hints = [
            f" {field.name.upper()} belongs in {place}."
            for other, place in places.items()
            for field in fields(other)
            if field.name.upper() in unknown
        ]
        raise ImproperlyConfigured(there + "".join(hints))
    types = get_type_hints(kind)
    for key, value in values.items():
        if not _fits(value, types[known[key]], positive=known[key] in POSITIVE):
            default = getattr(kind(), known[key])
            raise ImproperlyConfigured(f"{name}[{key!r}] cannot be {value!r}; the default is {default!r}.")
    return kind(**{known[key]: value for key, value in values.items()})


def _fits(value: Any, hint: Any, *, positive: bool) -> bool:
    if hint in (int, float):
        kinds = (int, float) if hint is float else int
        return isinstance(value, kinds) and not isinstance(value, bool) and (value > 0 if positive else value >= 0)
    if hint == tuple[str, ...]:
        return isinstance(value, list | tuple | set | frozenset) and all(isinstance(each, str) for each in value)
    if hint == dict[str, str] | None:
        return value is None or (
            isinstance(value, dict)
            and all(isinstance(name, str) and isinstance(kind, str) and kind in KINDS for name, kind in value.items())
        )
    return isinstance(value, hint)


def _mapping(name: str) -> dict[str, Any]:
    """One of Django's settings that is a dictionary, if it is there. Raises ImproperlyConfigured."""
    values = getattr(settings, name, {})
    if not isinstance(values, dict):
        raise ImproperlyConfigured(f"{name} must be a dictionary.")
    return values


@cache
def engine_settings() -> EngineSettings:
    """The settings of the engine: `YROOM` over the defaults."""
    return _build(EngineSettings, "YROOM", _mapping("YROOM"))


@cache
def _prefix_settings(prefix: str) -> RoomSettings:
    configured: dict[str, dict[str, Any]] = _mapping("YROOM_SETTINGS")
    values = {**configured.get("default", {}), **configured.get(prefix, {})}
    return _build(RoomSettings, f"YROOM_SETTINGS[{prefix!r}]", values)


def room_settings(room_name: str) -> RoomSettings:
    """The settings of a room: those of its name's prefix over "default" over the defaults."""
    prefix = room_name.split(".", 1)[0]
    # Only configured prefixes are remembered: room names come from outside and must not fill a cache.
    return _prefix_settings(prefix if prefix in getattr(settings, "YROOM_SETTINGS", {}) else "default")


def gone() -> list[str]:
    """Names that are set and do nothing any more."""
    return sorted({name for values in _mapping("YROOM_SETTINGS").values() for name in values} & GONE)


def prefixes() -> set[str]:
    """Every prefix that has settings of its own, and "default"."""
    return {"default", *getattr(settings, "YROOM_SETTINGS", {})}


def server_limit() -> int:
    """Bytes of a message that a server should take at the least."""
    return ROOMY * max(room_settings(prefix).max_frame_size for prefix in prefixes())


def _forget(*, setting: str, **_: Any) -> None:
    if setting in {"YROOM", "YROOM_SETTINGS"}:
        engine_settings.cache_clear()
        _prefix_settings.cache_clear()


setting_changed.connect(_forget)
