"""The URLs of comments."""

from django.urls import path

from . import views

urlpatterns = [
    path("rooms/<uuid:pk>/comments/", views.comments, name="comments"),
    path("rooms/<uuid:pk>/comments/viewers/", views.viewers, name="comments_viewers"),
    path("rooms/<uuid:pk>/comments/places/", views.places, name="comments_places"),
    path("rooms/<uuid:pk>/comments/thread/<uuid:key>/", views.thread, name="comments_thread"),
    path("rooms/<uuid:pk>/comments/thread/<uuid:key>/resolve/", views.resolve, name="comments_resolve"),
    path("rooms/<uuid:pk>/comments/<uuid:key>/", views.edit, name="comments_edit"),
    path("rooms/<uuid:pk>/comments/<uuid:key>/delete/", views.delete, name="comments_delete"),
]
