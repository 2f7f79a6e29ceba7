"""The site's URLs."""

from django.contrib import admin
from django.urls import include, path

from accounts.views import ProfileView, healthz

urlpatterns = [
    path("", include("rooms.urls")),
    path("accounts/profile/", ProfileView.as_view(), name="account_profile"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
]
