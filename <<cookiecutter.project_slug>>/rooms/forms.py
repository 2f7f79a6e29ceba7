"""Forms about rooms."""

from django import forms

from .models import GIVEN_ROLES, Role, Room


class TitleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A room's title, which may be empty."""

    class Meta:
        model = Room
        fields = ("title",)
        error_messages = {"title": {"max_length": "A title has at most %(limit_value)d characters."}}

    def clean_title(self) -> str:
        """A title is one line."""
        return " ".join(self.cleaned_data["title"].split())


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(choices=GIVEN_ROLES, initial=Role.EDITOR)


class InviteForm(RoleForm):
    """Somebody to let in."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
    )
    field_order = ("email", "role")

    def clean_email(self) -> str:
        """Addresses are compared without regard to case."""
        email: str = self.cleaned_data["email"].lower()
        return email
