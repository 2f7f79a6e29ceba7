"""Our server: what a generated site's Procfile says, with a consumer that asks nobody who they are (`site/`)."""

import os
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from . import wire
from .server import FOLDER, HERE, ROOT, Server, free_port, run


@dataclass(frozen=True)
class Engine:
    """An engine to measure: that of this checkout, or of another folder or commit (`--engine`)."""

    label: str = ""  # what its servers' names end with
    source: str = ""  # a folder or a commit; empty: this checkout

    @property
    def site(self) -> Path:
        """Where the site with this engine is generated."""
        return FOLDER / "site" / (self.label or "bench") / "bench_site"

    @property
    def programs(self) -> Path:
        return self.site / ".venv" / "bin"

    @property
    def empty(self) -> Path:
        """A database with tables and nothing else: making one takes longer than many a load."""
        return self.site / "db.sqlite3"

    def install(self) -> None:
        """Generate a site from it, with what its dependencies and the load need."""
        with tempfile.TemporaryDirectory() as folder:
            template = Path(folder)
            self.copy(template)
            run(
                *(sys.executable, "-m", "cookiecutter", template, "--no-input", "--overwrite-if-exists"),
                *("--output-dir", self.site.parent, "project_slug=bench_site"),
                env={"HOME": str(FOLDER)},
            )
            # How a site is served without a login is known best to the checkout that the engine is of.
            files = template / "tests" / "bench" / "site"
            for file in (files if files.exists() else HERE / "site").glob("*.py"):
                shutil.copy(file, self.site)
            # But what a load sets is this one's.
            shutil.copy(HERE / "site" / "bench_settings.py", self.site)
        run("uv", "sync", "--quiet", "--project", self.site, env={"UV_PYTHON": sys.executable})
        self.empty.unlink(missing_ok=True)
        python = self.programs / "python"
        run(python, "manage.py", "migrate", "--verbosity=0", cwd=self.site, env=self.environment(self.site))

    def copy(self, into: Path) -> None:
        """Copy what git knows: what linters and package managers left in the template would be generated too."""
        if not self.source or Path(self.source).is_dir():
            root = Path(self.source or ROOT)
            listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=root)
            for name in filter(None, listed.split("\0")):
                if (root / name).is_file():
                    (into / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(root / name, into / name)
            return
        archive = into.parent / f"{into.name}.tar"
        try:
            run("git", "archive", "--output", archive, self.source)
            shutil.unpack_archive(archive, into)
        finally:
            archive.unlink(missing_ok=True)

    def environment(self, data: Path) -> dict[str, str]:
        """The environment of the site's processes; the database lies in a folder."""
        return {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "bench_settings",
            "SECRET_KEY": "a key for benchmarks only: nobody can reach this site from elsewhere",
            "DEBUG": "0",
            "DATA_DIR": str(data),
        }

    def command(self, name: str, application: str = "bench_asgi") -> list[str]:
        """The command of a process, as the site's Procfile has it, with an application that asks for no login."""
        lines = (self.site / "Procfile").read_text().splitlines()
        found = {key: command.strip() for key, _, command in (line.partition(":") for line in lines)}
        command = shlex.split(found[name].replace("config.asgi:", f"{application}:").replace("0.0.0.0", "127.0.0.1"))
        program = self.programs / command[0]
        return [str(program), *command[1:]] if program.exists() else command


@cache
def _generate(engine: Engine) -> None:
    engine.install()


class Yroom(Server):
    """A generated site: one process with SQLite."""

    name = "yroom"
    label = "yroom, one process, SQLite"
    dialect = wire.Channels()
    stores = True
    engine: ClassVar[Engine] = Engine()

    @classmethod
    def install(cls) -> None:
        _generate(cls.engine)

    def launch(self) -> None:
        env = self.engine.environment(self.folder)
        if self.workers:
            env["REDIS_URL"] = f"redis://127.0.0.1:{self.redis()}/0"
        if not (self.folder / "db.sqlite3").exists():
            shutil.copy(self.engine.empty, self.folder)
        for _ in range(self.workers):
            self.spawn(*self.engine.command("worker"), cwd=self.engine.site, env=env, line="yroom serves channel")
        self.urls = []
        for _ in range(self.webs):
            port = free_port()
            command = [part.replace("$PORT", str(port)) for part in self.engine.command("web")]
            self.spawn(*command, cwd=self.engine.site, env=env, port=port)
            self.urls.append(f"ws://127.0.0.1:{port}")


class YroomRedis(Yroom):
    """The same with Redis, and the worker in a process of its own."""

    name = "yroom-redis"
    label = "yroom, Redis, 1 web + 1 worker"
    alone = False
    workers = 1


class YroomWebs2(YroomRedis):
    name = "yroom-2x1"
    label = "yroom, Redis, 2 web + 1 worker"
    webs = 2


class YroomWorkers2(YroomRedis):
    name = "yroom-1x2"
    label = "yroom, Redis, 1 web + 2 workers"
    workers = 2


class YroomTwice(YroomRedis):
    name = "yroom-2x2"
    label = "yroom, Redis, 2 web + 2 workers"
    webs = workers = 2


class YroomFour(YroomRedis):
    name = "yroom-4x4"
    label = "yroom, Redis, 4 web + 4 workers"
    webs = workers = 4
