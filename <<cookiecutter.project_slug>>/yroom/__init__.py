"""Real-time collaboration for Django: a Yjs server behind Channels that commits before it says "saved"."""

from . import former

former.install()
