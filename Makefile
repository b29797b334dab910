# make demo   a drill of each family in the sandbox, ending with a verdict and a report
# make test   every test
# make check  format, lint, types, import layers, tests, coverage
# make fix    format, and repair what can be repaired
# make bench  the benchmarks, with Chaos Toolkit beside us where the package index has it
# make chaos  death at every port, every fault in every call, 1,000 SIGKILLs, 200 double heartbeats: an hour or more
# make fuzz   garbage as drills, messages and journals, for SECONDS=60 or as long as you say
# make rules  the Prometheus rules, by promtool
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO_HOME ?= $(CURDIR)/.dr
.DEFAULT_GOAL := help
SECONDS ?= 60
.PHONY: help setup demo test check fix lint types layers coverage bench chaos fuzz rules clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

$(VENV)/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "dr needs Python 3.11 or newer; $(PYTHON) is not (make PYTHON=python3.12 ...)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint requirements.lock --editable '.[sandbox,dev]'
	@touch $@

setup: $(VENV)/ready

demo: setup
	@DR_HOME="$(DEMO_HOME)" $(BIN)/dr demo

test: setup
	$(BIN)/python -m pytest -q -n auto --dist loadgroup

check: lint types layers coverage

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ruff check --isolated --select E9,F dr/report/verifier/verify.py

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

coverage: setup
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -q -n auto --dist loadgroup
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --include 'dr/model/*,dr/core/*' --fail-under 100
	$(BIN)/coverage report --skip-covered --fail-under 90

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks --peer

# One test after the other: each keeps the machine busy by itself.
chaos: setup
	DR_POINTS=1 DR_KILLS=1000 $(BIN)/python -m pytest -q --timeout 0 tests/crash
	DR_POINTS=1 $(BIN)/python -m pytest -q --timeout 0 tests/e2e/test_positions.py tests/e2e/test_hostile.py
	DR_KILLS=100 $(BIN)/python -m pytest -q --timeout 0 tests/e2e/test_crash_cli.py
	DR_BEATS=200 $(BIN)/python -m pytest -q --timeout 0 tests/contract/test_hammering.py

fuzz: setup
	DR_FUZZ_S=$(SECONDS) $(BIN)/python -m pytest -q -s --timeout 0 tests/fuzz

rules: setup
	@command -v promtool >/dev/null || { echo "promtool comes with Prometheus (Debian: apt install prometheus)"; exit 2; }
	@mkdir -p .dr/rules && cp tests/contract/rules.yaml .dr/rules/tests.yaml
	$(BIN)/dr schedule export --format prometheus --output .dr/rules/rules.yaml
	promtool test rules .dr/rules/tests.yaml

clean:
	rm -rf $(VENV) .dr .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
