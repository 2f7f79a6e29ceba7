"""A proxy that ends TLS and says so in X-Forwarded-Proto, as a platform's router does."""

import contextlib
import datetime
import socket
import ssl
import tempfile
import threading
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate() -> bytes:
    """A key and a certificate for localhost that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + signed.public_bytes(serialization.Encoding.PEM)


class TlsProxy:
    """Passes one request a connection on to a port of this machine, and a WebSocket for as long as it lasts."""

    def __init__(self, backend: int) -> None:
        self.backend = backend
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder) / "localhost.pem"
            pem.write_bytes(certificate())
            self._context.load_cert_chain(pem)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(raw, server_side=True) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                received = client.recv(65536)
                if not received:
                    return
                head += received
            first, _, rest = head.partition(b"\r\n")
            more = b"X-Forwarded-Proto: https\r\n"
            if b"\r\nupgrade: websocket" not in head.lower():
                # So that the next request comes through here too, instead of straight through the pipe.
                more += b"Connection: close\r\n"
                rest = rest.replace(b"Connection: keep-alive\r\n", b"", 1)
            with socket.create_connection(("127.0.0.1", self.backend)) as server:
                server.sendall(first + b"\r\n" + more + rest)
                back = threading.Thread(target=self._pipe, args=(server, client), daemon=True)
                back.start()
                self._pipe(client, server)
                back.join()

    def _pipe(self, source: socket.socket, target: socket.socket) -> None:
        # ValueError: the other direction has closed the TLS meanwhile.
        with contextlib.suppress(OSError, ValueError):
            while received := source.recv(65536):
                target.sendall(received)
        # shutdown() of the plain socket below an SSL socket too: it wakes the other direction.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
