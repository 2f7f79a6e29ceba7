"""What a name may be made of: one line that one can see, and that changes nothing around it."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

# Controls, formats (the marks that turn the direction of text among them), halves of characters, private and unassigned
# ones: nobody can see them, and some change how the text beside them is shown.
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
# Joiners, which belong to words in Persian and Hindi, to many emoji, and to nothing else.
JOINERS = "\u200c\u200d"
# Flags of some countries' parts are spelt with these, behind a black flag.
TAGS = range(0xE0020, 0xE0080)
# Letters, marks and signs by their kind, and blank all the same.
BLANK = {*"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159", *map(chr, range(0x180B, 0x1810))}
# They choose among the looks of the sign before them, as between ☎ and ☎️, or of a Chinese character.
SELECTORS = {*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}
# Marks upon one letter: Vietnamese needs two, Hebrew with cantillation three; more climb into the lines around them.
MARKS = 4


def one_line(text: str) -> str:
    """A text as one line, without what cannot be seen."""
    # What stood apart may belong together once something between is gone, and is the same as what never stood apart.
    while (line := _seen(text)) != text:
        text = line
    return line


def _seen(text: str) -> str:
    kept: list[str] = []
    marks = 0  # upon the last letter
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        kind = unicodedata.category(character)
        if kind in HIDDEN or character in SELECTORS or character in BLANK:
            if kept and _belongs(character, kept[-1]):
                kept.append(character)
            continue
        if kind in ("Mn", "Me"):
            marks += 1
            fits = bool(kept) and not kept[-1].isspace() and marks <= MARKS
        else:
            marks = 0
            fits = kind[0] != "M" or (bool(kept) and not kept[-1].isspace())
        if fits:
            kept.append(" " if kind[0] == "Z" else character)
    return " ".join("".join(kept).strip(JOINERS).split())


def unstacked(text: str) -> str:
    """A text of several lines, without marks that climb from one letter into the lines around it."""
    kept: list[str] = []
    marks = 0
    for character in text:
        kind = unicodedata.category(character)
        # What has no look of its own joins the letter before it.
        if kind in ("Mn", "Me"):
            marks += 1
        elif kind != "Cf" and character not in SELECTORS:
            marks = 0
        if kind not in ("Mn", "Me") or marks <= MARKS:
            kept.append(character)
    return "".join(kept)


def _belongs(character: str, before: str) -> bool:
    """Whether a character without a look of its own gives one to the character before it."""
    if character in JOINERS:
        return unicodedata.category(before) in ("Lo", "Mn", "Mc", "Sk", "So")
    if character in SELECTORS:
        return unicodedata.category(before) in ("Lo", "Sk", "Sm", "So") or before in "0123456789#*"
    return ord(character) in TAGS and (before == "\U0001f3f4" or ord(before) in TAGS)


def check_visible(text: str) -> None:
    """Refuse a name in which there is nothing to see; an empty one is the field's own matter."""
    if text and not any(unicodedata.category(character)[0] in "LNSP" for character in text):
        raise ValidationError("Please enter a name that others can see.")


class LineFormField(forms.CharField):
    """A form's field for one line."""

    def to_python(self, value: Any) -> str:
        """What was typed, as one line."""
        return super().to_python(one_line(str(value)) if value not in self.empty_values else value) or ""


class LineField(models.CharField):  # type: ignore[type-arg]
    """A column of lines, whoever writes it: a form, the admin site or a script."""

    def get_prep_value(self, value: Any) -> Any:
        """As it is stored."""
        return one_line(value) if isinstance(value, str) else super().get_prep_value(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What is stored is also what the object says from now on."""
        value = self.get_prep_value(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def formfield(self, **kwargs: Any) -> Any:
        """Its field in a form."""
        return super().formfield(**{"form_class": LineFormField, **kwargs})
