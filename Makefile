# Two commands are enough to begin with: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Compiled modules are worth keeping: without them every start compiles thousands of files again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PY := $(VENV)/bin/python
BASE := $(VENV)/.base-installed
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
BROWSER := $(VENV)/.browser-installed
# Of those that are found and can make environments the quickest is taken: 3.11 is the oldest that works, version managers
# leave launchers that fail, and what they build themselves takes up to half as long again. All take six turns, forth
# and back, since of the cores of a shared machine one may be slower for a while, by more than they differ.
PYTHON := python3 python3.14 python3.13 python3.12 python3.11 python /usr/bin/python3
ITSELF := import os, sys; sys.version_info < (3, 11) and sys.exit(1); \
  print(os.path.realpath(sys.executable), sys.executable, sep="\t")
SECONDS := import importlib.util as found, timeit; \
  print(min(timeit.repeat("[str(n) for n in range(20000)]", number=1, repeat=40)) + (found.find_spec("ensurepip") is None))
INSTALL = $(PY) -m uv pip install -q --python $(PY) --require-hashes -r
# uv ignores pip's settings for mirrors and certificates: where it fails, pip has its turn.
INSTALL_SLOWLY = $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r

.PHONY: help run test check coverage bench migration demo docs pictures openapi lock format

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(RUNTIME) ## install, migrate and serve with the demo organisation at http://127.0.0.1:8000
	@SOFTKPI_DEMO=$${SOFTKPI_DEMO:-true} exec $(PY) -m app run $(ARGS)

test: $(DEV) $(BROWSER) ## every test, on SQLite and PostgreSQL, with a real mail server and browser (ARGS=… for pytest)
	@$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(DEV) ## style, types, floors, dependencies, templates, house rules
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/deptry --no-ansi .
	$(VENV)/bin/djlint templates --lint --quiet
	$(PY) -m pytest -q tests/house

coverage: $(DEV) $(BROWSER) ## the tests again, counting what they reach: all of the core, 95 % of the rest
	@$(PY) -m coverage run -m pytest $(ARGS)
	@$(PY) -m coverage report --include='app/scoring/*,app/*/rules.py,app/*/proofs.py,app/*/intake.py' --fail-under=100
	@$(PY) -m coverage report --fail-under=95

bench: $(DEV) ## measure against the ceilings of this machine, write bench/results.md
	@$(PY) -m bench $(ARGS)

migration: $(DEV) ## draft the next migration from the tables: make migration m="what changes"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="add a closing note"'; exit 2; }
	@mkdir -p var && rm -f var/draft.sqlite*
	@export SOFTKPI_DATABASE_URL=sqlite:///var/draft.sqlite; \
	next=$$(printf '%04d' $$(( 10#$$(ls migrations/versions | grep -oE '^[0-9]{4}' | sort | tail -1) + 1 ))); \
	$(VENV)/bin/alembic upgrade head && $(VENV)/bin/alembic revision --autogenerate --rev-id "$$next" -m "$(m)"; \
	rm -f var/draft.sqlite*; echo "Write $$next into app/infra/revision.py, too."

demo: $(RUNTIME) ## put the demo organisation into the database of the settings
	@$(PY) -m app demo $(ARGS)

openapi: $(DEV) ## write down the API as it is now, after a change that is meant
	@$(PY) -m tests.house.service

docs: $(DEV) ## check that docs name every setting and path and that their links lead somewhere
	@$(PY) -m pytest -q tests/house/test_docs.py

pictures: $(DEV) $(BROWSER) ## take the pictures of the manuals again, after a change of their pages
	@$(PY) -m tests.browser.pictures $(ARGS)

format: $(DEV) ## let ruff arrange the code
	@$(VENV)/bin/ruff check --fix-only --quiet . ; $(VENV)/bin/ruff format .

COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: $(BASE) ## resolve pyproject.toml into the hashed locks (UPGRADE=1 takes newer versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra oidc -c requirements.lock -o requirements-oidc.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra passkeys -c requirements-oidc.lock -o requirements-passkeys.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra oidc --extra passkeys --group test --group lint -c requirements-oidc.lock -c requirements-passkeys.lock -o requirements-dev.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group tools -o requirements-tools.lock

# ------------------------------------------------------------ stamps: done once, again when a lock changes

$(PY):
	@found=$$(for name in $(PYTHON); do "$$name" -c '$(ITSELF)' 2>/dev/null || :; done \
	  | sort -t $$'\t' -k 1,1 -u | cut -f 2); \
	python=$$(for turn in -u -ur -u -ur -u -ur; do sort $$turn <<< "$$found" | while read -r name; do \
	  took=$$("$$name" -c '$(SECONDS)' 2>/dev/null) && echo "$$took $$name" || :; done; done \
	  | sort -n | head -n 1 | cut -d' ' -f2-); \
	test -n "$$python" || { echo 'Python 3.11 or newer is needed and none was found on PATH.'; exit 1; }; \
	"$$python" -m venv $(VENV) 2>/dev/null \
	|| { rm -rf $(VENV); "$$python" -m venv --without-pip $(VENV) && "$$python" -m pip --python $(PY) install -q --require-hashes -r requirements-tools.lock 2>/dev/null; } \
	|| { rm -rf $(VENV); test "$$(id -u)" = 0 && apt-get -o DPkg::Lock::Timeout=300 update -q \
	     && apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends python3-venv && "$$python" -m venv $(VENV); } \
	|| { rm -rf $(VENV); echo 'Python cannot make environments here; install its venv module (Debian: apt-get install python3-venv).'; exit 1; }

$(BASE): requirements-tools.lock | $(PY)
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-tools.lock \
	|| echo 'uv could not be installed; pip installs instead, which takes longer.'
	@touch $@

$(RUNTIME): requirements.lock $(BASE)
	@echo 'Installing what the service needs …'
	@$(INSTALL) requirements.lock || $(INSTALL_SLOWLY) requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(BASE)
	@echo 'Installing what the tests need …'
	@$(INSTALL) requirements-dev.lock || $(INSTALL_SLOWLY) requirements-dev.lock
	@touch $@ $(RUNTIME)

$(BROWSER): tests/browser/install.py $(DEV)
	@$(PY) tests/browser/install.py
	@touch $@
