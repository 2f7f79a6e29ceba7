# Generates a site from this checkout, and tests that. On a new machine it needs Python 3.11 or newer, git and make: it
# fetches the rest from PyPI and npm into this folder. PYTHON=python3.12 picks another Python, PORT=9000 another port.

PORT := 8000
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11) or print(sys.executable))' 2>/dev/null && break; done)
endif

export PATH := $(CURDIR)/.tools/bin:$(PATH)
export UV_PYTHON := $(PYTHON)
TEMPLATE := <<cookiecutter.project_slug>>
# What linters remember must not lie in the template folder: everything in there is generated.
export RUFF_NO_CACHE := true

.PHONY: help demo test test-long bench lint format tools setup clean
help: ## Say what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## /make \1|/p' Makefile | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

demo: setup ## Generate a site into .demo and serve it
	@git clean -fdXq -- '$(TEMPLATE)' 2>/dev/null || true # what tools left there would be generated too
	@uv run --no-sync cookiecutter . --no-input --overwrite-if-exists --output-dir .demo project_slug=demo_site >/dev/null
	@exec $(MAKE) --no-print-directory -C .demo/demo_site run PORT=$(PORT) PYTHON="$(PYTHON)"

test: setup ## Run all tests: of the template, and of the site it generates
	uv run --no-sync pytest

test-long: setup ## Run the long hunts for faults in the site it generates: an hour or two
	uv run --no-sync pytest -m long

bench: setup ## Measure yroom and other Yjs servers, as in make bench ARGS=--quick
	@uv run --no-sync python -m tests.bench $(ARGS)

lint: setup ## Lint the template and its own code
	uv lock --check
	uv lock --check --project '$(TEMPLATE)'
	uv run --no-sync ruff check hooks tests
	uv run --no-sync ruff format --check hooks tests
	uv run --no-sync mypy hooks tests

format: setup ## Format the Python code
	uv run --no-sync ruff check --fix .
	uv run --no-sync ruff format .

setup: tools
	@uv sync --quiet || { echo "The Python packages could not be installed: see above, and check the network." >&2; exit 1; }

tools:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=..." >&2; exit 1; }
	@uv --version >/dev/null 2>&1 || { \
		echo "Fetching uv into .tools"; \
		"$(PYTHON)" -m venv .tools || { echo "Python's venv module is missing: on Debian and Ubuntu, install python3-venv." >&2; exit 1; }; \
		.tools/bin/python -m pip install --quiet --disable-pip-version-check uv || \
			{ echo "uv could not be fetched from PyPI: check the network." >&2; exit 1; }; }

clean: ## Remove all that make has made
	rm -rf .tools .venv .demo .bench .pytest_cache .mypy_cache .ruff_cache
