# The commands of this repository; `make` alone lists them.

PYTHON ?=
ORDERS ?= 100000
JOBS ?= 3
MESSAGES ?= 10000
ANSWERS ?= 10000
ARGS ?=
export PYTHON
# Where it is set, each of hundreds of processes that the tests start would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

# Always as `python -m`: a script's first line cannot name a path with a space in it.
python := .venv/bin/python
compile := $(python) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command 'make lock' $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup ready lint format test test-quick demo demo-up demo-down soak bench \
	chaos cluster hostile leaks limits capacity upgrade mutants debian13 image audit chart chart-files kube \
	rules log-schema docs tutorial contract samples dashboards observe pictures build lock clean

help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ready ## makes .venv with the program and its tools in it (PYTHON=python3.13 names a Python)
	@$(python) -c 'import platform; print("Ready: .venv, Python", platform.python_version())'

ready:
	@.ci/setup

lint: ready ## checks style, format, types and the direction of imports
	@echo 'Checking style ...'
	@$(python) -m ruff check --quiet --output-format concise .
	@echo 'Checking format ...'
	@$(python) -m ruff format --quiet --check --output-format concise .
	@echo 'Checking the Dockerfile ...'
	@.venv/bin/hadolint Dockerfile
	@echo 'Checking types ...'
	@$(python) -m mypy
	@echo 'Checking imports ...'
	@$(python) -c 'from importlinter.cli import lint_imports_command as main; main()' --no-logo

format: ready ## formats the code and mends what can be mended by itself
	@$(python) -m ruff check --fix .
	@$(python) -m ruff format .

test: ready ## runs every test and checks the coverage; gets RabbitMQ if need be
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.shipping.rules ensure
	@$(python) -m coverage erase
	@echo 'Testing ...'
	@$(python) -m coverage run -m pytest --numprocesses $(JOBS) --dist worksteal
	@$(python) -m coverage combine --quiet
	@echo 'Coverage of the whole, at least 95 %:'
	@$(python) -m coverage report
	@echo 'Coverage of the core, 100 %:'
	@$(python) -m coverage report --include='service/core/*' --fail-under=100

test-quick: ready ## runs the tests that need no broker, in seconds
	@$(python) -m pytest tests/core tests/flow

demo: ready ## shows orders going through a relay, a broker and a stand-in for the API, then cleans up
	@$(python) -m tests.demo run

demo-up: ready ## starts what the demo shows and leaves it running
	@$(python) -m tests.demo up

demo-down: ready ## stops what demo-up started
	@$(python) -m tests.demo down

soak: ready ## sends ORDERS=100000 good orders through one relay, and counts each; watches its memory
	@$(python) -m tests.trials.soak --orders $(ORDERS)

bench: ready ## measures the relay beside its peers (ARGS="--only overhead --peers relay,httpx2", --help)
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.bench $(ARGS)

chaos: ready ## breaks relays, broker, links and API at random (ARGS="all --orders 6000 --seed 7")
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.chaos $(or $(ARGS),everything)

cluster: ready ## stops, kills and replaces the nodes of a cluster of three while orders flow
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.cluster

hostile: ready ## sends MESSAGES=10000 hostile messages, gives ANSWERS=10000 hostile answers, tries wrong settings
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.hostile --messages $(MESSAGES) --answers $(ANSWERS) $(ARGS)

leaks: ready ## takes the broker away a thousand times; watches tasks, files and memory
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.leaks $(ARGS)

limits: ready ## tries relays at an API with exact limits, beside other ways of limiting (ARGS="--only NAME", --list)
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.limits $(ARGS)

capacity: ready ## measures what docs/capacity.md foretells, at an API of a known latency; four minutes
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.capacity

upgrade: ready ## lets the previous release and this one share queues while orders flow (ARGS="--from REF")
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.upgrade $(ARGS)

mutants: ready ## takes out each guard of the relay in turn; a test must fail (ARGS='--only NAME', ARGS=--check)
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.trials.mutants --jobs $(JOBS) $(ARGS)

debian13: ## lints and tests the last commit in a Debian 13 of its own: Python 3.13, RabbitMQ 4 (root)
	@.ci/debian13 $(ARGS)

image: ready ## builds the container image and tests it, run for real (Debian, root)
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.shipping.image

