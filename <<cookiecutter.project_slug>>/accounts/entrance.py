"""The forms and pages by which people come in, where allauth's own are not enough.

They stand apart from forms.py, from which allauth builds the forms they extend.
"""

from typing import Any

from allauth.account import forms, views
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from .adapter import MailError
from .addresses import INVALID, canonical, canonical_or_same, check_local


def ask_for_address(field: Any) -> None:
    """Have a field of allauth's say what all pages say, and take only what this site can write to."""
    field.label = "E-mail address"
    say_once(field)
    field.error_messages["invalid"] = INVALID
    field.validators.append(check_local)


def say_once(field: Any) -> None:
    """What stands above the field need not stand in it too."""
    field.widget.attrs.pop("placeholder", None)


class LoginForm(forms.LoginForm):  # type: ignore[misc]
    """Logging in with an address, in whichever form it is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["login"])
        say_once(self.fields["password"])
        self.fields["remember"].label = "Keep me signed in on this device"

    def clean_login(self) -> str:
        """The one form of the address."""
        return canonical_or_same(self.cleaned_data["login"].strip())


class ChangePasswordForm(forms.ChangePasswordForm):  # type: ignore[misc]
    """A new password for one's account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": "Current password", "password1": "New password", "password2": "New password again"}
        for name, label in labels.items():
            self.fields[name].label = label
            say_once(self.fields[name])


class ResetPasswordForm(forms.ResetPasswordForm):  # type: ignore[misc]
    """Asking for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])

    def clean_email(self) -> str:
        """The one form of the address: allauth would write to the one that was typed, which may only look like it."""
        self.cleaned_data["email"] = canonical(self.cleaned_data["email"])
        return str(super().clean_email())


class AddAddressForm(forms.AddEmailForm):  # type: ignore[misc]
    """One more address for one's account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])


class NewAccountForm(forms.SignupForm):  # type: ignore[misc]
    """Signing up takes as long with a known address as with a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])
        say_once(self.fields["password1"])

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account; where there is one, take the time that a new one's password takes."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class SignupView(views.SignupView):  # type: ignore[misc]
    """Signing up, which leaves nothing behind if the code cannot be sent."""

    user = None

    def form_valid(self, form: Any) -> Any:
        """Make the account and send the code."""
        try:
            return super().form_valid(form)
        except MailError as error:
            if self.user is not None:
                self.user.delete()
            # It holds a login that waits for the code.
            self.request.session.flush()
            form.add_error("email", str(error))
            return self.form_invalid(form)
