"""A room under arbitrary frames: `check()` is what the tests call, and with Atheris installed it hunts by itself.

    uv pip install atheris
    python -m tests.yroom.fuzz --seconds 600 [FOLDER]

runs coverage-guided from the corpus on, and keeps in FOLDER what led it somewhere new; `--examples 10000` needs but
Hypothesis, which puts valid and invalid parts together. What ends the process, panics or
leaves a room that cannot be opened again is a finding: its line belongs into corpus/frames.json, and the engine needs
mending. Not a test itself, for a finding may end the process.
"""

import argparse
import base64
import importlib
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from pycrdt import Doc

from yroom.crdt import causal_order, protocol, update_reader
from yroom.crdt.causal_order import Extent
from yroom.crdt.clients import Client, Limits, read
from yroom.crdt.confirming import Foreign
from yroom.crdt.protocol import write_var_bytes, write_var_uint
from yroom.crdt.room import Room
from yroom.exceptions import ProtocolError, RoomTooLargeError, TooMuchWaitingError

CORPUS = Path(__file__).parent / "corpus" / "frames.json"
LIMITS = Limits(
    room_size=100_000,
    room_effort=1.0,
    waiting_updates=20,
    awareness_fields=("user", "cursor"),
    awareness_ids=2,
    awareness_size=1000,
)


