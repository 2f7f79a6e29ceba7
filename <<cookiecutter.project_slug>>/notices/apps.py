from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import digests, mentions, page  # noqa: F401
        from .of_comments import written  # noqa: F401
