from django.apps import AppConfig


class YroomConfig(AppConfig):
    name = "yroom"
    verbose_name = "Collaboration"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401
