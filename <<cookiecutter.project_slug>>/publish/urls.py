"""The URLs of public pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("p/<str:token>/", views.public_page, name="public_page"),
    path("rooms/<uuid:pk>/publish/", views.publish, name="publish"),
]