class Outlet:
    """Keeps what a room says and stores."""

    room: Room

    def __init__(self) -> None:
        self.replies: list[bytes] = []
        self.stored: list[bytes] = []

    def reply(self, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        self.replies += [*before, frame]

    def store(self, update: bytes, client: Client) -> None:
        self.stored.append(update)

    def changed(self) -> None:
        pass

    def lacks(self, client: Client) -> None:
        pass

    def completed(self, client: Client) -> None:
        pass

    def wrong(self, client: Client, error: ProtocolError) -> None:
        pass

    def whose(self) -> None:
        self.room.found({})

    def settled(self, foreign: Sequence[Foreign], kind: int) -> None:
        pass


def corpus() -> list[bytes]:
    """Inputs that once led somewhere: each one or more frames, see `frames_of()`."""
    return [base64.b64decode(line) for line in json.loads(CORPUS.read_text())]


def joined(frames: list[bytes]) -> bytes:
    """An input of some frames."""
    return b"".join(write_var_bytes(frame) for frame in frames)


def frames_of(data: bytes) -> list[bytes]:
    """The frames of an input: each behind its length, the last to the end."""
    frames: list[bytes] = []
    at = 0
    while at < len(data) and len(frames) < 50:
        size, at = data[at], at + 1
        if size > 127 and at < len(data):
            size, at = size - 128 + 128 * data[at], at + 1
        frames.append(data[at : at + size])
        at += size
    return frames


def is_kept(update: bytes, extent: Extent, set_aside: list[bytes]) -> bool:
    """Whether each part of an update is in a document or among what was set aside, as a whole or in pieces."""
    aside = [update_reader.read(other) for other in set_aside]
    contents = update_reader.read(update)
    known = causal_order.read_state_vector(extent.state_vector)
    return all(
        struct.clock + struct.length <= known.get(client, 0)
        or any(
            other.clock <= max(struct.clock, known.get(client, 0))
            and other.clock + other.length >= struct.clock + struct.length
            for each in aside
            for other in each.structs.get(client, ())
        )
        for client, part in contents.structs.items()
        for struct in part
    ) and all(extent.has_deleted(*each) or any(each in other.deletes for other in aside) for each in contents.deletes)


def check(data: bytes) -> None:
    """Give a room frames from three sockets in turns, then open it again: it must hold what it held, and what it said.

    What was counted as saved is in the document that is opened anew, or set aside; what a reader sent changes nothing,
    and is counted only if it is there already.
    """
    outlet = Outlet()
    room = outlet.room = Room("r", LIMITS, outlet)
    room.document.survey()
    clients = [
        Client(1, "hub"),
        Client(2, "hub", login="7", user={"id": "7", "name": "A"}, controls=True, roots={b"r": "text"}),
        Client(3, "hub", read_only=True, controls=True),
    ]
    saved: list[bytes] = []
    sent: dict[int, list[bytes]] = {1: [], 2: [], 3: []}
    for client in clients:
        room.join(client)
    for number, frame in enumerate(frames_of(data)):
        client = clients[number % 3]
        try:
            messages = read(frame)
        except ProtocolError:
            continue
        documents, stored = client.documents, len(outlet.stored)
        try:
            room.receive(client, frame)
        except (ProtocolError, RoomTooLargeError, TooMuchWaitingError):
            # Its socket is closed, and what of the frame was taken is not counted.
            client.documents = -1000
            continue
        changes = [message.payload for message in messages if message.contents is not None]
        if client.read_only:
            assert len(outlet.stored) == stored, "a reader changed something"
            extent = Extent.of(room.document.doc)
            assert all(map(extent.covers, changes)) or client.documents - documents < len(changes) or client.refused
        sent[client.id] += [m.payload for m in messages if m.kind == protocol.SYNC and m.step != protocol.STEP1]
        if client.documents == len(sent[client.id]):
            saved += sent[client.id]
        if number % 5 == 4:
            room.ask(client)
    for broadcast in room.flush():
        assert broadcast.frame
    state = room.document.encode()
    newcomer: Doc[Any] = Doc()
    newcomer.apply_update(state)
    for client in clients:
        room.leave(client)
    room.document.set_aside()
    # What was stored opens again: in a worker, after a compaction, and as what browsers are sent.
    folded = causal_order.fold(b"\0\0", outlet.stored)
    left = [each for at, each in enumerate(outlet.stored) if at not in folded.wrong and at not in folded.held]
    other = Outlet()
    again = other.room = Room("r", LIMITS, other)
    ordered = causal_order.order([folded.state, *left])
    again.document.restore([update for update, _ in ordered.ready])
    again.document.restored(ordered.lacking)
    again.document.survey()
    again.document.encode()
    extent = Extent.of(again.document.doc)
    aside = [outlet.stored[at] for at in folded.wrong]
    assert all(is_kept(update, extent, aside) for update in saved), "something was lost that was saved"
    assert again.document.index is not None
    assert room.document.index is not None
    for client_id, end in room.document.index.ends.items():
        assert again.document.index.ends.get(client_id, 0) >= end, "something was lost"


def main() -> None:
    """Hunt, or go through the corpus."""
    parser = argparse.ArgumentParser(description="Fuzz a room.")
    parser.add_argument("--seconds", type=int, default=0, help="hunt with Atheris for so long")
    parser.add_argument("--examples", type=int, default=0, help="hunt with Hypothesis through so many")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="for the same hunt again")
    parser.add_argument("folder", type=Path, nargs="?", default=None)
    arguments = parser.parse_args()
    # At once: a finding may end the process.
    print(f"--seed {arguments.seed}", flush=True)  # noqa: T201
    for line in corpus():
        check(line)
    if arguments.examples:
        put_together(arguments.examples, arguments.seed)
    if arguments.seconds:
        hunt(arguments)


