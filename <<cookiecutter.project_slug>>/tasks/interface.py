"""Django's interface for tasks, wherever it is: Django 6 has it, for Django 5.2 there is a package of the same."""

from typing import TYPE_CHECKING

import django

if TYPE_CHECKING or django.VERSION >= (6, 0):
    from django.tasks import TaskContext, TaskResultStatus, task, task_backends
    from django.tasks.signals import task_enqueued, task_finished, task_started
else:
    from django_tasks import TaskContext, TaskResultStatus, task, task_backends
    from django_tasks.signals import task_enqueued, task_finished, task_started

__all__ = [
    "TaskContext",
    "TaskResultStatus",
    "task",
    "task_backends",
    "task_enqueued",
    "task_finished",
    "task_started",
]
