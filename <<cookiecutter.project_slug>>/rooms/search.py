"""Finding documents by words of their titles: both sides are compared in one form, the same on every database.

In this form, Unicode's NFKC, upper and lower case are the same ("Straße" is "STRASSE"), as are letters of single and of
double width. Latin, Greek and Cyrillic letters lose their accents: who has no ü on the keyboard finds "Überblick" by
"uberblick". In other scripts such marks stay, because a letter with one is another letter.
"""

import unicodedata
from typing import Any

from django.db import models

# No longer than a title: every word costs the database a comparison a row.
LONGEST_QUERY = 200
# Letters with a stroke through them, or drawn together, which Unicode does not take apart.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"})


def fold(text: str) -> str:
    """A text in the form in which it is compared."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in folded if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare.translate(PLAIN))


def words(query: str) -> list[str]:
    """The words that a title must hold, in any order."""
    return list(dict.fromkeys(fold(query[:LONGEST_QUERY]).split()))


class FoldedField(models.TextField):  # type: ignore[type-arg]
    """Another field of its row as it is compared; it follows that one whenever the row is saved."""

    def __init__(self, *args: Any, of: str = "title", **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{"editable": False, "default": "", "db_default": "", **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """What is stored."""
        value = fold(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """For migrations."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}
