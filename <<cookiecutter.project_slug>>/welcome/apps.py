from django.apps import AppConfig


class WelcomeConfig(AppConfig):
    name = "welcome"

    def ready(self) -> None:
        from . import signals  # noqa: F401
