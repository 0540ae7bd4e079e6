# make demo    make a registry of people who never existed, link it, and compare it with the paper
# make test    all tests, each once: the fast ones, then the slow ones
# make quick   the tests that a change needs at once: about a minute
# make check   formatting, lint, types, and the fast tests with branch coverage
# make bench   seconds, memory, sensitivity and PPV beside two other libraries, at three sizes (about an hour)
#
# Each installs what it needs into .venv first, and again only when pyproject.toml or constraints.txt have changed.

PYTHON ?= python3
BIN     = .venv/bin
# Two processes, because the fast engine uses all cores. The tests of one file share a process, and so their fixtures.
PYTEST  = $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --durations 10
# CI measures the branch coverage of the fast tests in the same run: make test COVERAGE=1
COVER   = $(if $(COVERAGE),--cov --cov-report=term:skip-covered)

.PHONY: install demo test fast slow quick check lint bench clean
.DEFAULT_GOAL = install

install: .venv/ready

# One file for each set of extras that is installed.
.venv/ready-demo:  EXTRAS = arrow
.venv/ready-bench: EXTRAS = bench,spark
.venv/ready:       EXTRAS = dev,bench

.venv/ready-demo .venv/ready-bench .venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or later is needed; $(PYTHON) is missing or older. Name another: make PYTHON=python3.12' >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv' >&2; \
	  exit 1; }
	@echo 'Installing [$(EXTRAS)] into .venv ...'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

demo: .venv/ready-demo
	@$(BIN)/linkage demo

test: fast slow

fast: install
	$(PYTEST) -m 'not slow' $(COVER)

# Spark clusters, the demonstration at full size, fuzzing, and what else takes ten seconds or more.
slow: install
	$(PYTEST) -m slow

quick: install
	$(PYTEST) -m 'not slow and not links'

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: COVERAGE = 1
check: lint fast

DATE ?= $(shell date +%F)
bench: .venv/ready-bench
	$(BIN)/python -m benchmarks.run --date $(DATE)

clean:
	rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache demo-out build dist
