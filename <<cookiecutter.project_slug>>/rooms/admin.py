"""Rooms in the admin site."""

from typing import ClassVar

from django.contrib import admin

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
    list_display = ("__str__", "owner", "updated", "trashed_at")
    list_filter = ("updated", "trashed_at")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email")
    autocomplete_fields = ("owner",)
    readonly_fields = ("id", "created")
    inlines: ClassVar = [MembershipInline, InvitationInline]
