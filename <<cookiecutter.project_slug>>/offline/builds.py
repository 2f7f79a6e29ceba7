"""The files that pages of the editor consist of, and the name of the build that they are of.

Two builds never have the same name, and a page says of which it is: so a browser can keep pages and files that belong
together, and never shows a page with files of another build.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from accounts.models import User

# What a page loads that is not the editor's; and what the build writes beside that, which no page loads.
OTHERS: Final = ("site.css", "favicon.svg")
NOT_LOADED: Final = ("first-load.json", "service-worker.js", "no-worker.js")


class Build(NamedTuple):
    """What was built at one time."""

    name: str
    urls: list[str]


def current() -> Build:
    """The build that pages are made with now: looked up once, but in debug mode, where there may be another by now."""
    if settings.DEBUG:
        _current.cache_clear()
    return _current()


@cache
def _current() -> Build:
    files = {name: Path(found) for name in OTHERS if (found := finders.find(name))}
    entry = finders.find("editor/editor.js")
    if entry:
        root = Path(entry).parent
        paths = (path for path in root.rglob("*") if path.is_file() and path.name not in NOT_LOADED)
        files |= {f"{root.name}/{path.relative_to(root).as_posix()}": path for path in paths}
    digest = sha256()
    for name, path in sorted(files.items()):
        status = path.stat()
        # In debug mode names say nothing of what is in a file, and pages ask too often to read it all.
        known = f"{status.st_size} {status.st_mtime_ns}" if settings.DEBUG else sha256(path.read_bytes()).hexdigest()
        digest.update(f"{name} {known}\n".encode())
    return Build(digest.hexdigest()[:16], [_url(name) for name in sorted(files)])


def set_of(user: User, build: str) -> str:
    """What a browser calls the set of this person's pages that are of this build."""
    return f"{user.pk} {build}"


def _url(name: str) -> str:
    # These go by the names that the entry imports them by, which hold a hash of their own.
    return f"{settings.STATIC_URL}{name}" if name.startswith("editor/chunks/") else static(name)
