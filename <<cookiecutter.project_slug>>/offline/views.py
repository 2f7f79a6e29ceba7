"""The service worker, what it keeps, and the page that it shows in place of the dashboard."""

import json
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from rooms.decorators import UserRequest

from .builds import current, set_of

SCRIPTS = {True: "editor/service-worker.js", False: "editor/no-worker.js"}


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, with this site's addresses; where the feature is switched off, one that takes itself away."""
    found = finders.find(SCRIPTS[settings.OFFLINE])
    site = {
        "patience": settings.OFFLINE_PATIENCE * 1000,
        "most": settings.OFFLINE_DOCUMENTS,
        "static": settings.STATIC_URL,
        "dashboard": reverse("dashboard"),
        "documents": reverse("offline_documents"),
        "set": reverse("offline_set"),
        "open": reverse("rooms_open"),
        "signOuts": [reverse("account_logout"), reverse("admin:logout")],
    }
    script = Path(found).read_text() if found else ""
    # Browsers look for another one at most pages, and must not find one in a cache.
    headers = {"Cache-Control": "no-cache"}
    return HttpResponse(f"const SITE = {json.dumps(site)};\n{script}", "text/javascript", headers=headers)


@require_GET
@login_required
def listed(request: UserRequest) -> JsonResponse:
    """Whose pages a browser may keep now, and of which files they consist."""
    build = current()
    return JsonResponse({"of": set_of(request.user, build.name), "files": build.urls})


@require_GET
@login_required
def documents(request: UserRequest) -> HttpResponse:
    """The documents on this device, which only the device knows: shown where the dashboard cannot be reached."""
    return render(request, "offline/documents.html")
