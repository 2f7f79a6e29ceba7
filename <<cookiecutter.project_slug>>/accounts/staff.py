"""Staff and their second factor: the administration is open to nobody who has only a password."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

NEEDED = (
    "The administration needs a second factor beside your password. Switch it on here, then open the administration "
    "again."
)


def lacks_factor(request: HttpRequest) -> bool:
    """Whether somebody would be let into the administration, had they a second factor."""
    user = request.user
    is_staff = user.is_active and user.is_staff
    return bool(settings.STAFF_NEED_SECOND_FACTOR and is_staff and not is_mfa_enabled(user))


class Administration(admin.AdminSite):
    """The administration, for staff with a second factor."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask with every page: a factor may be switched off again."""
        return super().has_permission(request) and not lacks_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Lead who has none to where one is switched on."""
        if lacks_factor(request):
            messages.warning(request, NEEDED)
            return redirect("mfa_activate_totp")
        return super().login(request, extra_context)
