"""The URLs of rooms."""

from django.urls import path

from . import author_views, sharing_views, views
from .models import Invitation, Membership

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("rooms/new/", views.new, name="room_new"),
    path("rooms/trash/", views.trash, name="trash"),
    path("rooms/open/", views.open_rooms, name="rooms_open"),
    path("rooms/<uuid:pk>/", views.room, name="room"),
    path("rooms/<uuid:pk>/rename/", views.rename, name="room_rename"),
    path("rooms/<uuid:pk>/members/", views.members, name="room_members"),
    path(
        "rooms/<uuid:pk>/members/member/<int:key>/",
        views.change_member,
        {"model": Membership},
        name="room_member",
    ),
    path(
        "rooms/<uuid:pk>/members/invitation/<int:key>/",
        views.change_member,
        {"model": Invitation},
        name="room_invitation",
    ),
    path("rooms/<uuid:pk>/invitation/", views.answer_invitation, name="room_invitation_answer"),
    path("rooms/<uuid:pk>/sharing/", sharing_views.share, name="room_sharing"),
    path("rooms/<uuid:pk>/sharing/link/", sharing_views.change_link, name="room_link_settings"),
    path("rooms/<uuid:pk>/sharing/arrival/<int:key>/", sharing_views.put_out, name="room_arrival"),
    path("rooms/<uuid:pk>/link/", sharing_views.come_by_link, name="room_link"),
    path("rooms/<uuid:pk>/ask/", sharing_views.ask, name="room_ask"),
    path("rooms/<uuid:pk>/requests/<int:key>/", sharing_views.answer_request, name="room_request"),
    path("rooms/<uuid:pk>/offline/", views.bring_offline, name="room_offline"),
    path("rooms/<uuid:pk>/authors/", author_views.authors, name="room_authors"),
    path("rooms/<uuid:pk>/authors/undone/", author_views.undone, name="room_undone"),
    path("rooms/<uuid:pk>/duplicate/", views.duplicate, name="room_duplicate"),
    path("rooms/<uuid:pk>/leave/", views.leave, name="room_leave"),
    path("rooms/<uuid:pk>/trash/", views.trash_room, name="room_trash"),
    path("rooms/<uuid:pk>/restore/", views.restore, name="room_restore"),
    path("rooms/<uuid:pk>/delete/", views.delete, name="room_delete"),
]
