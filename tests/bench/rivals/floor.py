# mypy: ignore-errors
"""The least that a server in Python can do: send what one client of a room sends to all others: python floor.py PORT

It keeps no document, checks nothing, and sends all frames of one read with one call. No relay in one thread of Python
costs less, so a server whose figure is near this one's has nothing left to save.
"""

import asyncio
import base64
import hashlib
import socket
import sys

import uvloop

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# An empty sync step 2 is the answer to everybody's step 1.
EMPTY = b"\x82\x05\x00\x01\x02\x00\x00"


class Client:
    """A socket, and the room it is in."""

    def __init__(self, rooms, sock):
        self.rooms, self.sock = rooms, sock
        self.room = None
        self.rest = self.unsent = b""
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(sock.fileno(), self.read)

    def read(self):
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        data = self.rest + data
        if self.room is None:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.rest = head
                return
            self.open(head)
        frames, self.rest, closed = self.frames(data)
        if frames:
            for other in self.room:
                if other is not self:
                    other.send(frames)
        if closed:
            self.close()

    def open(self, head):
        lines = head.split(b"\r\n")
        key = next(line.split(b": ", 1)[1] for line in lines if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
        self.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.room = self.rooms.setdefault(lines[0].split(b" ")[1], set())
        self.room.add(self)

    def frames(self, data):
        """What others get of the frames in some bytes, the rest of the bytes, and whether the client has left."""
        out, at, end = [], 0, len(data)
        while end - at >= 6:
            size, start = data[at + 1] & 127, at + 2
            if size > 125:
                wide = 2 if size == 126 else 8
                size, start = int.from_bytes(data[start : start + wide], "big"), start + wide
            if start + 4 + size > end:
                break
            key, start = data[start : start + 4], start + 4
            mask = int.from_bytes((key * (size // 4 + 1))[:size], "big")
            payload = (int.from_bytes(data[start : start + size], "big") ^ mask).to_bytes(size, "big")
            opcode, at = data[at] & 15, start + size
            if opcode == 8:
                return b"".join(out), b"", True
            if opcode != 2:
                continue
            if payload[:2] == b"\x00\x00":
                self.send(EMPTY)
            elif size < 126:
                out.append(bytes((0x82, size)) + payload)
            else:
                out.append(b"\x82\x7e" + size.to_bytes(2, "big") + payload)
        return b"".join(out), data[at:], False

    def send(self, data):
        if self.unsent:
            self.unsent += data
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(data):
            self.unsent = data[sent:]
            self.loop.add_writer(self.sock.fileno(), self.write)

    def write(self):
        data, self.unsent = self.unsent, b""
        self.loop.remove_writer(self.sock.fileno())
        self.send(data)

    def close(self):
        self.loop.remove_reader(self.sock.fileno())
        self.loop.remove_writer(self.sock.fileno())
        if self.room is not None:
            self.room.discard(self)
        self.sock.close()


async def main():
    rooms = {}
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
    listener.setblocking(False)
    loop = asyncio.get_running_loop()
    while True:
        sock, _ = await loop.sock_accept(listener)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Client(rooms, sock)


uvloop.run(main())
