from importlib import import_module

from django.apps import AppConfig, apps


class NoticesConfig(AppConfig):
    name = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import digests, mentions, of_rooms, page  # noqa: F401

        if apps.is_installed("comments"):
            import_module("notices.of_comments")
