"""Every command in READMEs and docs is run, and what they name is there."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from .conftest import ROOT, TEMPLATE, clean_environment, cookiecutter, run


def commands(readme: Path) -> list[str]:
    """The lines of a README's shell blocks, and the commands in its text."""
    text = readme.read_text()
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]
    return lines + re.findall(r"`((?:make|npm|python|uv|cookiecutter|copier|pip|manage\.py) [^`]*)`", prose(readme))


def folders() -> set[str]:
    """What paths of the site or of this repository begin with; asked once what tools have made there is gone."""
    return {path.name for folder in (ROOT, TEMPLATE, TEMPLATE / "yroom") for path in folder.iterdir() if path.is_dir()}


def prose(page: Path) -> str:
    """What a page says outside of its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def serves(folder: Path, target: str) -> None:
    """Run a make target until the login page is there, then stop it; its demo users are told on the first run."""
    port = free_port()
    log = folder / ".make.log"
    with log.open("w") as output:
        # A group of its own: make, the shell and the server are stopped as Ctrl-C stops them.
        server = subprocess.Popen(
            ["make", target, f"PORT={port}", f"PYTHON={sys.executable}"],
            cwd=folder,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell that runs these tests in the background has them ignore it.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
        )
    try:
        page = ""
        while not page:
            assert server.poll() is None, log.read_text()
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read().decode()
            except OSError:
                time.sleep(0.2)
        assert 'name="password"' in page
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)
        printed = log.read_text()
        log.unlink()
    assert "demo@example.com" in printed
    for address in (f"http://localhost:{port}/demo/", f"http://127.0.0.1:{port}/demo/"):
        assert address in printed
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_make_demo_serves_a_site(tmp_path: Path) -> None:
    """From a clean copy of this checkout, as one would clone it."""
    copy = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=True)
    # What is not committed yet is tested too.
    changed = ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    for name in subprocess.run(changed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    serves(copy, "demo")
    assert not subprocess.run(["git", "status", "--porcelain", "--", ".demo"], cwd=copy, capture_output=True).stdout


def test_cookiecutter_and_make_run(tmp_path: Path) -> None:
    """The template taken from here instead of from the internet, then the generated site's own command."""
    assert cookiecutter(tmp_path).returncode == 0
    serves(tmp_path / "yroom_site", "run")


# What the engine uses, as pip installs it.
PACKAGES = next(line for line in commands(ROOT / "README.md") if line.startswith("python -m pip install "))

# The commands of other servers, which differ from one another in their options alone.
SERVERS = [line for line in commands(TEMPLATE / "README.md") if line.endswith(" config.asgi:application")]

# Those that take a feature out of a site.
TAKING_OUT = [line for line in commands(TEMPLATE / "docs" / "taking-a-feature-out.md") if re.match(r"rm |npm ", line)]

# What each command is run by. `make test` of this folder is what runs these tests.
RUN_BY: dict[str, Callable[..., None] | str] = {
    "make demo": test_make_demo_serves_a_site,
    "make test": "test_site.py for a site, and this run for the template",
    "cookiecutter gh:org/yroom-template": test_cookiecutter_and_make_run,
    "cd yroom_site": test_cookiecutter_and_make_run,
    "make run": test_cookiecutter_and_make_run,
    "make run PORT=9000": test_cookiecutter_and_make_run,
    "make fuzz-text SESSIONS=1000": "test_site.py, with make test-long of this folder",
    "npm test": "test_site.py, with make test",
    "npm run speed": "test_site.py, with make test-long of this folder",
    "npm run figures": "test_site.py, with make test-long of this folder",
    "python manage.py db_worker --batch": "tests/test_tasks.py of the site",
    "make test-long": "test_site.py, with make test-long of this folder",
    "make test-browsers": "test_site.py, with make test-long of this folder",
    "make check": "test_site.py",
    "make test-fast": "test_site.py, with make test",
    "make test-e2e": "test_site.py, with make test",
    "make help": "test_make_help_lists_all_that_pages_name",
    "make bench": "test_bench.py, each of its parts",
    "make bench ARGS=--quick": "test_bench.py, each of its parts",
    "make bench ARGS=--save": "test_bench.py, each of its parts",
    "make lint": ".ci/run",
    "copier copy gh:org/yroom-template my_site": "test_generation.py, from this checkout",
    "cp -r ../yroom_site/yroom .": "test_engine_alone.py",
    PACKAGES: "test_engine_alone.py, which takes them from a site that has them",
    **dict.fromkeys(SERVERS, "e2e/test_servers.py of the site, which reads them there"),
    "python manage.py migrate": "test_engine_alone.py",
    **dict.fromkeys(TAKING_OUT, "test_site.py, in a copy of a site"),
    "python manage.py createsuperuser": "tests/accounts/test_accounts.py of the site",
    "python -m config.env": "tests/config/test_settings.py of the site",
    "python manage.py makemigrations": "tests/config/test_settings.py of the site, which finds nothing to write",
    "python manage.py yroom": "tests/yroom/test_flow.py of the site",
    "python manage.py db_worker": "tests/test_tasks.py of the site",
    "python -m yroom.web.daphne --port 8000 asgi:application": "tests/yroom/conftest.py of the site, by every test",
    "python -m yroom.web.daphne": "tests/yroom/conftest.py of the site, by every test",
    "python -m yroom.server": "tests/yroom/test_former.py of the site",
    "manage.py yroom --channel": "tests/yroom/test_flow.py of the site",
    "manage.py yroom_check": "tests/faults/test_store.py of the site",
    "manage.py yroom_rooms": "tests/faults/test_web.py of the site",
    "python manage.py yroom_check": "tests/faults/test_store.py of the site",
    "python manage.py yroom_former": "tests/yroom/test_schema.py of the site",
    "python manage.py yroom_rooms": "tests/faults/test_web.py of the site",
}


