"""A small disk that a test can fill: a file system in memory that only the server on it sees."""

import errno
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.yroom.conftest import Project

SIZE: Final = 8 * 1024 * 1024
# Root may, and elsewhere whoever is root in a namespace of their own; within some containers nobody.
WAYS: Final = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))
MOUNT: Final = f'mount -t tmpfs -o size={SIZE} yroom "$1" && cp "$2" "$1" && shift 2 && exec "$@"'
# The settings a project needs before it can be moved onto a disk.
SETTINGS: Final = 'DATABASES["default"]["NAME"] = BASE_DIR / os.environ.get("DISK", "") / "db.sqlite3"\n'
COPY: Final = 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("VACUUM INTO ?", sys.argv[2:])'


class Disk:
    """The disk of a project's one server."""

    def __init__(self, project: Project, way: tuple[str, ...]) -> None:
        self.folder = project.folder / "disk"
        self._project = project
        self._way = way
        project.env["DISK"] = str(self.folder)
        project.wrapper = self._mount()
        project.copy_database = self._copy

    @classmethod
    def of(cls, project: Project) -> "Disk | None":
        """Have the project's server started on a disk of its own, with its database; None where that cannot be."""
        (project.folder / "disk").mkdir()
        for way in WAYS:
            disk = cls(project, way)
            try:
                subprocess.run([*project.wrapper, "true"], check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                continue
            return disk
        project.env.pop("DISK", None)
        project.wrapper, project.copy_database = [], None
        return None

    def fill(self) -> None:
        """Leave not a byte."""
        with self._seen_from_here("filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Have space again."""
        self._seen_from_here("filler").unlink()

    def _mount(self) -> list[str]:
        return [*self._way, "sh", "-c", MOUNT, "sh", str(self.folder), str(self._project.folder / "db.sqlite3")]

    @property
    def _server(self) -> int:
        return self._project.running[-1].process.pid

    def _seen_from_here(self, name: str) -> Path:
        return Path(f"/proc/{self._server}/root{self.folder / name}")

    def _copy(self, copy: Path) -> None:
        """Copy the database to where the test can read it: SQLite follows no path through /proc."""
        # Its root directory too: this machine's may be that of a chroot.
        enter = ["nsenter", f"--target={self._server}", "--mount", "--root"]
        if "--user" in self._way:
            enter += ["--user", "--preserve-credentials"]
        subprocess.run([*enter, sys.executable, "-c", COPY, self.folder / "db.sqlite3", copy], check=True)
