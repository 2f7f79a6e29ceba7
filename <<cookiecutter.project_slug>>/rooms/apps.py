from django.apps import AppConfig


class RoomsConfig(AppConfig):
    name = "rooms"

    def ready(self) -> None:
        from . import audit, author_views, checks, first_look, guests, signals  # noqa: F401