# Folders of what tools fetch and make.
MADE = {"node_modules", "static-built", "staticfiles", "test-results"}
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "tests" / "bench" / "RESULTS.md",
    TEMPLATE / "README.md",
    *sorted(TEMPLATE.glob("yroom/*.md")),
    *sorted(TEMPLATE.glob("docs/*.md")),
    *sorted(page for page in TEMPLATE.glob("[a-z]*/**/README.md") if not MADE.intersection(page.parts)),
]


def anchors(page: Path) -> set[str]:
    """The places in a page that can be linked to: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("readme", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_is_run_by_a_test(readme: Path) -> None:
    assert commands(readme) or readme.parent not in (ROOT, TEMPLATE) or readme.name != "README.md"
    # What was measured names its own loads and servers.
    named = [re.sub(r"^(make bench) ARGS='--save .*'$", r"\1 ARGS=--save", command) for command in commands(readme)]
    assert [command for command in named if command not in RUN_BY] == []


def test_make_help_lists_all_that_pages_name() -> None:
    helps = [run("make", "help", cwd=folder) for folder in (ROOT, TEMPLATE)]
    targets = {command.split()[1] for page in PAGES for command in commands(page) if command.startswith("make ")}
    assert {target for target in targets if not any(f"make {target} " in text for text in helps)} - {"help"} == set()


def test_what_runs_a_command_is_there() -> None:
    """A file that is named for it."""
    tests = {
        path.relative_to(TEMPLATE).as_posix() for each in ("tests", "e2e") for path in TEMPLATE.glob(f"{each}/**/*.py")
    }
    tests |= {path.name for path in (ROOT / "tests").glob("*.py")} | {".ci/run"}
    named = re.findall(r"[\w./]+\.py|\.ci/run", " ".join(by for by in RUN_BY.values() if isinstance(by, str)))
    assert set(named) <= tests


@pytest.mark.parametrize("readme", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_readme_leads_to_a_file(readme: Path) -> None:
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", prose(readme))):
        if not target.startswith("http"):
            page = readme.parent / urllib.request.url2pathname(target) if target else readme
            assert page.exists(), target
            assert not anchor or anchor in anchors(page), anchor


# A changelog names what was there before.
@pytest.mark.parametrize(
    "readme",
    [page for page in PAGES if page.name != "CHANGELOG.md"],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_every_file_that_a_readme_names_is_there(readme: Path) -> None:
    """Its path is from the page's own folder, the site's, this repository's, or that of the engine."""
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)*/(?:[\w.-]+\.\w+)?)`", prose(readme))
    for name in named:
        if name.split("/")[0] in folders():
            assert any((folder / name).exists() for folder in (readme.parent, TEMPLATE, ROOT, TEMPLATE / "yroom")), name


@pytest.mark.parametrize("page", sorted(TEMPLATE.glob("docs/*.md")), ids=lambda page: page.name)
def test_what_is_said_to_be_in_a_file_is_there(page: Path) -> None:
    """Each `name` in [file](path); a function, as `name()`, is defined there."""
    for name, call, target in re.findall(r"`(\w+)(\(\))?` in\s+\[[^]]*\]\(([^)#]+)\)", page.read_text()):
        defined = rf"^ *(?:export )?(?:async )?(?:def|function|const) {name}\b" if call else rf"\b{name}\b"
        assert re.search(defined, (page.parent / target).read_text(), re.MULTILINE), f"{name} in {target}"


def test_the_page_about_kinds_names_every_place_that_knows_one() -> None:
    """Where the worked example stands is where another one would."""
    page = TEMPLATE / "docs" / "adding-a-document-kind.md"
    named = {(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", page.read_text())}
    surface = TEMPLATE / "frontend" / "surfaces" / "plain"
    knows = re.compile(r"""(name|kind)="plain"|surfaces/plain|"\./plain"|"y-codemirror""")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TEMPLATE, capture_output=True, text=True, check=True).stdout
    others = {
        path
        for path in (TEMPLATE / name for name in listed.split("\0") if name)
        if path.suffix in (".py", ".ts", ".cjs", ".mjs", ".json", ".html", ".css")
        and path.name not in ("package-lock.json", "test_kinds.py")
        and not path.is_relative_to(surface)
        and knows.search(path.read_text())
    }
    assert {path.relative_to(TEMPLATE).as_posix() for path in others - named} == set()
    assert {path.relative_to(TEMPLATE).as_posix() for path in named - others if path.suffix != ".ts"} == set()
