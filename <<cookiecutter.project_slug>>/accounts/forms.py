"""Forms about people."""

from typing import Any

from django import forms
from django.http import HttpRequest

from .models import User
from .names import LineFormField, check_visible


class SignupForm(forms.Form):
    """What allauth's sign-up form asks for besides an e-mail address and a password."""

    name = LineFormField(
        max_length=100,
        validators=[check_visible],
        label="Your name",
        help_text="Others see it beside your caret.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order: Any = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth with the new user."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What people may change about themselves."""

    class Meta:
        model = User
        fields = ("name",)
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name", "required": True})}

    def clean_name(self) -> str:
        """A name once given cannot be taken away."""
        name: str = self.cleaned_data["name"]
        if not name:
            raise forms.ValidationError("Please enter a name that others can see.")
        return name
