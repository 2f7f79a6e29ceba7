"""Documents as public pages: anybody reads them, without an account and without a script.

A feature that can be taken out: this folder, and the lines that list it, as docs/taking-a-feature-out.md says.
"""
