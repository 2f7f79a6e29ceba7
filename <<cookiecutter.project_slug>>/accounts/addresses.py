"""One form for each e-mail address: what is stored, compared and written to.

Letters that look alike, or that a database takes for each other, must never let one person in as another: PostgreSQL's
UPPER makes a dotless i an I, Python's lower() a Kelvin sign a k. So an address is stored in the one form in which it
also goes out to the mail server, plain ASCII in lower case, and compared character by character.
"""

import re
from typing import Any, ClassVar

import idna
from django.core.exceptions import ValidationError
from django.db import models

# What may stand before the @. Quotes would let in blanks and controls, and write one mailbox in many ways.
WORD = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"{WORD}(\.{WORD})*", re.ASCII | re.IGNORECASE)
# https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1; what is longer no mail server takes, and no column holds.
LONGEST_LOCAL, LONGEST = 64, 254
INVALID = "Enter a valid e-mail address."


def check_local(address: str) -> None:
    """Refuse what stands before the @ of an address if it is not in one form but for its case.

    For fields too: allauth turns what was typed to lower case before it asks for the one form.
    """
    local, at, _ = address.strip().rpartition("@")
    if at and LOCAL.fullmatch(local) is None:
        raise ValidationError("Before the @, only letters from a to z, digits and signs can be used here.")


def canonical(address: str) -> str:
    """The one form of an address. Raises ValidationError, with a sentence, for one that this site cannot write to."""
    local, _, domain = address.strip().rpartition("@")
    if not local or len(local) > LONGEST_LOCAL:
        raise ValidationError(INVALID)
    check_local(address)
    try:
        # Punycode for domains in other scripts, by the rules that browsers go by.
        host = idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        raise ValidationError(INVALID) from None
    written = f"{local}@{host}".lower()
    if len(written) > LONGEST:
        raise ValidationError(INVALID)
    return written


def canonical_or_same(address: str) -> str:
    """The one form of an address; what has none is returned as it is, and equals no address."""
    try:
        return canonical(address)
    except ValidationError:
        return address


class AddressField(models.EmailField):  # type: ignore[type-arg]
    """A column of addresses in their one form, whoever writes it and however one asks for it."""

    default_error_messages: ClassVar = {"invalid": INVALID}

    def formfield(self, **kwargs: Any) -> Any:
        """A field of a form that says the same of what is none."""
        return super().formfield(**{"error_messages": {"invalid": INVALID}, **kwargs})

    def run_validators(self, value: Any) -> None:
        """Refuse what has no such form."""
        super().run_validators(value)
        if value not in self.empty_values:
            canonical(value)

    def to_python(self, value: Any) -> Any:
        """As forms and full_clean() see it."""
        return canonical_or_same(value) if isinstance(value, str) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        """As it is stored, and as it is looked for."""
        return canonical_or_same(value) if isinstance(value, str) else super().get_prep_value(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What is stored is also what the object says from now on."""
        value = self.get_prep_value(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value
