# `make` lists the targets. Each works on a fresh machine with Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOCS := .venv-docs

.PHONY: help demo run inspect clients test test-full bench screenshots variables lint format docs lock secrets clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: $(VENV)/runtime ## run the whole chain once, on free ports, and explain each step
	@$(BIN)/python manage.py demo

run: $(VENV)/runtime ## start tenant, API and bridge, and keep them up until Ctrl-C
	@$(BIN)/python manage.py up

inspect: $(VENV)/runtime | node_modules ## open MCP Inspector, ready to connect to the bridge that `make run` started
	@$(BIN)/python manage.py inspect

clients: $(VENV)/development ## install MCP clients below tests/clients; PROPRIETARY=1 adds the proprietary ones, ONLY=folder installs one
	@$(BIN)/python -m tests.clients.install $(if $(FOR_CI),--ci) $(if $(PROPRIETARY),--proprietary) $(ONLY)

test: $(VENV)/development ## run all checks and tests, the long suites with few rounds
	@$(BIN)/python -m tests.run

test-full: $(VENV)/development ## run all checks and tests, the long suites with all their rounds
	@LONG_TESTS=1 $(BIN)/python -m tests.run

bench: $(VENV)/development ## measure calls beside two peers, growth, recording and reviewing; ONLY=name runs one suite, WRITE=1 updates docs/
	@$(BIN)/python -m tests.bench $(ONLY)

screenshots: $(VENV)/development | node_modules ## retake the pictures in README.md and docs/ from the real pages
	@$(BIN)/python -m tests.screenshots

variables: $(VENV)/development ## write docs/configuration.md and .env.example from the variables' declarations
	@$(BIN)/python -m operations.configuration_page

lint: $(VENV)/development ## run only the checks: format, style, types, dependency rules, migrations, deployment
	@$(BIN)/python -m tests.run --only-checks

format: $(VENV)/development ## format the code
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

docs: $(DOCS)/installed ## build the documentation site in var/docs, check its links, and list the external ones
	@$(DOCS)/bin/python -m sphinx --quiet --nitpicky --fail-on-warning --keep-going --fresh-env docs var/docs
	@echo "The site is var/docs/index.html. Its external links, which were not checked, are in var/docs/external-links.txt."

lock: $(VENV)/development ## update the requirements files from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra reference $(LOCK) -o requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra dev $(LOCK) -o requirements-dev.txt
	@$(BIN)/uv pip compile pyproject.toml --extra docs --constraints requirements-dev.txt $(LOCK) -o requirements-docs.txt

secrets: $(VENV)/runtime ## create the secret files that compose.yaml names
	@$(BIN)/python manage.py make_secrets secrets

clean: ## remove the virtual environments, the MCP clients and everything under var/
	rm -rf $(VENV) $(DOCS) var tests/clients/*/.venv tests/clients/*/node_modules tests/clients/agents/*/node_modules tests/bench/quickstart/.venv

LOCK := --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required. Name one like this: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot create a virtual environment. Install its venv module (Debian: apt-get install python3-venv)."; exit 1; }

# --no-deps, because the lock file names everything. Without it, pip 23.2 would pick a newer pydantic[email] than the
# locked one as soon as there is one, and then refuse it because it has no hash.
$(VENV)/runtime: requirements.txt | $(BIN)/python
	@echo "Installing what the services need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt | $(BIN)/python
	@echo "Installing what the services and their tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $@ $(VENV)/runtime

$(DOCS)/installed: requirements-docs.txt
	@echo "Installing what the documentation needs ..."
	@$(PYTHON) -m venv --clear $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-docs.txt
	@touch $@

# Without npm, `manage.py inspect` says what to install.
node_modules:
	@! command -v npm >/dev/null || { echo "Installing MCP Inspector ..."; npm ci --ignore-scripts --silent --no-audit --no-fund; }
