# pbx-workbench: every task has one word. `make` alone prints them.
#
# `run` and `test` need Python 3.11 and make, nothing else prepared. Everything Python goes into $(VENV), pinned by
# constraints.txt; tests also use a few Debian programs, installed when root may and named when not.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --constraint constraints.txt
STAMPS := $(VENV)/stamps
PROJECT := pyproject.toml setup.py constraints.txt

# Three workers for two cores: most tests of SIP and media wait for real time. Tests that share a SIP stack, a server or a browser
# carry one xdist group and stay on one worker; tests/conftest.py says which of them begin. What is compiled to bytecode is kept,
# whatever the surroundings say: every worker reads all tests, and they start some hundred processes.
WORKERS ?= 3
PYTEST := PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder
# A test that drives an outside program, or that calls the bridge, runs in real time: it is tried once more when it fails, and
# every such try is listed at the end.
AGAIN := --real-time-again --rerun-show-tracebacks

# command:package, what the tests drive besides Python; a C compiler is only wished for
DEBIAN := sipp:sip-tester chromium:chromium baresip:baresip sipsak:sipsak nginx:nginx-light kamailio:kamailio

# What is compiled (setup.py) runs interpreted, too: the tests of these rooms pass on both.
BOTH := tests/engine tests/drivers tests/pbxsim/world tests/pbxsim/runs tests/pbxsim/results
COMPILE := $(VENV)/bin/python setup.py -q compile
IS_COMPILED := $(VENV)/bin/python -c "import engine, sys; sys.exit(not engine.compiled.running.is_compiled)"
ON_THE_OTHER := if ! $(IS_COMPILED); then echo "All of it ran interpreted, as nothing is compiled here."; else \
	echo "Engine and simulator once more, interpreted:"; PBX_COMPILE=0 $(PYTEST) $(BOTH); fi

# JupyterLab asks nobody outside: no news, no newer version, no catalogue of extensions. `make lab LAB=--no-browser` adds words.
LAB ?=
NOTEBOOKS ?= notebooks
OFFLINE := --LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly \
	--LabApp.app_settings_dir=$(CURDIR)/notebooks/.jupyterlab

.PHONY: help run test test-python test-interpreted test-compiled compiled current nightly build lint bench screenshots prompts lab notebooks constraints \
	tools clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

run: current ## start the workbench (http://localhost:5006) and the live bridge (SIP on 127.0.0.1:5060)
	@exec $(VENV)/bin/pbx run example

test: $(STAMPS)/tests tools current ## install what tests need and run all of them, on two cores; engine and simulator on both
	$(PYTEST) $(AGAIN)
	@$(ON_THE_OTHER)

test-python: $(STAMPS)/tests current ## the tests that drive no Debian program (no root needed)
	$(PYTEST) $(AGAIN) -m "not nightly and not debian"
	@$(ON_THE_OTHER)

test-interpreted: $(STAMPS)/tests ## the tests of engine and simulator on the interpreted engine alone
	PBX_COMPILE=0 $(PYTEST) $(BOTH)

test-compiled: $(STAMPS)/tests current ## the same on the compiled engine alone
	PBX_COMPILE=1 $(PYTEST) $(BOTH)

nightly: $(STAMPS)/tests $(STAMPS)/notebooks tools current ## the long ones: fuzzing, endurance, random events, property tests with new values
	$(PYTEST) -m "nightly or hypothesis" --timeout=0

build: $(STAMPS)/project ## the wheels, in dist/: a pure one, and a compiled one where there is a C compiler
	@PBX_COMPILE=0 $(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls -1 dist

compiled: $(STAMPS)/project ## compile the engine by mypyc into build/compiled; what failed is tried again
	@$(COMPILE) --again

current: $(STAMPS)/project # the same, but what failed with these very sources is only told again
	@$(COMPILE)

lint: $(STAMPS)/lint ## ruff, the formatter's form and mypy --strict
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(STAMPS)/tests current ## every program under benchmarks/, one after another
	@for program in benchmarks/*.py; do case $$program in */_*) continue;; esac; \
		echo "== $$program"; $(VENV)/bin/python "$$program"; done

