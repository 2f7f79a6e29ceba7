"""Runs tasks alone: `python manage.py db_worker`, instead of the command that django-tasks-db has under this name."""

import logging
import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from tasks.runner import Runner

logger = logging.getLogger("tasks")

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Command(BaseCommand):
    help = "Runs background tasks, such as sending e-mails. SIGTERM, SIGINT and SIGHUP let the one under way end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="run what waits now, and end")

    def handle(self, *args: Any, batch: bool, **options: Any) -> None:
        runner = Runner()

        def stop(number: int, frame: FrameType | None) -> None:
            logger.info("received %s: the task under way is the last", signal.Signals(number).name)
            runner.stop()

        for each in SIGNALS:
            signal.signal(each, stop)
        logger.info("tasks are run from now on")
        if batch:
            runner.run_waiting()
        else:
            runner.run()
        logger.info("tasks are run no more")
