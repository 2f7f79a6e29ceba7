"""What other features may hear of comments.

Each is sent in the transaction that makes the change: what a receiver writes stands or falls with it, and whatever
else it does belongs after the commit. All are sent with `sender=Thread`, `thread` and `by`, who did it, with an account
or as a guest. `mentioned` is a list of the ids of the people whom the writer has chosen by name, or None where their
browser has not said; nobody has looked whether these may open the document.
"""

from django.dispatch import Signal

# A thread is begun, or somebody answers in one: thread, comment, by, mentioned
comment_written = Signal()
# Its author has changed it: thread, comment, by, mentioned
comment_edited = Signal()
# Its author or an owner has taken it away; its words are gone: thread, comment, by. The thread may go with it.
comment_deleted = Signal()
# It is resolved, or opened again: thread, by, resolved
thread_resolved = Signal()
