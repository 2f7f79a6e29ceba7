"""What the template writes: which files, with nothing left over, for any answer that passes; and which are refused."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import SandboxedEnvironment

from .conftest import NASTY, ROOT, TEMPLATE, cookiecutter

# Everything that a site consists of at its top level, and how many files its folders hold.
TOP_LEVEL = {
    ".env",
    ".gitignore",
    ".python-version",
    "Makefile",
    "Procfile",
    "README.md",
    "accounts",
    "app.json",
    "biome.jsonc",
    "comments",
    "config",
    "conftest.py",
    "docs",
    "e2e",
    "frontend",
    "history",
    "leaving",
    "manage.py",
    "notices",
    "offline",
    "package-lock.json",
    "package.json",
    "publish",
    "pyproject.toml",
    "rooms",
    "screenshot.png",
    "static",
    "tasks",
    "templates",
    "tests",
    "tsconfig.json",
    "uv.lock",
    "welcome",
    "yroom",
}
BINARY = {".png"}
DELIMITERS = re.compile(r"<<|<%|<#|#>")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def tracked(*paths: str) -> set[str]:
    """The files git knows below some paths of this checkout, the new ones included."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def test_the_top_level_holds_only_what_it_must() -> None:
    allowed = {
        TEMPLATE.name,
        "hooks",
        "cookiecutter.json",
        "tests",
        "README.md",
        "pyproject.toml",
        "uv.lock",
        "Makefile",
    }
    allowed |= {"LICENSE", "CHANGELOG.md", "copier.yml", ".ci"}
    top = {name.split("/")[0] for name in tracked(".")}
    assert {name for name in top - allowed if not name.startswith(".")} == set()
    assert allowed <= top


def test_there_are_at_most_six_prompts_each_with_a_text() -> None:
    asked = json.loads((ROOT / "cookiecutter.json").read_text())
    prompts = [name for name in asked if not name.startswith("_")]
    assert len(prompts) <= 6
    assert set(asked["__prompts__"]) == set(prompts)
    assert not any(isinstance(asked[name], list) for name in prompts)


def test_exactly_the_templates_files_are_generated(site: Path) -> None:
    template = {str(Path(name).relative_to(TEMPLATE.name)) for name in tracked(TEMPLATE.name)}
    assert files(site) == template | {".env"}
    assert {path.name for path in site.iterdir()} == TOP_LEVEL


def test_no_delimiter_is_left(site: Path, nasty_site: Path) -> None:
    for folder in (site, nasty_site):
        for name in tracked(TEMPLATE.name):
            path = folder / Path(name).relative_to(TEMPLATE.name)
            if path.suffix not in BINARY and path.name not in {"uv.lock", "package-lock.json"}:
                assert not DELIMITERS.search(path.read_text()), path


def test_placeholders_stand_in_quotes_and_prose_only() -> None:
    """So that the linters run on the template folder itself."""
    for name in sorted(tracked(TEMPLATE.name)):
        path = ROOT / name
        if path.suffix in BINARY | {".md"} or path.name in {"uv.lock", "package-lock.json"}:
            continue
        for line in path.read_text().splitlines():
            for placeholder in re.findall(r"<<.*?>>", line):
                assert f'"{placeholder}' in line or f'{placeholder}"' in line or path.suffix == ".html", (
                    f"{path}: {line}"
                )


def test_a_nasty_name_stays_a_name(nasty_site: Path) -> None:
    app = json.loads((nasty_site / "app.json").read_text())
    assert (app["name"], app["description"]) == (NASTY["project_name"], NASTY["description"])
    project = tomllib.loads((nasty_site / "pyproject.toml").read_text())["project"]
    assert project["description"] == NASTY["description"]
    assert (nasty_site / "README.md").read_text().startswith(f"# {NASTY['project_name']}\n")


def test_the_secret_key_is_fresh_and_private(site: Path, nasty_site: Path) -> None:
    keys = {(folder / ".env").read_text() for folder in (site, nasty_site)}
    assert len(keys) == 2
    assert stat.S_IMODE((site / ".env").stat().st_mode) == 0o600
    assert ".env" in (site / ".gitignore").read_text().split()


