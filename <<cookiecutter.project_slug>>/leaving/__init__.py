"""Leaving the site: all that one has written as files, and the end of one's account.

A feature that can be taken out: this folder, and the lines that list it, as docs/taking-a-feature-out.md says.
"""
