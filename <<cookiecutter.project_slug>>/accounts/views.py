"""Pages about oneself that allauth does not have, and the one that says the site is up."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import UpdateView

from .forms import ProfileForm
from .models import User


class ProfileView(LoginRequiredMixin, SuccessMessageMixin, UpdateView):  # type: ignore[type-arg]
    """One's own name."""

    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("account_profile")
    success_message = "Your name has been changed."

    def get_object(self, queryset: Any = None) -> User:
        """Oneself."""
        # A copy: the page's header goes on showing the stored name while the form shows its errors.
        return User.objects.get(email=self.request.user.email)  # type: ignore[union-attr]


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while this process serves and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
