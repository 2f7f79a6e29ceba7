"""The URLs of notices."""

from django.urls import path

from . import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="notices_read"),
    path("notices/unread/", views.unread, name="notices_unread"),
    path("notices/mail/", views.change_mail, name="notices_mail"),
    path("rooms/<uuid:pk>/people/", views.people, name="notices_people"),
    path("rooms/<uuid:pk>/named/", views.named, name="notices_named"),
    path("notices/<int:key>/", views.open_notice, name="notice"),
    path("notices/stop/<str:token>/", views.stop, name="notices_stop"),
]
