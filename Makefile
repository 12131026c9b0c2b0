# Everything that can be done with this project; `make` alone lists it. Needs Python >= 3.11, make and git.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST

# PyPI, npm and what they install stay inside the folder; pip's own cache is used where there is one.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

# ── setting up ──

.venv/.production: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what runs in production …" >&2
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

.venv/.workshop: .venv/.production requirements-dev.txt
	@echo "Installing the workshop's tools …" >&2
	@$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	@touch $@

.PHONY: setup
setup: .venv/.workshop ## install everything that running and testing need

.PHONY: chromium
chromium: .venv/.workshop
	@$(BIN)/python -m tests.chromium

# ── running ──

.PHONY: run
run: .venv/.production ## build what is needed and serve the demonstration (PORT=8000, HOST=127.0.0.1, PORTAL_BRAND=minta)
	@PORTAL_DEMO=$${PORTAL_DEMO-1} exec $(BIN)/python -m portal_app serve

.PHONY: build
build: .venv/.production ## build the pages without serving them
	@PORTAL_DEMO=$${PORTAL_DEMO-1} $(BIN)/python -m portal_app build

.PHONY: lock
lock: .venv/.production ## build, and take over which JavaScript packages it was built with
	@$(MAKE) clean && $(MAKE) build && cp var/sources/reflex.lock/* reflex.lock/

# ── checking ──

.PHONY: fmt
fmt: .venv/.workshop ## format the code
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check --quiet --fix

.PHONY: lint
lint: .venv/.workshop ## format, rules, types, floors
	@$(BIN)/ruff format --check --quiet || { echo "Not formatted; run: make fmt" >&2; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: check
check: lint ## lint, and every test that needs neither database nor browser: under a minute
	@$(BIN)/python -m pytest -n 2 $(foreach room,architecture browser domain gateways texts ui,tests/$(room)) tests/test_settings.py

# Three workers keep two cores busy, because these tests wait for disks and clocks.
.PHONY: inside
inside: .venv/.workshop ## every test that needs no browser
	@$(BIN)/python -m pytest -n 3 --ignore=tests/journeys --ignore=tests/faults

.PHONY: journeys
journeys: .venv/.workshop chromium ## drive the built product in real browsers
	@$(BIN)/python -m pytest -n 2 tests/journeys

.PHONY: faults
faults: .venv/.workshop ## what must survive being killed, filled and cut
	@$(BIN)/python -m pytest tests/faults

.PHONY: test
test: .venv/.workshop chromium lint inside ## everything, journeys included
	@$(MAKE) --jobs=2 --output-sync=target journeys faults

.PHONY: bench
bench: .venv/.workshop chromium ## measure the figures of docs, one JSON object a line and a table
	@$(BIN)/python -m bench

.PHONY: requirements
requirements: .venv/.workshop ## write docs/REQUIREMENTS.md from the marks of the tests
	@$(BIN)/python -m tests.requirements_table

.PHONY: pictures
pictures: .venv/.workshop chromium ## take the README's pictures from the running product
	@$(BIN)/python -m tests.pictures

# ── tidying ──

.PHONY: clean
clean: ## remove builds and caches; the demonstration's data stays
	@rm -rf var/builds var/web var/node var/states var/reflex .web .states .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: forget
forget: ## remove the demonstration's data as well
	@rm -rf $${PORTAL_DATA:-var}/demo-*
