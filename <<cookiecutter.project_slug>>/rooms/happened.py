"""What features may hear of who can open a document: notices, for one, tell people of it.

Each is sent by actions.py in the transaction that makes the change, with `sender=Room` and `room`: what a receiver
writes stands or falls with it, and whatever else it does belongs after the commit.
"""

from typing import Final

from django.dispatch import Signal

# Somebody asks to be let in, perhaps not for the first time: by
access_asked: Final = Signal()
# Who asked is let in: by, whom
access_given: Final = Signal()
# Somebody has accepted the invitations to addresses of theirs, or declined them: by, accepted, addresses
invitation_answered: Final = Signal()
# The document is somebody else's now: by, who had it, and whom
handed_over: Final = Signal()
