"""The URLs of leaving."""

from django.urls import path

from . import views

urlpatterns = [
    path("accounts/leaving/", views.leaving, name="leaving"),
    path("accounts/leaving/export/", views.export, name="leaving_export"),
    path("accounts/leaving/delete/", views.delete, name="leaving_delete"),
]
