"""The document schema the editor speaks: raise the number when it learns a new node, mark or attribute.

An editor older than this would delete what it does not know, for everybody: it is asked to reload.
"""

SCHEMA_VERSION = 1
