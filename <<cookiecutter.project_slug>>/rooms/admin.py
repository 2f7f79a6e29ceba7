"""Rooms in the admin site."""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from . import actions
from .models import Invitation, Membership, Room


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    autocomplete_fields = ("user",)
    extra = 0


class InvitationInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Invitation
    extra = 0


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "kind", "owner", "updated", "trashed_at")
    list_filter = ("kind", "updated", "trashed_at")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email")
    autocomplete_fields = ("owner",)
    readonly_fields = ("id", "kind", "created")
    inlines: ClassVar = [MembershipInline, InvitationInline]

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        """Write what was changed, and only that."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        fields = set(form.changed_data)
        if "title" in fields:
            actions.rename(None, obj.pk, obj.title, partial(self._renamed, request))
        if fields - {"title"}:
            actions.change_room(obj, fields - {"title"})

    def _renamed(self, request: HttpRequest, done: bool) -> None:
        if not done:
            self.message_user(request, actions.NOT_RENAMED, messages.ERROR)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write what was changed on the lists of people."""
        for entry in formset.save(commit=False):
            actions.put(entry)
        for entry in formset.deleted_objects:
            actions.remove(None, entry.room_id, type(entry), entry.pk)

    def delete_model(self, request: HttpRequest, obj: Room) -> None:
        """Delete a room for good."""
        actions.delete(None, obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Delete rooms for good."""
        for key in list(queryset.values_list("pk", flat=True)):
            actions.delete(None, key)
