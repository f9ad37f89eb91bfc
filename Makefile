# `make demo` and `make test` need only git, make and CPython 3.11 to 3.13; everything else is installed into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test check format unit tools soak bench coverage-table lock picture notebooks clean

PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(if $(shell $(name) -c \
  "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null && echo yes),$(name))))
BIN := .venv/bin
RUN := .venv/.run-ready
DEV := .venv/.dev-ready

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

$(RUN): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "make: no CPython 3.11 to 3.13 found; name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing hlbench into .venv (once)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): $(RUN)
	@echo "installing the development tools into .venv (once)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(RUN) ## three wallets, one reconnect, one missing update: the TUI in a terminal, text elsewhere
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/hlbench tui; else exec $(BIN)/hlbench demo; fi

test: check unit ## everything that automation runs

check: $(DEV) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(DEV) tools ## the tests alone
	$(BIN)/pytest

tools: ## Chromium and tmux, where Debian's packages can be installed; elsewhere the tests that need them are skipped
	@{ command -v chromium || command -v google-chrome; } > /dev/null && command -v tmux > /dev/null || { test "$$(id -u)" = 0 && command -v apt-get > /dev/null && \
	  { echo "installing Chromium and tmux for the tests (once)" >&2; apt-get update -qq && \
	  apt-get install -qq -y --no-install-recommends chromium tmux > /dev/null; }; } || \
	  echo "no Chromium or no tmux: the tests that need them are skipped" >&2

format: $(DEV) ## format and fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(DEV) ## the long runs with the counts of the acceptance criteria
	$(BIN)/pytest -m soak --timeout 3600 -o faulthandler_timeout=0

bench: $(DEV) ## the measurements, printed
	$(BIN)/pytest -m bench -s --timeout 1800

coverage-table: $(DEV) ## write mock/COVERAGE.md; read the diff
	UPDATE_GOLDENS=1 $(BIN)/pytest -q tests/conformance/test_coverage.py

lock: $(DEV) ## resolve constraints.txt anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --extra fast --no-header --no-annotate \
	  --quiet --upgrade pyproject.toml -o constraints.txt
	for each in ccxt:3.11 nautilus-trader:3.12; do $(BIN)/uv pip compile --universal --no-header --no-annotate --quiet \
	  --upgrade --python-version $${each#*:} tests/interop/$${each%:*}.in -o tests/interop/$${each%:*}.txt; done

picture: $(DEV) ## write the README's picture from a recorded demo
	$(BIN)/python -m hlbench.tui.screenshot

notebooks: $(DEV) ## run each notebook and write it with its outputs to build/notebooks
	$(BIN)/jupyter nbconvert --execute --to html --output-dir build/notebooks --log-level ERROR \
	  --HTMLExporter.mathjax_url= --HTMLExporter.require_js_url= notebooks/*.ipynb
	@ls build/notebooks/*.html

clean: ## remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/interop/js/node_modules
