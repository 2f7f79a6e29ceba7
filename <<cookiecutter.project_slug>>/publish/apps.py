from django.apps import AppConfig


class PublishConfig(AppConfig):
    name = "publish"

    def ready(self) -> None:
        from . import page_data  # noqa: F401
