# Needs only python3 (3.11 or newer, with venv) and make. Everything is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help setup run demo test torture fuzz flips lint lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup: $(VENV)/.compiled ## create .venv with the pinned packages (a second call does nothing)

run: setup ## run the main job and print where the report is (ARGS="key=value ...")
	@$(BIN)/python -m experiments.project resume=true $(ARGS)

demo: setup ## a tiny study, in seconds
	@$(BIN)/python -m experiments.project --config-name demo resume=true $(ARGS)

test: $(VENV)/.installed-dev ## run the tests
	@$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

torture: $(VENV)/.installed-dev ## kill studies at random moments and resume them (KILLS=100, ENGINE=fake or real)
	@$(BIN)/python -m tests.$(if $(filter real,$(ENGINE)),programs,studies).torture $(or $(KILLS),100)

fuzz: $(VENV)/.installed-dev ## attack every program with generated input (CASES=5000, SEED=1; ONLY=17 shows one case)
	@$(BIN)/python -m tests.fuzz $(or $(CASES),5000) $(or $(SEED),1) $(or $(ONLY),-1)

flips: $(VENV)/.installed-dev ## flip random bits in all that is read back (FLIPS=200)
	@$(BIN)/python -m tests.studies.flips $(or $(FLIPS),200)

lint: $(VENV)/.installed-dev ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock: ## renew requirements.txt and requirements-dev.txt (needs uv)
	uv pip compile pyproject.toml --extra brief --extra maps --extra fonts --extra fit $(LOCK) -o requirements.txt
	uv pip compile pyproject.toml --extra brief --extra maps --extra fonts --extra fit --extra dev -c requirements.txt $(LOCK) -o requirements-dev.txt

LOCK := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --quiet --custom-compile-command "make lock"

clean: ## remove .venv and caches (results are kept)
	rm -rf $(VENV) .numba_cache .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else "Python %d.%d found; 3.11 or newer is needed: make setup PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.compiled: $(VENV)/.installed
	@$(BIN)/python -m sim.programs.warm
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
