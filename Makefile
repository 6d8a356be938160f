# One command each; `make` alone lists them. Everything is installed into .venv first.
# PYTHON=… chooses the interpreter, PORT=…, HOST=…, DATA=…, DATABASE_URL=… and BROKER_URL=… the instance.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run listen test lint bench chaos fuzz docs conformance lock

BIN := .venv/bin
PY := $(BIN)/python
CODE := tmfusage specs usage consumption
REPORT ?= var/conformance.html
# Checks that only read the code: production settings, and servers that are never asked.
NO_SERVERS := DATABASE_URL=postgres://nobody@127.0.0.1:1/none BROKER_URL=redis://127.0.0.1:1/0 DATABASE_POOL_SIZE=0
PRODUCTION := TMFUSAGE_ENV=production SECRET_KEY=only-for-lint-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH \
	ALLOWED_HOSTS=usage.example.com $(NO_SERVERS)

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv and install the locked requirements, once
	@python="$(PYTHON)"; \
	for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
		test -n "$$python" && break; \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$$candidate; \
	done; \
	command -v "$${python:=python3}" >/dev/null || \
		{ echo "Python 3.11 or newer is missing: \`apt install python3 python3-venv\` on Debian and Ubuntu." >&2; exit 1; }; \
	exec "$$python" tmfusage/embedded/install.py

# `exec` makes the launcher make's own child: signals that make forwards reach it, and it notices when make is killed.
run: setup ## the portal with demo data; PORT=8000 DATA=var
	@exec $(PY) -m tmfusage.embedded --end-with-parent

listen: setup ## a listener that verifies and prints what it receives; SECRET=whsec_… PORT=9000
	@exec env TMFUSAGE_ENV=development $(PY) manage.py listen --port "$(or $(PORT),9000)" --secret "$(SECRET)"

test: setup ## every test, on a real PostgreSQL and a real Valkey, in two processes; ARGS="-k name"
	@exec $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## ruff, import layers, types, migrations, deployment checks, house rules
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(BIN)/lint-imports
	TMFUSAGE_ENV=test $(PY) -m mypy $(CODE)
	$(PRODUCTION) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	$(NO_SERVERS) $(PY) -m pytest -q tests/test_house.py

bench: setup ## throughput beside a bare psycopg handler and plain DRF, and every kind of filter, as ratios
	$(PY) -m tests.benchmarks $(ARGS)
	$(PY) -m tests.benchmarks.queries
	$(PY) -m tests.benchmarks.deliveries
	$(PY) -m tests.benchmarks.events
	$(PY) -m tests.benchmarks.consumption

chaos: setup ## events under kill -9, a broker and a database that fail; at most ten minutes
	@exec $(PY) -m tests.chaos $(ARGS)

fuzz: setup ## twenty thousand generated requests, valid and broken; ARGS="--requests 1000"
	@exec $(PY) -m tests.fuzz $(ARGS)

docs: setup ## the documentation as a site, in site/
	$(PY) -m mkdocs build --strict

conformance: setup ## our conformance suite against a TMF635 server; URL=… API_KEY=… REPORT=…
	@test -n "$(URL)" || { echo "Say which server: make conformance URL=http://127.0.0.1:8000 API_KEY=…" >&2; exit 1; }
	@mkdir -p "$(dir $(REPORT))" && exec $(PY) -m tests.conformance --url "$(URL)" --report "$(REPORT)" $(ARGS)

lock: ## compile requirements*.txt from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "uv is missing: \`pip install uv\`." >&2; exit 1; }
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile pyproject.toml --universal --python-version 3.11 \
		--generate-hashes --quiet -o requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile pyproject.toml --universal --python-version 3.11 \
		--generate-hashes --quiet --extra dev -o requirements-dev.txt
