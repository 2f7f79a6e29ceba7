"""Forms about rooms."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from accounts.addresses import INVALID, canonical
from accounts.names import LineFormField, one_line

from .access import GIVEN_ROLES, Role
from .kinds import DEFAULT, KINDS
from .models import AccessRequest, Audience, Guest, Room

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


class LinkForm(RoleForm):
    """For whom a link is good, as what, and for how long."""

    audience = forms.ChoiceField(choices=Audience.choices)
    # A number of days from now, a time that was given before, or nothing.
    expires = forms.CharField(required=False, max_length=40)

    def clean_expires(self) -> datetime | None:
        """When it ends by itself."""
        value = self.cleaned_data["expires"]
        if not value:
            return None
        if value.isdecimal() and int(value) in DAYS:
            return timezone.now() + timedelta(days=int(value))
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or abs(moment - timezone.now()) > LONGEST:
            raise forms.ValidationError("Choose when the link ends.")
        return moment


# After how many days a link can end by itself.
DAYS: Final = (1, 7, 30, 90)
# No time is further away: the last ones that can be written down cannot be shown in every time zone.
LONGEST: Final = timedelta(days=365 * 100)


class GuestForm(forms.ModelForm):  # type: ignore[type-arg]
    """What somebody without an account goes by."""

    class Meta:
        model = Guest
        fields = ("name",)
        labels = {"name": "Your name"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "nickname"})}


class AskForm(forms.ModelForm):  # type: ignore[type-arg]
    """A few words for the owner of a document."""

    class Meta:
        model = AccessRequest
        fields = ("message",)
        labels = {"message": "A message to its owner, if you like"}
