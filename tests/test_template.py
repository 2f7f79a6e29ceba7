"""What the generators make of the answers, and what they refuse."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "<<cookiecutter.project_slug>>"
NASTY = 'O\'Brien "x" \\ é'


def tracked() -> set[str]:
    """The template's files, as git knows them, below its folder."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."],
        cwd=TEMPLATE, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {name for name in done.stdout.split("\0") if name and (TEMPLATE / name).exists()}


def generate(folder: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter as people do."""
    extra = [f"{name}={value}" for name, value in answers.items()]
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", "-o", str(folder), *extra]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a nasty name."""
    folder = tmp_path_factory.mktemp("generated")
    done = generate(folder, project_name=NASTY, project_slug="nasty")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("    cd nasty\n    make run\n\n")
    return folder / "nasty"


def test_no_delimiter_is_left(site: Path) -> None:
    for name in tracked() - {"uv.lock", "package-lock.json"}:
        content = (site / name).read_bytes()
        if b"\0" not in content:
            assert not re.search(rb"<<|<%|<#|%>", content), name


def test_the_generated_files_parse(site: Path) -> None:
    assert json.loads((site / "app.json").read_text())["name"] == NASTY
    tomllib.loads((site / "pyproject.toml").read_text())


def test_the_secret_key_is_private_and_new(site: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    env = site / ".env"
    assert env.stat().st_mode & 0o777 == 0o600
    assert env.read_text() != (tmp_path / "yroom_site" / ".env").read_text()


def test_copier_makes_the_same_files(site: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    subprocess.run([*command, "-d", f"project_name={NASTY}", str(ROOT), str(tmp_path / "site")], check=True)
    for name in tracked():
        assert (tmp_path / "site" / name).read_bytes() == (site / name).read_bytes(), name


def test_both_generators_ask_the_same() -> None:
    cookiecutter = json.loads((ROOT / "cookiecutter.json").read_text())
    copier = yaml.safe_load((ROOT / "copier.yml").read_text())
    for name, prompt in cookiecutter["__prompts__"].items():
        assert copier[name]["help"] == prompt
    for name, value in cookiecutter["_jinja2_env_vars"].items():
        assert copier["_envops"][name] == value


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        ("project_name", "two\nlines", "one line of text"),
        ("project_slug", "a-b", "not a Python identifier"),
        ("project_slug", "class", "not a Python identifier"),
        ("project_slug", "json", "standard library"),
        ("project_slug", "Django", "a package which the site uses"),
        ("project_slug", "yroom", "a package which the site uses"),
        ("description", "a\x07b", "one line of text"),
        ("domain_name", "nodot", "not a domain name"),
        ("domain_name", "127.0.0.1", "not a domain name"),
        ("domain_name", "a_b.example.com", "not a domain name"),
        ("admin_email", "nobody", "not an address"),
        ("time_zone", "Mars/Olympus", "not one that Python knows"),
    ],
)
def test_answers_that_cannot_work_are_refused(tmp_path: Path, question: str, answer: str, sentence: str) -> None:
    done = generate(tmp_path, **{question: answer})
    assert done.returncode != 0
    assert sentence in done.stderr.splitlines()[0] + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_no_dependency_may_lend_its_name() -> None:
    taken = (ROOT / "hooks" / "pre_gen_project.py").read_text().lower()
    project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())
    for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        name = re.match(r"[a-z0-9-]+", line)[0].replace("-", "_")  # type: ignore[index]
        assert re.search(rf"\b{name.removeprefix('django_')}\b|\b{name}\b", taken), name


def test_the_top_level_holds_no_more() -> None:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    names = {name.split("/")[0] for name in done.stdout.split("\0") if name}
    assert {name for name in names if not name.startswith(".")} == {
        "<<cookiecutter.project_slug>>", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
        "cookiecutter.json", "copier.yml", "hooks", "pyproject.toml", "tests", "uv.lock",
    }  # fmt: skip
