"""A mail server for tests: it takes what it is sent, refuses it, or keeps the sender waiting, as it is told."""

import re
import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self


class MailServer:
    """Listens on a port of this machine."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.answer = "250 good"  # to each receiver
        self.refused = 0
        self.received: list[EmailMessage] = []
        self._changed = threading.Condition()
        self._is_let_in = threading.Event()
        self._is_let_in.set()
        self.waiting = 0  # senders whose message is here, and who have no answer yet
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def env(self) -> dict[str, str]:
        """What tells a site of it."""
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port), "EMAIL_USE_TLS": "0"}

    def hold(self) -> None:
        """Take messages, and say nothing to that."""
        self._is_let_in.clear()

    def let_in(self) -> None:
        """Go on with those who wait."""
        self._is_let_in.set()

    def wait_for(self, *, received: int = 0, refused: int = 0, waiting: int = 0) -> None:
        """Wait until so much has happened."""
        with self._changed:

            def has_come() -> bool:
                return len(self.received) >= received and self.refused >= refused and self.waiting >= waiting

            assert self._changed.wait_for(has_come, 60), (len(self.received), self.refused, self.waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_let_in.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rwb") as lines:
                answer = "220 here"
                while True:
                    lines.write(f"{answer}\r\n".encode())
                    lines.flush()
                    line = lines.readline()
                    word = line[:4].upper()
                    if not line or word == b"QUIT":
                        return
                    answer = self.answer if word == b"RCPT" else "250 good"
                    if word == b"RCPT" and not answer.startswith("250"):
                        self._note(refused=1)
                    if word == b"DATA":
                        lines.write(b"354 go on\r\n")
                        lines.flush()
                        data = b"".join(iter(lines.readline, b".\r\n"))
                        self._note(waiting=1)
                        self._is_let_in.wait(60)
                        self._note(waiting=-1, data=data)
        except OSError:
            # The sender was killed.
            return

    def _note(self, *, refused: int = 0, waiting: int = 0, data: bytes | None = None) -> None:
        with self._changed:
            self.refused += refused
            self.waiting += waiting
            if data is not None:
                unstuffed = re.sub(rb"^\.\.", b".", data, flags=re.MULTILINE)
                self.received.append(message_from_bytes(unstuffed, policy=policy.default))
            self._changed.notify_all()


def use_mail_server(port: int, settings: Any) -> None:
    """Have this process deliver its mail there."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if getattr(settings, "MAILERS", None):
        options = {"host": "127.0.0.1", "port": port, "use_tls": False}
        settings.MAILERS = {**settings.MAILERS, "delivery": {"BACKEND": backend, "OPTIONS": options}}
    else:
        settings.MAIL_DELIVERY, settings.EMAIL_HOST, settings.EMAIL_PORT = backend, "127.0.0.1", port
        settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS = "", False
