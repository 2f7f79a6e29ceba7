from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "history"

    def ready(self) -> None:
        from . import conf, page, signals  # noqa: F401

        conf.history_settings()  # a slip in them is found as the site starts
        signals.listen()
