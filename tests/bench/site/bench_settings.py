# mypy: ignore-errors
"""The settings of a generated site, but for what decides who may enter: the other servers ask nobody either."""

import json
import os

from config.settings import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1"]
ASGI_APPLICATION = "bench_asgi.application"
YROOM_SETTINGS = {
    **YROOM_SETTINGS,  # noqa: F405 - the kinds of documents, on which the site insists
    "default": json.loads(os.environ.get("BENCH_SETTINGS", "{}")),
}
