"""What anybody can send without logging in: too much, too slowly, or in too many pieces."""

import asyncio
import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, Server, free_port, site_database
from yroom.web.requests import bounded

# They share a server.
pytestmark = pytest.mark.xdist_group("requests")

# Seconds; a busy machine may take some for what arrives at once.
TIMEOUT = 5
# Longer than anything takes here: only so that a test ends.
PATIENCE = 60
SETTINGS = f"""
from config.settings import *
YROOM = {{**YROOM, "REQUEST_TIMEOUT": {TIMEOUT}}}
"""
HUGE = 300_000_000
POST = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = (
    b"GET /ws/rooms/3f1a9a52-4d52-4d8c-8ac2-6d9e6b2f9d11 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
)


class Site:
    """A web process and what it takes."""

    def __init__(self, port: int, server: Server) -> None:
        self.port, self.server = port, server

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def send(self, head: bytes, piece: bytes = b"", times: int = 0) -> tuple[bytes, int]:
        """Send a request for as long as it is taken; return the answer, and how many bytes went out."""
        sent = 0
        with self.connect() as connection:
            try:
                connection.sendall(head)
                for _ in range(times):
                    connection.sendall(piece)
                    sent += len(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return self.read(connection), sent

    @staticmethod
    def read(connection: socket.socket) -> bytes:
        """All that comes until the other side closes."""
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer

    @property
    def files(self) -> int:
        """Bytes of the files without a name that the process holds open."""
        folder = Path(f"/proc/{self.server.process.pid}/fd")
        sizes = []
        for each in folder.iterdir():
            try:
                if "(deleted)" in str(each.readlink()):
                    sizes.append(each.stat().st_size)
            except FileNotFoundError:
                continue
        return sum(sizes)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("requests")
    (folder / "bounds.py").write_text(SETTINGS)
    env = {"DEBUG": "1", "SECRET_KEY": "for tests only", "DATA_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}
    site_database(folder)
    env |= {"DJANGO_SETTINGS_MODULE": "bounds", "PYTHONPATH": f"{folder}:{ROOT}"}
    port = free_port()
    command = [sys.executable, "-m", "yroom.web.daphne", "-b", "127.0.0.1", "-p", str(port), "config.asgi:application"]
    with Server(*command, cwd=ROOT, log=folder / "web.log", env=env) as server:
        yield Site(port, server.wait_for_port(port))


def test_a_large_body_is_refused_by_what_its_head_says(site: Site) -> None:
    head = POST + f"Content-Length: {HUGE}\r\n".encode()
    for more in (b"\r\n", b"Expect: 100-continue\r\n\r\n", b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"):
        answer, _ = site.send(head + more)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"100 Continue" not in answer


def test_a_large_body_takes_neither_memory_nor_disk(site: Site) -> None:
    site.send(POST + b"Content-Length: 2\r\n\r\n", b"xx", 1)
    memory = site.server.memory
    head = POST + f"Content-Length: {HUGE}\r\n\r\n".encode()
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for _ in range(5):
        for request, piece in ((head, b"x" * 65536), (CHUNKED, chunk)):
            answer, sent = site.send(request, piece, HUGE // 65536)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
            assert sent < 20_000_000
    assert site.server.memory - memory < 30_000_000
    assert site.files < 1_000_000


def test_a_body_that_is_not_too_large_arrives(site: Site) -> None:
    for size in (1000, 100_000, 2_000_000):
        body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n%s\r\n--x--\r\n'
        body %= b"x" * (size + 2 - len(body))
        answer, _ = site.send(POST + f"Connection: close\r\nContent-Length: {size}\r\n\r\n".encode(), body, 1)
        assert answer.startswith(b"HTTP/1.1 403 ")  # it holds no CSRF token


def test_thousands_of_fields_and_files_are_refused(site: Site) -> None:
    for name in (b'name="a"', b'name="a"; filename="a"'):
        body = (b"--x\r\nContent-Disposition: form-data; " + name + b"\r\n\r\n1\r\n") * 20_000 + b"--x--\r\n"
        head = POST + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        answer, _ = site.send(head, body, 1)
        assert int(answer.split()[1]) in (400, 403)


FORM = POST.replace(b"multipart/form-data; boundary=x", b"application/x-www-form-urlencoded")
ODD_PART = b"--x\r\nContent-Disposition: form-data; name*=rot13''%ff\r\n\r\n1\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [(FORM, b"&" * 2_500_000), (FORM, b"a=%ff" * 500_000), (POST, b"--x\r\n" * 500_000), (POST, ODD_PART)],
    ids=["ampersands", "escapes", "limits", "a part with an odd name"],
)
def test_only_the_application_reads_forms(site: Site, head: bytes, body: bytes) -> None:
    """What twisted makes of them costs seconds for a few bytes, or the connection."""
    answer, _ = site.send(head + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body, 1)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))


def test_nobody_names_the_site_but_itself(site: Site) -> None:
    """By a header that daphne would take from anybody, all addresses would begin with somebody else's."""
    for root in (b"@evil.example", b"https://evil.example", b".evil.example", b"/evil"):
        answer, _ = site.send(b"GET / HTTP/1.0\r\nHost: localhost\r\nDaphne-Root-Path: " + root + b"\r\n\r\n")
        assert b"evil" not in answer
        assert b"\r\nlocation: /accounts/login/?next=/\r\n" in answer.lower()


def test_endless_heads_are_refused(site: Site) -> None:
    for piece in (b"X-Header: " + b"x" * 1000 + b"\r\n", b"x" * 1000, b"a: b\r\n"):
        answer, sent = site.send(b"GET / HTTP/1.1\r\n", piece, 20_000)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
        assert sent < 10_000_000


def test_what_comes_slowly_is_closed(site: Site) -> None:
    """A byte now and then, in each part of a request; all at once, so that it takes one time-out."""
    first = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    bodies = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: loc", POST + b"Content-Length: 1000\r\n\r\nab", CHUNKED]
    # Behind one that is answered, and sent together with it.
    bodies += [first + body for body in bodies]
    connections = [site.connect() for _ in bodies]
    for connection, body in zip(connections, bodies, strict=True):
        connection.sendall(body)
    until = time.monotonic() + PATIENCE
    open_ones = set(connections)
    while open_ones and time.monotonic() < until:
        for connection in list(open_ones):
            connection.settimeout(0.2)
            try:
                connection.sendall(b"1")
                if not connection.recv(1000):
                    open_ones.discard(connection)
            except TimeoutError:
                continue
            except OSError:
                open_ones.discard(connection)
    assert not open_ones
    for connection in connections:
        connection.close()


def test_who_asks_again_in_time_is_answered(site: Site) -> None:
    """One after the other on one connection, for longer than a request may take to arrive; then many at once."""
    ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with site.connect() as connection:
        until = time.monotonic() + 2 * TIMEOUT
        while time.monotonic() < until:
            connection.sendall(ask)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            time.sleep(TIMEOUT / 10)
        connection.sendall(ask * 19 + ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert site.read(connection).count(b"HTTP/1.1 200 ") == 20


# A file of Django's, of some 290,000 bytes.
LARGE = b"GET /static/admin/js/vendor/jquery/jquery.js HTTP/1.1\r\nHost: localhost\r\n%b\r\n"


def test_who_reads_no_answers_is_not_given_more(site: Site) -> None:
    """Asked for hundreds of times in one go, they would take 100 MB of memory, without a login.

    A hundred are asked for here: all others must be answered before who does not read is cut off.
    """
    last = LARGE % b"Connection: close\r\n"
    answer, _ = site.send(last)
    memory, asked = site.server.memory, 100
    with site.connect() as connection, site.connect() as other:
        connection.sendall(LARGE % b"" * (asked - 1) + last)
        # Others are answered meanwhile; once they all are, much of it would have been made.
        for _ in range(asked):
            other.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert other.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert site.server.memory - memory < 20_000_000
        # Who reads late gets all of it.
        size = 0
        while part := connection.recv(1_000_000):
            size += len(part)
        assert size > asked * len(answer) * 0.99


# In which the last half of an answer is read.
PARTS = 50


def ask_slowly(site: Site, request: bytes) -> socket.socket:
    """A connection on which answers wait in the server, where their reader is slow."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(PATIENCE)
    connection.connect(("127.0.0.1", site.port))
    connection.sendall(request)
    return connection


def received(connection: socket.socket, size: int) -> bytes:
    """The next so many bytes."""
    parts: list[bytes] = []
    while size > 0 and (part := connection.recv(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def test_an_answer_that_is_read_slowly_is_read_to_its_end(site: Site) -> None:
    """For longer than a request may take, though the server is done with it: what is left waits in the system."""
    whole, _ = site.send(LARGE % b"Connection: close\r\n")
    connections = [ask_slowly(site, LARGE % more) for more in (b"", b"Connection: close\r\n")]
    # What they begin with arrives at once.
    answers = [received(connection, len(whole) // 2) for connection in connections]
    rest = (len(whole) - len(answers[0])) // (PARTS + 1)
    for _ in range(PARTS):
        time.sleep(1.6 * TIMEOUT / PARTS)
        answers = [answer + received(each, rest) for answer, each in zip(answers, connections, strict=True)]
    end = whole[-50_000:]
    for answer, connection in zip(answers, connections, strict=True):
        while not answer.endswith(end) and (more := connection.recv(65536)):
            answer += more
        assert answer.endswith(end), len(answer)
        connection.close()


def test_who_takes_nothing_of_an_answer_is_cut_off(site: Site) -> None:
    """Be it one that is long made, or one of many that are not."""
    for times in (1, 100):
        with ask_slowly(site, LARGE % b"" * times) as connection:
            ended = select.poll()
            ended.register(connection, 0)
            assert ended.poll(PATIENCE * 1000)


def test_a_handshake_brings_no_more_than_itself(site: Site) -> None:
    memory = site.server.memory
    answer, _ = site.send(UPGRADE + b"Content-Length: 2000000\r\n\r\n", b"x" * 2_000_000, 1)
    assert b"101" not in answer
    answer, _ = site.send(UPGRADE + b"Sec-WebSocket-Protocol: \xff\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in site.server.output
    # It names a room that nobody may open: closed at once, whatever follows.
    answer, sent = site.send(UPGRADE + b"\r\n", b"\x82\xfe\xff\xff\x00\x00\x00\x00" + b"x" * 65535, HUGE // 65536)
    assert sent < HUGE // 2
    assert site.server.memory - memory < 30_000_000


def run(parts: list[dict[str, Any]], headers: list[tuple[bytes, bytes]] = []) -> tuple[list[dict[str, Any]], list[Any]]:  # noqa: B006
    """What a server gets for a request of these parts, and what the application got of it."""
    answers: list[dict[str, Any]] = []
    got: list[Any] = []

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            got.append(message["type"])
            if message["type"] == "http.disconnect":
                return
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def serve() -> None:
        await bounded(application)({"type": "http", "headers": headers}, receive, send)

    asyncio.run(serve())
    return answers, got


def part(size: int, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


def test_other_servers_read_no_further_than_that(settings: Any) -> None:
    """Under any ASGI server: by the head, while it comes in, and when it stops coming."""
    settings.YROOM = {"MAX_BODY_SIZE": 1000, "REQUEST_TIMEOUT": 0.05}
    answers, got = run([part(1, more=False)], [(b"content-length", b"1001")])
    assert (answers[0]["status"], got) == (413, [])
    parts = [part(400) for _ in range(100)]
    answers, got = run(parts)
    assert (answers[0]["status"], got[-1]) == (413, "http.disconnect")
    assert len(parts) == 97
    answers, got = run([part(400)])
    assert (answers[0]["status"], got[-1]) == (408, "http.disconnect")
    answers, got = run([part(400), part(600, more=False)], [(b"content-length", b"1000")])
    assert answers[0]["status"] == 200
