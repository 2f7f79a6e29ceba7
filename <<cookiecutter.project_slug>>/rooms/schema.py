"""The document schema the editor speaks: raise the number whenever the editor learns a new node, mark or attribute.

An editor that is older than this would delete what it does not know, for everybody, and is asked to reload instead.
"""

SCHEMA_VERSION = 1
