"""What the browser reads, for the server's side to be held against."""

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import ROOT


class Browser:
    """The editor's own reading of documents, in a Node process: see frontend/tests/text/reader.ts."""

    def __init__(self) -> None:
        command = ["node", "frontend/build/build.mjs", "--run", "frontend/tests/text/reader.ts"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, state: bytes) -> dict[str, Any]:
        """What a document is drawn as: its tree, its HTML, and how many lines are hidden."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(base64.b64encode(state) + b"\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith(b"{"):
                read: dict[str, Any] = json.loads(line)
                return read
        raise EOFError("the browser's side has failed: see above")

    def close(self) -> None:
        """It ends with what it reads from."""
        self._process.communicate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()
