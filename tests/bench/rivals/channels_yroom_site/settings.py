# mypy: ignore-errors
"""A site with channels-yroom, as its documentation has it."""

import os

SECRET_KEY = "not a secret"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "asgi"
USE_TZ = True
INSTALLED_APPS = ["channels", "channels_yroom"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_DATABASE"]}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "capacity": 100_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
