"""A Python process with the site's settings, models and database, that runs what a test sends it.

Starting one takes a second, so a site under test has one for its whole life. A request is a line of JSON with Python in
it; the answer is a line of JSON with what that printed, or why it failed.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any


class Console:
    """The test's end of it."""

    def __init__(self, cwd: Path, env: dict[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "e2e.console"],
                cwd=cwd,
                env={**os.environ, **env},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def run(self, code: str) -> str:
        """Run Python there; return what it printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the console has ended: {self.process.wait()}"
        printed, failure = json.loads(line)
        assert failure is None, failure
        return str(printed).strip()

    def stop(self) -> None:
        """End it: it reads to the end of what it is sent."""
        with self.process:
            pass


def answer(code: str) -> tuple[str, str | None]:
    """Run the code; return what it printed, and its traceback if it fails."""
    from django.db import close_old_connections

    printed = io.StringIO()
    failure = None
    names: dict[str, Any] = {"__name__": "console"}
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, names)
        except Exception:
            failure = traceback.format_exc()
        finally:
            close_old_connections()
    return printed.getvalue(), failure


def main() -> None:
    """Answer until there are no more requests."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    answers = sys.stdout
    import django

    django.setup()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
