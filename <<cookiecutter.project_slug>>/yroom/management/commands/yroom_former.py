"""What rooms were before they were brought up to a newer schema: `python manage.py yroom_former`."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Max, Sum
from django.db.models.functions import Length
from django.utils import timezone

from yroom.models import FormerRow


class Command(BaseCommand):
    help = "Lists the rooms of which an older schema's state is kept, each with when it was replaced and its bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, default=0, help="only those replaced at least so many days ago")
        parser.add_argument("--delete", action="store_true", help="delete these states for good")

    def handle(self, *args: Any, days: float, delete: bool, **options: Any) -> None:
        rows = FormerRow.objects.filter(replaced__lte=timezone.now() - timedelta(days=days))
        sizes = rows.annotate(size=Length("data")).values_list("room")
        for room, replaced, size in sizes.annotate(Max("replaced"), Sum("size")).order_by("room"):
            self.stdout.write(f"{room}\t{replaced:%Y-%m-%d %H:%M}\t{size}")
        if delete:
            self.stdout.write(f"deleted {rows.delete()[0]} rows")
