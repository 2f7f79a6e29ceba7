"""Links that log one in as the demo's people: in debug mode, and only those that `manage.py demo` has printed."""

from typing import Final

from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from rooms.models import Room

from .document import TITLE

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
_signer = signing.Signer(salt="welcome.demo")


def demo_path(user: User) -> str:
    """The path that logs one in as this user."""
    return reverse("welcome_demo", args=[_signer.sign(str(user.pk))])


@require_GET
def enter(request: HttpRequest, signed: str) -> HttpResponse:
    """Log in, and go to the document that shows what there is, as long as it is there."""
    if not settings.DEBUG:
        raise Http404
    try:
        user = User.objects.get(pk=_signer.unsign(signed), is_active=True)
    except (signing.BadSignature, User.DoesNotExist):
        raise Http404("This link is not of this site. Start the demo again, and take the one that it prints.") from None
    if request.user != user:
        login(request, user, BACKEND)
    room = Room.objects.open_to(user.pk).filter(title=TITLE).order_by("created").first()
    return redirect(room or "dashboard")
