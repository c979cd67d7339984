# Needs python3 3.11 to 3.13 with venv, make and git. Everything else goes into .venv, from the locks.

VENV := .venv
BIN := $(VENV)/bin
# Another interpreter: make test PYTHON=python3.12
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --quiet
DEMO := sim://squat?reps=5&load_kg=100&seed=1&tempo=3-1-X-0&fast_eccentric=4&forward_drift_m=0.06

.PHONY: help demo test hardware lint types lock clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    install, then stream a virtual set: in the window, or in the terminal where there is no display'
	@echo 'make test    install, then run the tests'
	@echo 'make hardware  STL of every printed part and SVG of every harness, into build/hardware'
	@echo 'make lint    ruff: rules and format        make types   pyright, strict'
	@echo 'make lock    renew the lock files          make clean   remove what was installed and built'

demo: $(VENV)/.installed
	@sh .ci/system-libraries $(BIN)/python
	@$(BIN)/bartracker live '$(DEMO)' --tempo 3-1-X-0 --drift-limit 6

test: $(VENV)/.installed-dev
	@sh .ci/system-libraries $(BIN)/python
	@sh .ci/browser
	$(BIN)/python -m pytest -n auto --dist loadfile

hardware: $(VENV)/.installed-dev
	@sh .ci/hardware-tools
	$(BIN)/python hardware/clips.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.installed-dev
	$(BIN)/pyright

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'python3: no Python 3.11 to 3.13 with venv was found;' \
		'install one (Debian: apt-get install python3 python3-venv) or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo '$(PYTHON): is not a Python 3.11 to 3.13 with venv;' \
		'install one (Debian: apt-get install python3 python3-venv) or name another with PYTHON=' >&2; exit 1; }
	@'$(PYTHON)' -m venv --clear $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing into $(VENV), once; this takes a minute or two ...'
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo 'Installing what the tests need ...'
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# Two locks, for every supported Python and system: what bartracker runs on (without Parquet, 165 MB), and everything there is plus
# what tests it.
EXTRAS = $(addprefix --extra ,window sound phone sim reports flash)
LOCK = build/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --upgrade
lock: $(BIN)/python
	@$(BIN)/python -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --no-input install --quiet --quiet 'uv>=0.8'
	$(LOCK) $(EXTRAS) --group build --output-file requirements.lock
	$(LOCK) --all-extras --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@! grep -n '://' requirements.lock requirements-dev.lock || { echo 'requirements*.lock: name a host; remove it' >&2; exit 1; }

clean:
	rm -rf $(VENV) build dist out .pytest_cache .ruff_cache .hypothesis
	find host tests benchmarks hardware -name __pycache__ -type d -prune -exec rm -rf {} +
