"""What somebody has typed, as it is kept: plain text with line breaks."""

import re

from accounts.names import unstacked

# Controls but the tab and the end of a line, and halves of characters: nobody can see them, nor can databases keep all.
# And what turns the direction of all that follows, or of a part that may never end: a sentence would be read otherwise
# than it was sent.
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Without what cannot be seen, or would cover what stands around it."""
    return unstacked(_UNSEEN.sub("", text))


def tidy(text: str) -> str:
    """The same without empty lines around it, and with one kind of line break."""
    return re.sub(r"\A(\s*\n)+|\s+\Z", "", visible(text.replace("\r\n", "\n").replace("\r", "\n")))
