"""The first minute: a document that shows what the editor can do, for every new account and for the demo's two people.

A feature that can be taken out: this folder, and the lines that list it, as docs/taking-a-feature-out.md says.
"""
