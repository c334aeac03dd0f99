# `make run` starts everything, `make test` checks everything. The other targets are parts of these.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Commands below are for development; a server sets its own environment (see README).
manage = DEBUG=$${DEBUG:-1} $(PY) manage.py

.PHONY: help setup run test lint format types bench faults fuzz servers screenshots reference names migrations messages lock

help:
	@echo "make run          start the program: http://127.0.0.1:8000 (PORT=… for another port)"
	@echo "make test         everything that is checked before a change goes in"
	@echo "make check        the quick part of it: style, types, unit tests"
	@echo "make setup        make .venv and install what running and testing need"
	@echo "make lint types   style and types alone"
	@echo "make format       write Python, templates, scripts and style sheets as make lint wants them"
	@echo "make bench        measure against the budgets and against other libraries"
	@echo "make faults       kill every process of a busy inbox, many times, and look what is lost (nothing may be)"
	@echo "make fuzz         send the API what its description allows and what not, ten times as much as make test does"
	@echo "make servers      install gateways of other makers and have each answer a customer of the running program (needs npm)"
	@echo "make screenshots  take docs/screenshots/ anew from the running program"
	@echo "make reference    write the reference in docs/library.md from the library's signatures and docstrings"
	@echo "make names        write docs/names.md: the names of the conversations in DATA=file.jsonl, for people to judge"
	@echo "make migrations   write migrations for changed models"
	@echo "make messages     write locale/django.pot anew, and with LOCALE=de the sentences to translate into German"
	@echo "make lock         write requirements*.txt anew from pyproject.toml"

setup: .venv/.development

run: .venv/.runtime
	@exec $(PY) -m kern_inbox.run

test: .venv/.development
	@$(PY) -m tests.everything

.PHONY: check
check: .venv/.development
	@$(PY) -m tests.everything --check

lint: .venv/.development
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m tests.page_style
	.venv/bin/lint-imports --no-cache --no-logo

format: .venv/.development
	$(PY) -m ruff format .
	$(PY) -m tests.page_style --write

types: .venv/.development
	$(PY) -m mypy

bench: .venv/.development
	$(PY) -m bench

faults: .venv/.development
	$(PY) -m bench.faults

fuzz: .venv/.development
	$(PY) -m tests.fuzzing --seed random --examples 10

servers: .venv/.development
	$(PY) -m bench.servers

screenshots: .venv/.development
	$(PY) -m docs.take_screenshots

reference: .venv/.development
	$(PY) -m docs.write_reference

names: .venv/.development
	$(PY) -m docs.write_names $(DATA)

migrations: .venv/.development
	$(manage) makemigrations

messages: .venv/.development
	$(manage) makemessages $(if $(LOCALE),--locale $(LOCALE),--all) --keep-pot --no-wrap $(patsubst %,--ignore %,tests bench docs examples)

# What is installed is what the lock files name, byte for byte; a stamp remembers that it is done.
.venv/.development: requirements-dev.txt | .venv/.project
	@$(PY) kern_inbox/run/install.py requirements-dev.txt
	@touch .venv/.runtime $@

.venv/.runtime: requirements.txt | .venv/.project
	@$(PY) kern_inbox/run/install.py requirements.txt
	@touch $@

# Programs outside of this folder import the library, too, and so do files below examples/. The path is relative: folders move.
.venv/.project: | .venv/bin/python
	@$(PY) -c 'import os, sysconfig; site = sysconfig.get_path("purelib"); \
	  open(f"{site}/kern-inbox.pth", "w").write(os.path.relpath(".", site))'
	@touch $@

# Candidates are run, not only looked up: the shims of version managers exist without a Python behind them.
.venv/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    echo "making .venv with $$($$python --version)"; \
	    $$python -m venv .venv && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	echo "No usable Python 3.11, 3.12 or 3.13 found (with venv and ensurepip). Install one (on Debian: apt-get install python3 python3-venv)" >&2; \
	echo "or name it: make PYTHON=/path/to/python3.12 setup" >&2; \
	exit 1

compile := $(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --custom-compile-command "make lock" pyproject.toml

lock: | .venv/bin/python
	$(PY) -m pip install --quiet uv
	$(compile) $(UPGRADE) -o requirements.txt
	$(compile) $(UPGRADE) --extra dev -c requirements.txt -o requirements-dev.txt
	@! grep -nE '^(--|-i|-f)|https?://' requirements.txt requirements-dev.txt || { echo "a registry's address is in the lock" >&2; exit 1; }
