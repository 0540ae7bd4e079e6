# make demo    make a registry of people who never existed, link it, and stand it beside the paper
# make test    all tests, in parallel
# make check   formatting, lint, types, doctests, and all but the slow tests with branch coverage
# make bench   seconds, memory, sensitivity and PPV beside two other libraries, at three sizes (about an hour)
#
# Each sets up .venv first, and again only when pyproject.toml or constraints.txt have changed.

PYTHON ?= python3
BIN     = .venv/bin
READY   = .venv/ready
# Two processes: the fast engine uses all cores by itself. The tests on a Spark cluster share one.
PYTEST  = $(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

.PHONY: install demo test check bench clean
.DEFAULT_GOAL = install

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or later is needed; $(PYTHON) is missing or older. Name another: make PYTHON=python3.12' >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv' >&2; \
	  exit 1; }
	@echo 'Setting up .venv (the first time takes a few minutes) ...'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,bench]'
	@touch $@

demo: install
	@$(BIN)/linkage demo

test: install
	$(PYTEST)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) -m 'not slow' --cov --cov-report=term:skip-covered

DATE ?= $(shell date +%F)
bench: install
	$(BIN)/python -m benchmarks.run --date $(DATE)

clean:
	rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache demo-out build dist
