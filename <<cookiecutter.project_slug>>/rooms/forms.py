"""Forms about rooms."""

from typing import Any

from django import forms

from accounts.addresses import INVALID, canonical
from accounts.names import LineFormField, one_line

from .access import GIVEN_ROLES, Role
from .kinds import DEFAULT, KINDS
from .models import Room

CONFLICT = "Somebody else has changed the title meanwhile: it is “%(title)s” now."


class TitleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A room's title, which may be empty.

    `base` is the title that was changed into this one. If the room has another by now, somebody else was faster: their
    title is not overwritten unseen.
    """

    title = LineFormField(
        max_length=200,
        required=False,
        error_messages={"max_length": "A title has at most %(limit_value)d characters."},
    )
    base = LineFormField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Room
        fields = ("title",)

    def clean(self) -> dict[str, Any]:
        """Refuse a title that was made of another than the room's."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        # The instance is given the new title later, by _post_clean().
        now = one_line(self.instance.title)
        if "base" in self.data and "title" in data and now not in (data.get("base"), data["title"]):
            self.add_error(
                "title", forms.ValidationError(CONFLICT, code="conflict", params={"title": now or "Untitled"})
            )
        return data


class NewRoomForm(TitleForm):
    """What kind of document to make, and its title."""

    kind = forms.ChoiceField(
        choices=[(kind.name, kind.label) for kind in KINDS.values()],
        required=False,
        error_messages={"invalid_choice": "There is no such kind of document."},
    )

    def clean_kind(self) -> str:
        """The first one, if none was chosen."""
        return self.cleaned_data["kind"] or DEFAULT.name


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(choices=GIVEN_ROLES, initial=Role.EDITOR)


class InviteForm(RoleForm):
    """Somebody to let in."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        error_messages={"invalid": INVALID},
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
    )
    field_order = ("email", "role")

    def clean_email(self) -> str:
        """The one form of the address."""
        return canonical(self.cleaned_data["email"])
