"""Who is at a task: a process that is killed leaves nothing else by which others could tell. And what is due daily."""

from django.db import models
from django_tasks_db.models import DBTaskResult


class Lease(models.Model):
    """A process is at a task. It renews this as long as it lives."""

    task = models.OneToOneField(DBTaskResult, models.CASCADE, primary_key=True, related_name="lease")
    # By the database's clock, since those of two servers may differ.
    renewed = models.DateTimeField()

    def __str__(self) -> str:
        return f"lease of {self.task_id}"


class Daily(models.Model):
    """Something that is done once a day: see daily.py."""

    name = models.CharField(max_length=200, primary_key=True)
    due = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.due}"
