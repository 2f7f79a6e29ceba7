"""Damaged rooms in the admin site: what is wrong with them, what can be had of them, and what was set aside."""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from .document import YroomDocument
from .exceptions import YroomTimeout
from .models import DamagedRoom, DamagedRow
from .store import repair


def tell_worker(request: HttpRequest, room: str) -> None:
    """Have a room opened again at once."""
    try:
        async_to_sync(YroomDocument(room).repaired)()
    except YroomTimeout:
        messages.warning(request, f"{room}: no worker answered. People get in again within a minute after one is up.")


class KeptAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the engine writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DamagedRoom)
class DamagedRoomAdmin(KeptAdmin):
    list_display = ("room", "reason", "found")
    search_fields = ("room",)
    ordering = ("-found",)
    fields = ("room", "reason", "found", "what_is_stored")
    actions = ("restore",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("yroom.change_damagedroom")

    @admin.display(description="What is stored")
    def what_is_stored(self, damaged: DamagedRoom) -> SafeString:
        findings = repair.check(damaged.room)
        lines = [f"{len(findings.rows) - len(findings.damaged)} of {len(findings.rows)} rows can be used."]
        lines += [f"{row}: {len(row.data)} bytes, set aside by restoring: {reason}" for row, reason in findings.damaged]
        if findings.waiting:
            lines.append(f"{len(findings.waiting)} rows were written on top of something missing and wait for it.")
        if findings.unfit:
            lines.append(f"Together they cannot be served: {findings.unfit}")
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))

    @admin.action(description="Restore the last good state", permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: QuerySet[DamagedRoom]) -> None:
        """Set damaged rows aside and let people in again."""
        for room in queryset.values_list("room", flat=True):
            findings = repair.repair(room)
            kept = len(findings.rows) - len(findings.damaged)
            text = f"{room}: {kept} of {len(findings.rows)} rows are used, {len(findings.damaged)} were set aside"
            if findings.waiting:
                text += f"; {len(findings.waiting)} of those used wait for something that is missing"
            if findings.unfit:
                messages.error(request, f"{room} still cannot be served: {findings.unfit}")
            else:
                messages.success(request, f"{text}.")
            tell_worker(request, room)


@admin.register(DamagedRow)
class DamagedRowAdmin(KeptAdmin):
    list_display = ("__str__", "room", "size", "reason", "set_aside")
    search_fields = ("room",)
    ordering = ("-set_aside",)
    fields = ("room", "sequence", "size", "checksum", "user", "created", "reason", "set_aside")
    actions = ("put_back",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DamagedRow]:
        rows: QuerySet[DamagedRow] = super().get_queryset(request)
        return rows.defer("data").annotate(size=Length("data"))

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("yroom.change_damagedrow")

    @admin.display(ordering="size")
    def size(self, row: Any) -> int:
        size: int = row.size
        return size

    @admin.action(description="Put back into the document as they are, if they can be read", permissions=["restore"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[DamagedRow]) -> None:
        """Use rows that only their checksum speaks against, or that a newer version can read."""
        for row in queryset:
            try:
                repair.put_back(row)
            except ValueError as error:
                messages.error(request, f"{row} cannot be used: {error}")
            else:
                messages.success(request, f"{row} is part of the document again.")
                tell_worker(request, row.room)
