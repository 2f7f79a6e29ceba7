"""The URLs of history."""

from django.urls import path

from . import views

urlpatterns = [
    path("rooms/<uuid:pk>/history/", views.versions, name="history"),
    path("rooms/<uuid:pk>/history/authors/", views.authors, name="history_authors"),
    path("rooms/<uuid:pk>/history/readers/", views.readers, name="history_readers"),
    path("rooms/<uuid:pk>/history/<int:key>/", views.version, name="history_version"),
    path("rooms/<uuid:pk>/history/<int:key>/brought/", views.brought, name="history_brought"),
    path("rooms/<uuid:pk>/history/<int:key>/erase/", views.erase_version, name="history_erase"),
]