audit: ready ## writes an SBOM, and looks for known vulnerabilities of what is pinned
	@$(python) -m tests.shipping.audit

chart: ready ## renders the Helm chart, validates it against Kubernetes and runs what it renders
	@$(python) -m tests.world.broker ensure
	@cmp -s requirements/checkov.txt .venv/checkov/installed.txt || { \
	    echo 'Installing checkov, half a minute ...'; \
	    $(python) -m uv --quiet venv --clear .venv/checkov && \
	    $(python) -m uv --quiet pip install --python .venv/checkov/bin/python \
	        --require-hashes -r requirements/checkov.txt && \
	    cp requirements/checkov.txt .venv/checkov/installed.txt; }
	@echo 'Checking the chart ...'
	@$(python) -m pytest --timeout 300 --numprocesses $(JOBS) --dist worksteal \
	    tests/shipping/chart/test_*.py tests/shipping/chart/rendered

chart-files: ready ## writes the chart's values.yaml, its schema and the README's tables
	@$(python) -m charts.sources.values.generate

kube: ready ## installs the chart on a real API server; builds that first, which takes long (needs Go)
	@$(python) -m tests.shipping.kube

rules: ready ## checks and tries the alert rules with promtool; gets it if need be
	@$(python) -m tests.shipping.rules ensure
	@$(python) -m pytest tests/shipping/rules

log-schema: ready ## writes the pages of the reference: log and its schema, doctor, contract, settings, ...
	@$(python) -m docs.sources.logs
	@$(python) -m docs.sources.doctor
	@$(python) -m docs.sources.contract
	@$(python) -m docs.sources.reference

docs: ready ## builds the site of the pages in .site/html and checks it (ARGS=--look: in a browser, minutes)
	@cmp -s requirements/docs.txt .venv/docs/installed.txt || { \
	    echo 'Installing Zensical ...'; \
	    $(python) -m uv --quiet venv --clear .venv/docs && \
	    $(python) -m uv --quiet pip install --python .venv/docs/bin/python \
	        --require-hashes -r requirements/docs.txt && \
	    cp requirements/docs.txt .venv/docs/installed.txt; }
	@$(python) -m docs.sources.site
	@$(python) -m tests.shipping.docs.site $(ARGS)

tutorial: ready ## types the tutorial in a bare Debian 12 and 13, each a folder of its own (root; ARGS=13)
	@$(python) -m tests.shipping.docs.tutorial $(ARGS)

contract: ready ## checks docs/contract, with AsyncAPI's own parser where npm is there
	@$(python) -m tests.shipping.contract.parser
	@$(python) -m pytest tests/shipping/contract tests/commands/producing/test_check_message.py

samples: ready ## runs docs/samples against a sandbox, in each language whose programs are there
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.shipping.samples $(ARGS)

dashboards: ready ## writes the Grafana dashboards of the chart from their code
	@$(python) -m charts.sources.dashboards

observe: ready ## lets a real Prometheus watch relays under faults: every expression asked, every alert caused
	@$(python) -m tests.world.broker ensure
	@$(python) -m tests.shipping.rules ensure
	@$(python) -m tests.trials.observe --messages $(MESSAGES) $(ARGS)

pictures: ready ## records half an hour of orders and draws the dashboards of it (needs npm, chromium, prometheus)
	@$(python) -m tests.shipping.pictures $(ARGS)

build: ready ## builds the wheel into dist
	@$(python) -m hatchling build -t wheel

lock: ready ## compiles requirements/ from pyproject.toml (ARGS=--upgrade takes newer versions)
	@echo 'Compiling the requirements ...'
	@$(compile) pyproject.toml --extra otel --group build --output-file requirements/image.txt
	@$(compile) pyproject.toml --extra otel --group dev --constraint requirements/image.txt \
	    --output-file requirements/dev.txt
	@$(compile) --group checkov --output-file requirements/checkov.txt
	@$(compile) --group docs --output-file requirements/docs.txt
	@$(compile) tests/trials/bench/peers/requirements.in --constraint requirements/image.txt \
	    --output-file tests/trials/bench/peers/requirements.txt

clean: ## removes what the other commands leave behind, except the environments
	@rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist htmlcov chaos-results .site
	@find . -name __pycache__ -type d -not -path './.venv*/*' -prune -exec rm -rf {} +
