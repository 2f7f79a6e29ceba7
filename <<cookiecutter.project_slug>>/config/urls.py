"""The site's URLs."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from accounts.entrance import SignupView
from accounts.views import ProfileView, healthz

# The admin site's own login form would let people pass without their second factor, and guess passwords without end.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "config.failures.failed"

urlpatterns = [
    path("", include("rooms.urls")),
    path("", include("comments.urls")),
    path("", include("history.urls")),
    path("", include("leaving.urls")),
    path("", include("notices.urls")),
    path("", include("offline.urls")),
    path("", include("publish.urls")),
    path("", include("welcome.urls")),
    path("accounts/profile/", ProfileView.as_view(), name="account_profile"),
    path("accounts/signup/", SignupView.as_view(), name="account_signup"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
]
