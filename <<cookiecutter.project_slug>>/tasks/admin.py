"""Tasks in the admin site: those that wait, and those that have failed, with the last that was wrong.

What a task is called with stays out of it: an e-mail may hold a link that lets whoever reads it into an account.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

# It registers a page of its own, which shows everything.
from django_tasks_db import admin as _theirs  # noqa: F401
from django_tasks_db.models import DBTaskResult, get_date_max

from .runner import try_again

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What nobody edits; what has failed for good can be tried again."""

    list_display = ("task_name", "status", "attempts", "enqueued_at", "next_attempt", "finished_at")
    list_filter = ("status",)
    ordering = ("-enqueued_at",)
    fields = (
        "task_name",
        "status",
        "attempts",
        "enqueued_at",
        "next_attempt",
        "started_at",
        "finished_at",
        "went_wrong",
    )
    readonly_fields = fields
    actions = ("again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DBTaskResult[Any, Any]]:
        tasks: QuerySet[DBTaskResult[Any, Any]] = super().get_queryset(request).defer("args_kwargs")
        return tasks

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_tasks_database.change_dbtaskresult")

    @admin.display(description="Task")
    def task_name(self, task: DBTaskResult[Any, Any]) -> str:
        return task.task_name

    @admin.display(description="Attempts")
    def attempts(self, task: DBTaskResult[Any, Any]) -> int:
        return len(task.worker_ids)

    @admin.display(description="Not before", ordering="run_after")
    def next_attempt(self, task: DBTaskResult[Any, Any]) -> Any:
        return None if task.run_after == get_date_max() else task.run_after

    @admin.display(description="What went wrong last")
    def went_wrong(self, task: DBTaskResult[Any, Any]) -> SafeString | str:
        return format_html("<pre>{}</pre>", task.traceback) if task.traceback else "-"

    @admin.action(description="Try again those that have failed", permissions=["again"])
    def again(self, request: HttpRequest, queryset: QuerySet[DBTaskResult[Any, Any]]) -> None:
        """Have them run as if they were new."""
        messages.success(request, f"{try_again(queryset)} tasks are tried again.")
