"""Comments: what people say about a document beside its text, in threads.

A feature that can be taken out: this folder, and the lines that list it, as docs/taking-a-feature-out.md says.
"""
