"""Tasks that are run where they are begun, those for later too."""

from typing import TYPE_CHECKING

import django

if TYPE_CHECKING or django.VERSION >= (6, 0):
    from django.tasks.backends.immediate import ImmediateBackend as Immediate
else:
    from django_tasks.backends.immediate import ImmediateBackend as Immediate


class Backend(Immediate):
    """Knows no later."""

    supports_defer = True
