"""History: what a document was at times, what was changed since, and the way back.

A feature that can be taken out: this folder, and the lines that list it, as docs/taking-a-feature-out.md says.
"""
