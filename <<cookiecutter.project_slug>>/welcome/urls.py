"""The URLs of the first minute."""

from django.urls import path

from . import views

urlpatterns = [path("demo/<str:signed>/", views.enter, name="welcome_demo")]
