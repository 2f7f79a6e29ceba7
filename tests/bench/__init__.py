"""A benchmark of Yjs servers: `make bench`, or `python -m tests.bench --help`."""