def test_it_says_how_to_go_on(tmp_path: Path) -> None:
    printed = cookiecutter(tmp_path).stdout
    assert "    cd yroom_site\n    make run\n" in printed


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"project_name": " "}, "The name of the site must be one line"),
        ({"project_name": "a\nb"}, "The name of the site must be one line"),
        ({"project_slug": "my-site"}, "'my-site' is not a Python identifier"),
        ({"project_slug": "1site"}, "'1site' is not a Python identifier"),
        ({"project_slug": "class"}, "'class' is not a Python identifier"),
        ({"project_slug": "json"}, "'json' is a module of Python's standard library"),
        ({"project_slug": "django"}, "'django' is that of a package which the site uses"),
        ({"project_slug": "yroom"}, "'yroom' is that of a package which the site uses"),
        ({"description": "a\tb"}, "The description must be one line"),
        ({"domain_name": "localhost"}, "The domain 'localhost' is not a domain name"),
        ({"domain_name": "https://example.com"}, "is not a domain name such as example.com"),
        ({"domain_name": "-x.example.com"}, "is not a domain name such as example.com"),
        ({"admin_email": "nobody"}, "The e-mail address 'nobody' is not an address"),
        ({"admin_email": "a@b"}, "The e-mail address 'a@b' is not an address"),
        ({"time_zone": "Mars/Olympus"}, "The time zone 'Mars/Olympus' is not one that Python knows"),
    ],
)
def test_bad_answers_are_refused_in_a_sentence(tmp_path: Path, answers: dict[str, str], sentence: str) -> None:
    done = cookiecutter(tmp_path, answers)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []


def copy_of_this(folder: Path) -> Path:
    """This checkout without .git."""
    for name in tracked("."):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return folder


def test_what_tools_have_left_in_the_template_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """All of it would be rendered: up to the first file with signs of a template in it, or a link to nowhere."""
    source = copy_of_this(tmp_path / "source")
    folder = source / TEMPLATE.name
    (folder / "node_modules" / ".bin").mkdir(parents=True)
    (folder / "node_modules" / ".bin" / "tool").symlink_to("../nowhere")
    (folder / ".venv").mkdir()
    (folder / "rooms" / "__pycache__").mkdir()
    made = tmp_path / "made"
    for template in (source, Path()):
        done = cookiecutter(made, template=template, cwd=source)
        assert done.returncode != 0
        assert "The template folder holds .venv, node_modules, rooms/__pycache__, which are no part" in done.stderr
        assert f"git -C {source} clean -fdX -- '{TEMPLATE.name}'" in done.stderr
        assert "Traceback" not in done.stderr
        assert [path for path in made.iterdir() if not path.name.startswith(".")] == []
    for name in (".venv", "node_modules", "rooms/__pycache__"):
        shutil.rmtree(folder / name)
    assert cookiecutter(made, template=Path(), cwd=source).returncode == 0


