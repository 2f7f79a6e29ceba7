"""The URLs of offline."""

from django.urls import path

from . import views

urlpatterns = [
    # At the top: a service worker serves what lies below its own address.
    path("service-worker.js", views.service_worker, name="offline_worker"),
    path("offline/", views.documents, name="offline_documents"),
    path("offline/set/", views.listed, name="offline_set"),
]
