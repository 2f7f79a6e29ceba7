"""Without a network: documents that were open in this browser open again, and are written in as ever.

A feature that can be taken out: this folder, and the lines that list it, as docs/taking-a-feature-out.md says.
"""