def test_copier_writes_the_same_files(tmp_path: Path, nasty_site: Path) -> None:
    """From the same tree, the answers given in its way; only the secret key is `make run`'s to write."""
    given = [argument for name, value in NASTY.items() for argument in ("--data", f"{name}={value}")]
    # A copy without .git: copier takes a repository's last commit, and what is tested is this tree.
    source = copy_of_this(tmp_path / "source")
    # What tools have left there is left there.
    (source / TEMPLATE.name / "node_modules" / "a").mkdir(parents=True)
    (source / TEMPLATE.name / "node_modules" / "a" / "index.js").write_text("<< nothing >>")
    copied = tmp_path / "copied"
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", *given, str(source), str(copied)]
    done = subprocess.run(
        command, env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    template = {str(Path(name).relative_to(TEMPLATE.name)) for name in tracked(TEMPLATE.name)}
    assert files(copied) == template
    for name in template:
        assert (copied / name).read_bytes() == (nasty_site / name).read_bytes(), name


def test_both_generators_ask_the_same() -> None:
    cookiecutter = json.loads((ROOT / "cookiecutter.json").read_text())
    copier = yaml.safe_load((ROOT / "copier.yml").read_text())
    for name, prompt in cookiecutter["__prompts__"].items():
        assert copier[name]["help"] == prompt
    for name, value in cookiecutter["_jinja2_env_vars"].items():
        assert copier["_envops"][name] == value


def test_copier_leaves_out_what_git_ignores() -> None:
    ignored = (TEMPLATE / ".gitignore").read_text().split()
    assert yaml.safe_load((ROOT / "copier.yml").read_text())["_exclude"] == [name.strip("/") for name in ignored]


def by_copier(answers: dict[str, str]) -> tuple[dict[str, str], set[str]]:
    """What copier makes of some answers: all answers with its defaults, and which of them it refuses."""
    asked = yaml.safe_load((ROOT / "copier.yml").read_text())
    options = asked["_envops"]
    environment = SandboxedEnvironment(**options)
    environment.filters["regex_search"] = lambda text, pattern: re.search(pattern, text) and [text]
    given: dict[str, str] = {}
    refused = set()
    for name, question in asked.items():
        if name.startswith("_") or name == "cookiecutter":
            continue
        given[name] = answers.get(name, environment.from_string(question["default"]).render(given))
        if "validator" in question and environment.from_string(question["validator"]).render(given):
            refused.add(name)
    return given, refused


GOOD = {
    "project_name": "A site",
    "project_slug": "a_site",
    "description": "What it is for",
    "domain_name": "example.com",
}
GOOD |= {"admin_email": "a@example.com", "time_zone": "Europe/Berlin"}
WORDS = {
    "project_name": ["", " ", 'O\'Brien "x"', "a\nb", "a\x85b", "a\u2028b", "Überblick", "a\x7f"],
    "description": ["", "a\tb", "fine", "a\x9fb"],
    "project_slug": [
        "json",
        "JSON",
        "class",
        "None",
        "none",
        "yroom",
        "Django",
        "1a",
        "a-b",
        "ä",
        "a_b",
        "a\n",
        "antigravity",
    ],
    "domain_name": [
        "localhost",
        "-x.example.com",
        "x-.example.com",
        "1.2.3.4",
        "EXAMPLE.com",
        "ex\u0131mple.com",
        "a.b\n",
        "a" * 64 + ".de",
    ],
    "admin_email": [
        "a@b",
        "nobody",
        "o'brien@example.com",
        "a b@example.com",
        "a" * 65 + "@example.com",
        "a@example.com\n",
        '"a"@example.com',
    ],
    "time_zone": [
        "Mars/Olympus",
        "UTC",
        "Europe/Berlin",
        "europe/berlin",
        "",
        "US/Eastern",
        "Europe/Berlin\n",
        "Etc/GMT+5",
    ],
}


def test_both_generators_refuse_the_same() -> None:
    """Each answer of its own, and what Python and its time zones know one by one."""
    hook = (ROOT / "hooks" / "pre_gen_project.py").read_text().split("\nnames = ")[0]
    known: dict[str, Any] = {}
    exec(hook.replace("<< cookiecutter|tojson >>", "{}"), known)
    copier = yaml.safe_load((ROOT / "copier.yml").read_text())
    taken = known["TAKEN"] | {module.lower() for module in sys.stdlib_module_names}
    assert taken - set(copier["taken"]["default"].split()) == set()
    assert zoneinfo.available_timezones() - set(copier["time_zones"]["default"].split()) == set()
    differ = []
    asked = list(GOOD)
    for name, answers in WORDS.items():
        for answer in answers:
            given = {**GOOD, name: answer}
            complaint = known["complaint"](*(given[each] for each in asked[:5]), given["time_zone"])
            refused = bool(by_copier(given)[1])
            if refused != bool(complaint):
                differ.append((name, answer, complaint))
    assert differ == []


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Überblick", "ueberblick"),
        ("Straße 7", "strasse_7"),
        ("Ångström-Łódź", "angstroem_lodz"),
        ("Señor Çelik", "senor_celik"),
        ("東京", "my_site"),
        ('O\'Brien "x"', "obrien_x"),
        ("Yroom Site", "yroom_site"),
    ],
)
def test_the_folders_name_follows_the_sites(tmp_path: Path, name: str, slug: str) -> None:
    asked = json.loads((ROOT / "cookiecutter.json").read_text())
    environment = SandboxedEnvironment(**asked["_jinja2_env_vars"])
    assert environment.from_string(asked["project_slug"]).render(cookiecutter={"project_name": name}) == slug
    assert by_copier({"project_name": name})[0]["project_slug"] == slug


def test_no_dependency_may_lend_its_name() -> None:
    taken = (ROOT / "hooks" / "pre_gen_project.py").read_text().lower()
    project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())
    for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        name = re.match(r"[a-z0-9-]+", line)[0].replace("-", "_")  # type: ignore[index]
        assert re.search(rf"\b{name.removeprefix('django_')}\b|\b{name}\b", taken), name


@pytest.mark.parametrize("folder", [ROOT, TEMPLATE], ids=["template", "site"])
def test_a_uv_that_does_not_run_is_one_that_is_lacking(tmp_path: Path, folder: Path) -> None:
    """As pyenv's: it stands on PATH in every folder, and refuses to run where another Python is named."""
    (tmp_path / "Makefile").write_text((folder / "Makefile").read_text() + "\nsaid: tools\n\t@uv --version\n")
    shims, fetched = tmp_path / "shims", tmp_path / ".tools" / "bin"
    programs = {
        fetched / "uv": "echo it runs",
        shims / "uv": "exit 127",
        shims / "node": "exit 0",
        shims / "npm": "exit 0",
    }
    for program, line in programs.items():
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    asked = ["make", f"PYTHON={sys.executable}", "said"]
    # That nothing can be fetched shows that it would be.
    env = {
        **os.environ,
        "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
    }
    assert "it runs" in subprocess.run(asked, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    (fetched / "uv").unlink()
    done = subprocess.run(asked, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert "uv could not be fetched" in done.stderr
