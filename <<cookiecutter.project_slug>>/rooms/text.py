"""Text as people type it, made fit for a column of the database."""

import unicodedata

# Control characters and halves of surrogate pairs. A browser sends such a half when an emoji is cut in two; no encoding
# has bytes for it.
UNFIT = ("Cc", "Cs")


def one_line(text: str) -> str:
    """A text in one line: each run of white space is one space, and what no line of text can hold is left out."""
    fit = "".join(c for c in " ".join(text.split()) if unicodedata.category(c) not in UNFIT)
    return " ".join(fit.split())
