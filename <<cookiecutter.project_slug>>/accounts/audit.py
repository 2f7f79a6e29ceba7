"""The log of what matters to security: logins that failed, lockouts, and changes of who may do what.

One line an event, on the logger "audit": what happened, to whom, by whom, and from where. Values are written so that
none can begin a line of its own.
"""

import logging
from typing import Any

from allauth.account import signals as account
from allauth.core import context
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from .models import User

logger = logging.getLogger("audit")

# Changes of these are changes of rights.
RIGHTS = ("is_active", "is_staff", "is_superuser", "email")


def note(event: str, **details: object) -> None:
    """Log an event with what is known about it."""
    request: HttpRequest | None = context.request
    if request is not None:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            details.setdefault("by", user.pk)
        details["address"] = _client(request)
    logger.info("%s %s", event, " ".join(f"{key}={_safe(value)}" for key, value in details.items()))


def _client(request: HttpRequest) -> str:
    from allauth.account.adapter import get_adapter

    return str(get_adapter().get_client_ip(request))


def _safe(value: object) -> str:
    """A value without spaces or controls that could pass for more than itself, and of bounded length."""
    text = str(value)[:200]
    return text if text.isascii() and text.isprintable() and " " not in text and text else ascii(text)


@receiver(auth.user_login_failed)
def login_failed(credentials: dict[str, Any], **_: Any) -> None:
    """A wrong password, or an unknown address."""
    note("login failed", login=credentials.get("email") or credentials.get("username") or "")


@receiver(mfa.authentication_failed)
def second_factor_failed(user: User, **_: Any) -> None:
    """A wrong code."""
    note("second factor failed", user=user.pk)


@receiver(auth.user_logged_in)
def logged_in(user: User, **_: Any) -> None:
    """Somebody has logged in."""
    note("login", user=user.pk)


def _account_event(event: str) -> Any:
    def tell(user: User, **_: Any) -> None:
        note(event, user=user.pk)

    return tell


# Kept here, since signals hold their receivers weakly.
_TOLD = [
    (account.password_changed, _account_event("password changed")),
    (account.password_set, _account_event("password set")),
    (account.password_reset, _account_event("password reset")),
    (account.email_changed, _account_event("primary address changed")),
    (account.email_added, _account_event("address added")),
    (account.email_removed, _account_event("address removed")),
    (account.email_verification_code_rejected, _account_event("wrong code for an address")),
    (mfa.authenticator_added, _account_event("second factor added")),
    (mfa.authenticator_removed, _account_event("second factor removed")),
    (mfa.authenticator_reset, _account_event("recovery codes made anew")),
]
for _signal, _receiver in _TOLD:
    _signal.connect(_receiver)


@receiver(pre_save, sender=User)
def remember_rights(instance: User, update_fields: frozenset[str] | None, **_: Any) -> None:
    """What a user may do before it is changed."""
    touched = update_fields is None or bool(update_fields & set(RIGHTS))
    before = User.objects.filter(pk=instance.pk).values(*RIGHTS).first() if instance.pk and touched else None
    instance.rights_before = before  # type: ignore[attr-defined]


@receiver(post_save, sender=User)
def rights_changed(instance: User, created: bool, **_: Any) -> None:
    """What a user may do after it is changed."""
    before = getattr(instance, "rights_before", None)
    if created:
        note("user created", user=instance.pk, staff=instance.is_staff, superuser=instance.is_superuser)
    elif before is not None:
        now = {name: getattr(instance, name) for name in RIGHTS}
        changes = {name: f"{before[name]}->{now[name]}" for name in RIGHTS if before[name] != now[name]}
        if changes:
            note("rights changed", user=instance.pk, **changes)


@receiver(post_delete, sender=User)
def user_deleted(instance: User, **_: Any) -> None:
    """An account is gone."""
    note("user deleted", user=instance.pk)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
def groups_changed(instance: Any, action: str, model: Any, pk_set: set[int] | None, **_: Any) -> None:
    """Groups or permissions were given or taken away."""
    if action.startswith("post_"):
        keys = ",".join(map(str, sorted(pk_set or ())))
        note(
            f"rights {action.removeprefix('post_')}",
            to=f"{instance._meta.model_name}:{instance.pk}",
            **{model._meta.model_name: keys},
        )
