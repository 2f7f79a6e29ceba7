# The template's own commands; a generated site has a Makefile of its own. Python 3.11 or newer, git and make suffice.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
endif
export PATH := $(PATH):$(CURDIR)/.tools/bin
export UV_PYTHON := $(PYTHON)

.PHONY: demo test lint tools
demo: tools ## Generate a site from this checkout and run it
	@test -d .demo/yroom_site || uv run --quiet cookiecutter . --no-input --output-dir .demo
	@$(MAKE) --no-print-directory -C .demo/yroom_site run

test: tools ## Run everything
	uv run pytest

lint: tools ## Lint the template's own Python
	uv lock --check
	uv run ruff check .
	uv run ruff format --check .

tools:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=..." >&2; exit 1; }
	@command -v uv >/dev/null || { \
		"$(PYTHON)" -m venv .tools || { echo "Python's venv module is missing: on Debian and Ubuntu, install python3-venv." >&2; exit 1; }; \
		.tools/bin/python -m pip install --quiet --disable-pip-version-check uv || \
			{ echo "uv could not be fetched from PyPI: check the network." >&2; exit 1; }; }
