"""How long browsers keep files, and how often the server looks for them."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import RequestFactory
from whitenoise.compress import Compressor  # type: ignore[import-untyped]
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

from rooms.views import built_scripts, first_load

FOR_EVER = ["editor/chunks/chunk-5K2ADTIB.js", "editor/chunks/bash-HMPADJDA.js", "site.0123456789ab.css"]
FOR_A_MINUTE = [
    "site.css",
    "editor/editor.js",
    "editor/site.js",
    "editor/chunks/chunk-short.js",
    "editor/chunk-5K2ADTIB.css",
]


@pytest.mark.parametrize("name", FOR_EVER + FOR_A_MINUTE)
def test_what_has_a_hash_in_its_name_is_kept_for_ever(settings: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("content")
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    whitenoise: Any = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
    response = whitenoise(RequestFactory().get(f"/static/{name}"))
    assert response.status_code == 200
    assert ("immutable" in response["Cache-Control"]) == (name in FOR_EVER)


def test_files_are_compressed_as_well_as_browsers_can_read(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "site.js"
    file.write_text("// " + "many words, and the same again; " * 100)
    Compressor(quiet=True).compress(str(file))
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    whitenoise: Any = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
    for accepted, encoding in {"gzip, deflate, br": "br", "gzip, deflate": "gzip", "identity": None}.items():
        response = whitenoise(RequestFactory().get("/static/site.js", headers={"Accept-Encoding": accepted}))
        assert response.get("Content-Encoding") == encoding


def test_scripts_are_looked_up_once(settings: Any, tmp_path: Path) -> None:
    """But in debug mode, where they may be built anew meanwhile, for each page."""
    listed = tmp_path / "editor" / "first-load.json"
    listed.parent.mkdir()
    listed.write_text('{"text": ["editor/chunks/a.js"]}')
    settings.STATICFILES_DIRS = [tmp_path]
    get_finder: Any = finders.get_finder
    built_scripts.cache_clear()
    get_finder.cache_clear()
    try:
        assert first_load("text") == ["/static/editor/chunks/a.js"]
        listed.write_text('{"text": ["editor/chunks/b.js"]}')
        assert first_load("text") == ["/static/editor/chunks/a.js"]
        assert first_load("unheard-of") == []
        settings.DEBUG = True
        assert first_load("text") == ["/static/editor/chunks/b.js"]
    finally:
        built_scripts.cache_clear()
        get_finder.cache_clear()
