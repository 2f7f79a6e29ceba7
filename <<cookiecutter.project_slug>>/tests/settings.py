"""The site's settings for tests: production's, whatever .env says, but for what takes long or needs a build."""

from config.env import Environment

Environment.model_config["env_file"] = None

from config.settings import *  # noqa: E402, F403
from config.settings import STORAGES  # noqa: E402

SECRET_KEY = "only for tests"
SECURE_SSL_REDIRECT = False
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# What collectstatic has left would be looked through anew for each browser of a test: twenty times what its page takes.
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = False  # type: ignore[assignment]
# Whatever was answered when the site was generated.
SITE_URL = "https://example.com"
# A task is run where it is begun; tests/test_tasks.py is about those that wait.
TASKS = {"default": {"BACKEND": "tests.immediate.Backend"}}
PUBLIC_PAGES = True
# Whoever tests the administration needs no code for it; tests/accounts/test_staff.py is about that.
STAFF_NEED_SECOND_FACTOR = False
DEFAULT_FROM_EMAIL = SERVER_EMAIL = "admin@example.com"