def put_together(examples: int, start: int) -> None:
    """Let Hypothesis compose updates of parts that may or may not fit."""
    small = st.integers(0, 6)
    number = st.one_of(small, st.sampled_from([127, 128, 2**31, 2**32 - 1, 2**32, 2**40, 2**53 - 1])).map(
        write_var_uint
    )
    near = st.tuples(small.map(write_var_uint), small.map(write_var_uint)).map(b"".join)
    text = st.one_of(st.text(max_size=4).map(str.encode), st.binary(max_size=4)).map(write_var_bytes)
    value = st.recursive(
        st.one_of(
            st.sampled_from([b"\x7f", b"\x7e", b"\x78", b"\x79", b"\x7d\x05", b"\x7b" + b"\0" * 8]),
            st.just(b"\x7a" + b"\x7f" * 8),
            text.map(lambda t: b"\x77" + t),
            st.binary(max_size=3),
        ),
        lambda inner: st.lists(inner, max_size=3).map(lambda parts: b"\x75" + bytes([len(parts)]) + b"".join(parts)),
        max_leaves=6,
    )
    one = st.just(b"\1")
    bodies: list[tuple[int, st.SearchStrategy[bytes]]] = [
        (1, number),
        (3, text),
        (4, text),
        (4, st.text(min_size=1, max_size=4).map(lambda t: write_var_bytes(t.encode("utf-8", "replace")))),
        (5, st.sampled_from([b"\x011", b"\x04null", b"\x03NaN", b"\x02{}", b'\x08"\\ud83d"', b'\x09"\\\\ud83d"'])),
        (4, st.sampled_from(["👩", "a👩", "👩b", "👩👩"]).map(lambda t: write_var_bytes(t.encode()))),
        (6, st.sampled_from([b"\x01b\x04true", b"\x01b\x04null", b"\x01b\x01x"])),
        (7, st.sampled_from([b"\0", b"\1", b"\2", b"\3\1p", b"\4", b"\5\1h", b"\6", b"\7"])),
        (8, st.tuples(one, value).map(b"".join)),
        (9, st.just(b"\1g\x76\0")),
        (2, st.tuples(one, text).map(b"".join)),
    ]
    whereto: list[tuple[int, st.SearchStrategy[bytes]]] = [
        (0, st.just(b"\1\1r")),
        (0, near.map(lambda n: b"\0" + n)),
        (32, st.just(b"\1\1m\1k")),
        (128, near),
        (64, near),
        (192, st.tuples(near, near).map(b"".join)),
    ]

    @st.composite
    def part(draw: st.DrawFn) -> bytes:
        if draw(st.integers(0, 9)) == 0:
            return bytes([draw(st.sampled_from([0, 10]))]) + draw(number)
        kind, body = draw(st.sampled_from(bodies))
        flags, where = draw(st.sampled_from(whereto))
        return bytes([kind | flags]) + draw(where) + draw(body)

    @st.composite
    def frame(draw: st.DrawFn) -> bytes:
        sections = []
        for client in draw(st.lists(small, max_size=3)):
            parts = draw(st.lists(part(), max_size=4))
            sections.append(bytes([len(parts), client]) + draw(small.map(write_var_uint)) + b"".join(parts))
        deletes = draw(st.lists(st.tuples(small, small, st.integers(0, 3)), max_size=3))
        tail = bytes([len(deletes)]) + b"".join(bytes([client, 1, clock, size]) for client, clock, size in deletes)
        update = bytes([len(sections)]) + b"".join(sections) + tail
        if draw(st.integers(0, 20)) == 0:
            update = update[: draw(st.integers(0, len(update)))]
        return b"\0" + bytes([draw(st.sampled_from([1, 2]))]) + write_var_bytes(update)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @seed(start)
    @given(st.lists(frame(), max_size=8))
    def run(frames: list[bytes]) -> None:
        check(joined(frames))

    run()


def hunt(arguments: argparse.Namespace) -> None:
    """Let Atheris change the corpus, guided by what each change reaches."""
    import atheris

    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(corpus()):
        (folder / f"corpus-{number}").write_bytes(line)

    # Once more, with the engine watched; this file runs under another name.
    with atheris.instrument_imports(include=["yroom"]):
        for name in [name for name in sys.modules if name.partition(".")[0] == "yroom"]:
            del sys.modules[name]
        target = importlib.import_module("tests.yroom.fuzz").check
    options = [f"-max_total_time={arguments.seconds}", f"-seed={arguments.seed % 2**32 or 1}"]
    options += ["-max_len=4096", "-rss_limit_mb=2048", "-timeout=60"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/finding-", str(folder)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