screenshots: $(STAMPS)/tests tools current ## take the pictures of the documentation again, in docs/pictures
	$(VENV)/bin/python -m tests.screenshots

prompts: $(STAMPS)/project ## speak the phrases and greetings of datasets/prompts again (needs espeak-ng 1.51, as Debian 12 has it)
	$(VENV)/bin/python datasets/prompts/make_prompts.py
	cd datasets/prompts && find . -name '*.wav' -o -name texts.tsv | LC_ALL=C sort | xargs sha256sum > SHA256SUMS

lab notebooks: $(STAMPS)/notebooks current ## open the notebooks in JupyterLab, with the workbench in its launcher
	@exec $(VENV)/bin/jupyter lab --notebook-dir $(NOTEBOOKS) $(OFFLINE) $$(test "$$(id -u)" != 0 || echo --allow-root) $(LAB)

constraints: ## resolve every extra anew and write constraints.txt (needs a package index)
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip --disable-pip-version-check --quiet install --upgrade pip setuptools
	build/constraints/bin/python -m pip --disable-pip-version-check --quiet install --no-build-isolation \
		--editable ".[notebook,dask,ortools,postgres,test,lint]"
	{ sed -n '/^#/p' constraints.txt; \
	  build/constraints/bin/python -m pip freeze --all --exclude-editable --exclude pip; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean: ## remove everything made here
	rm -rf $(VENV) build dist var *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how the environment comes about ----------------------------------------------------------------------------------

$(STAMPS)/venv:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
		echo "make: Python 3.11 is needed, for that is what constraints.txt is pinned for; found: $(PYTHON)."; \
		echo "      Install it (Debian: apt-get install python3.11-venv) or name it: make run PYTHON=/path/to/python3.11"; \
		exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@"$(PYTHON)" -m venv "$(VENV)" || { \
		echo "make: no virtual environment could be made; on Debian: apt-get install python3.11-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/project: $(PROJECT) | $(STAMPS)/venv
	@echo "Installing the project and its pinned parts into $(VENV) (a minute or two) ..."
	@$(INSTALL) setuptools mypy
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(STAMPS)/tests: $(STAMPS)/project
	@echo "Installing what the tests need ..."
	@$(INSTALL) --no-build-isolation --editable ".[test,lint,dask,postgres]"
	@touch $@

$(STAMPS)/lint: $(STAMPS)/project
	@$(INSTALL) --no-build-isolation --editable ".[lint]"
	@touch $@

$(STAMPS)/notebooks: $(STAMPS)/project
	@$(INSTALL) --no-build-isolation --editable ".[notebook]"
	@touch $@

tools: # Debian programs that tests drive: installed as root, else named
	@PATH="$$PATH:/usr/sbin"; missing=""; for pair in $(DEBIAN); do \
		command -v "$${pair%%:*}" > /dev/null || missing="$$missing $${pair##*:}"; done; \
	compgen -G "/usr/lib/postgresql/*/bin/initdb" > /dev/null || missing="$$missing postgresql"; \
	for part in tls websocket; do compgen -G "/usr/lib/*/kamailio/modules/$$part.so" > /dev/null \
		|| missing="$$missing kamailio-$$part-modules"; done; \
	wished=""; command -v cc > /dev/null || wished=" gcc libc6-dev"; \
	if [ -z "$$missing$$wished" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2> /dev/null; then as_root="sudo"; \
	elif [ -z "$$missing" ]; then exit 0; else \
		echo "make: the tests drive programs that are not installed, and only root may install them. Ask for:"; \
		echo "          sudo apt-get install --no-install-recommends$$missing"; \
		echo "      or run the tests that need none of them: make test-python"; \
		exit 1; fi; \
	echo "Installing Debian packages:$$missing$$wished ..."; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$as_root apt-get -qq update; \
	$$as_root apt-get -qq install -y --no-install-recommends $$missing $$wished > /dev/null
