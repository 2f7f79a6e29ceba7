"""What was elsewhere in the version before is still found there, and said to be elsewhere now."""

import importlib
import subprocess
import sys
from typing import Any

import pytest
from django.utils.module_loading import import_string

from tests.servers import ROOT
from yroom.former import MOVED
from yroom.store.base import get_storage
from yroom.store.database import DatabaseStorage

# Modules as they were, and what one may have used of them.
FORMER = """
awareness: State Awareness merge_awareness
calls: YroomTimeout CallFailedError layer_and_mode call Parcels
fences: Fence FencedError put_up condition void
gathering: RefusedError Gathering
hub: TooManySocketsError AwayError Socket Connection Shard Hub EmbeddedWorker get_hub embedded_worker
library: no_panic apply encode state_of state_in beyond merge
link: LinkBrokenError Lane Arriving Link
mailbox: VERSION Mailbox Local hang_up
messages: CLOSE_MALFORMED CLOSE_NOT_LOGGED_IN CLOSE_NO_ACCESS CLOSE_NO_ROOM CLOSE_TOO_LARGE CLOSE_OLD_EDITOR
messages: CLOSE_FAILURE CLOSE_RESTART CLOSE_OVERLOAD Info
outbox: Pipe Queue Outbox
parts: Parts split cut
protocol: ProtocolError write_var_uint read_var_uint write_var_bytes read_var_bytes read_messages price pieces
protocol: read_piece is_awareness_only first_awareness_client sync_step1 sync_step2 sync_update awareness
protocol: permission_denied control read_json
redis_line: suits RedisLine
repair: Row Findings rooms check repair put_back set_aside_since note examine
requests: bounded
room: RoomDamagedError RoomTooComplexError RoomTooLargeError TooMuchWaitingError Message read Client Outlet Broadcast
room: Limits Room
server: SocketProtocol BoundedRequest Pages YroomServer Command
serving: Hub RoomClosedError Asking Server OpenRoom end
shards: shard_channel shards_of shard_of Row Round Leases SoleLeases
storage: StoredRoomDamagedError Entry Stored RoomStorage DatabaseStorage get_storage snapshot_values empty_snapshot
storage: set_aside with_database break_connections
structs: Struct roots Contents Placed Missing MisplacedError TooDeepError WrongRootError read Index patched halved
structs: survey
threads: PatientThreads
updates: read_state_vector write_state_vector Extent merge Ordered Roots join Folded fold is_integrated is_delicate
updates: order
worker: Quarantine Worker
writer: Queued Failing Writer
"""
NAMES = [
    (module, name)
    for module, _, names in (line.partition(": ") for line in FORMER.strip().splitlines())
    for name in names.split()
]


def test_all_that_moved_is_listed() -> None:
    assert {module for module, _ in NAMES} == MOVED.keys()


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_what_moved_is_found_where_it_was(module: str, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"yroom\.{module}\.{name} is yroom\.\S+ now") as warned:
        found = import_string(f"yroom.{module}.{name}")
    new, _, name = str(warned[0].message).split(" is ")[1].split(" now")[0].rpartition(".")
    assert found is getattr(importlib.import_module(new), name)


def test_what_never_was_is_not_found() -> None:
    for path in ("yroom.nothing", "yroom.hub.nothing", "yroom.worker.nothing"):
        with pytest.raises(ImportError):
            import_string(path)
    with pytest.raises(ImportError):
        from yroom.worker import leased  # type: ignore[attr-defined]  # noqa: F401


def test_settings_may_name_the_old_path(settings: Any) -> None:
    settings.YROOM_SETTINGS = {"default": {"STORAGE_BACKEND": "yroom.storage.DatabaseStorage"}}
    with pytest.warns(DeprecationWarning, match=r"yroom\.storage\.DatabaseStorage is"):
        assert isinstance(get_storage("room.1"), DatabaseStorage)


def test_the_server_starts_by_its_old_name() -> None:
    command = [sys.executable, "-m", "yroom.server", "--help"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "DeprecationWarning: python -m yroom.server is python -m yroom.web.daphne now" in ran.stderr
    assert "--websocket-max-message-size" in ran.stdout
