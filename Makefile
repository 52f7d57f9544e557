# `make` lists the targets. Each works on a fresh machine with Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOCS := .venv-docs

.PHONY: help demo run inspect clients test test-full bench screenshots variables lint format docs lock secrets clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: $(VENV)/runtime ## run the whole chain once, on free ports, and tell what happens
	@$(BIN)/python manage.py demo

run: $(VENV)/runtime ## keep tenant, API and bridge up, behind one banner, until Ctrl-C
	@$(BIN)/python manage.py up

inspect: $(VENV)/runtime | node_modules ## open MCP Inspector, ready to connect to what `make run` keeps up
	@$(BIN)/python manage.py inspect

clients: $(VENV)/development ## install MCP clients below tests/clients; PROPRIETARY=1 adds the proprietary ones, ONLY=folder installs one
	@$(BIN)/python -m tests.clients.install $(if $(FOR_CI),--ci) $(if $(PROPRIETARY),--proprietary) $(ONLY)

test: $(VENV)/development ## all checks and tests, long suites with few rounds
	@$(BIN)/python -m tests.run

test-full: $(VENV)/development ## the same with as many rounds as the long suites ask for
	@LONG_TESTS=1 $(BIN)/python -m tests.run

bench: $(VENV)/development ## measure start-up, memory, calls, recording and reviewing; ONLY=name runs one of them
	@$(BIN)/python -m tests.bench $(ONLY)

screenshots: $(VENV)/development | node_modules ## take the pictures of README.md and docs/ anew, from real pages
	@$(BIN)/python -m tests.screenshots

variables: $(VENV)/development ## write docs/configuration.md and .env.example from the variables' declarations
	@$(BIN)/python -m operations.configuration_page

lint: $(VENV)/development ## only the checks: format, style, types, dependency rules, migrations, deployment
	@$(BIN)/python -m tests.run --only-checks

format: $(VENV)/development ## format the code
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

docs: $(DOCS)/installed ## build the documentation as a site in var/docs; check its links, list those that leave it
	@$(DOCS)/bin/python -m sphinx --quiet --nitpicky --fail-on-warning --keep-going --fresh-env docs var/docs
	@echo "The site: var/docs/index.html. Links that leave it, not checked: var/docs/external-links.txt."

lock: $(VENV)/development ## write the requirements files anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra reference $(LOCK) -o requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra dev $(LOCK) -o requirements-dev.txt
	@$(BIN)/uv pip compile pyproject.toml --extra docs --constraints requirements-dev.txt $(LOCK) -o requirements-docs.txt

secrets: $(VENV)/runtime ## make the secret files that compose.yaml names, once
	@$(BIN)/python manage.py make_secrets secrets

clean: ## remove the virtual environments, the MCP clients and everything under var/
	rm -rf $(VENV) $(DOCS) var tests/clients/*/.venv tests/clients/*/node_modules tests/clients/agents/*/node_modules

LOCK := --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)."; exit 1; }

# --no-deps: the lock file names everything. Without it, pip 23.2 would pick a newer pydantic[email] than the locked one
# once there is one, and then refuse it because it has no hash.
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

# Where there is no npm, the command says what to install.
node_modules:
	@! command -v npm >/dev/null || { echo "Installing MCP Inspector ..."; npm ci --ignore-scripts --silent --no-audit --no-fund; }
