# The shop of the Missing Bags. Two commands are enough: `make run` and `make test`.

PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8001
SCALE ?= ci
ONLY ?=
BIN := .venv/bin
# What takes long because it goes over the whole shop, or kills it: `make faults` runs these, `make test` the rest.
RIGS := tests/faults tests/access tests/test_access_matrix.py tests/test_sensitive.py tests/test_narrowing.py \
	tests/test_nothing_breaks.py tests/test_bad_input.py tests/payments/test_any_order_of_things.py tests/ledger/test_many_rows.py tests/ledger/test_closing_model.py \
	tests/test_backup.py tests/users/test_enumeration.py tests/journeys/test_withdrawal.py \
	tests/catalog/test_picture_attacks.py tests/browser/test_every_page_in_chromium.py tests/browser/test_axe_in_chromium.py
CATALOGUES := $(wildcard shop/translations/*/LC_MESSAGES/messages.po)

unexport PYTHONDONTWRITEBYTECODE  # where an image forbids it, every process that starts compiles the whole shop again

.DEFAULT_GOAL := help
.PHONY: help setup run test lint faults figures screens words clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: .venv/.ready ## Install everything the shop needs into .venv, and nothing outside this folder

.tools/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Name another one: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv .tools || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf .tools; exit 1; }
	@.tools/bin/pip install -q --disable-pip-version-check uv || { echo "The package registry could not be reached, so nothing can be installed."; rm -rf .tools; exit 1; }

.venv/.synced: .tools/bin/uv uv.lock pyproject.toml
	@.tools/bin/uv sync --locked -q --compile-bytecode
	@touch $@

.venv/.ready: .venv/.synced $(CATALOGUES)
	@if [ -n "$(CATALOGUES)" ]; then $(BIN)/pybabel -q compile -d shop/translations; fi
	@touch $@

run: .venv/.ready ## Load the demo and serve it on http://127.0.0.1:8000 with its worker and sandbox gateways; Ctrl-C ends all
	@PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) $(BIN)/python run.py

test: .venv/.ready lint ## Check style and types, then run the tests (browser tests too where Chromium is installed)
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal $(RIGS:%=--ignore %) $(if $(ONLY),-k "$(ONLY)")

lint: .venv/.ready ## Check style, types and translations
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check . && $(BIN)/mypy

faults: .venv/.ready ## Races, killed processes, planted values, abuse, every page for everyone; SCALE=ci or full
	@SCALE=$(SCALE) $(BIN)/python -m pytest -q -n 2 --dist worksteal $(RIGS) $(if $(ONLY),-k "$(ONLY)")

figures: .venv/.ready ## Measure what the issues ask for and print a line each; ONLY=spine, SCALE=full
	@$(BIN)/python -m bench.figures $(if $(ONLY),--only $(ONLY)) --scale $(if $(filter full,$(SCALE)),full,default)

screens: .venv/.ready ## Draw the contact sheets in docs/screens (needs Chromium)
	@$(BIN)/python -m bench.screens

words: .venv/.ready ## Gather all strings into the translation catalogues
	@$(BIN)/pybabel -q extract -F babel.cfg --no-location --sort-output -o .venv/messages.pot .
	@$(BIN)/pybabel -q update -i .venv/messages.pot -d shop/translations --no-fuzzy-matching --ignore-obsolete

clean: ## Remove the database, pictures and mails of the demo; installed packages stay
	@rm -rf var
