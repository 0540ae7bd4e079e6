# make demo    create a synthetic registry, link it, and compare the result with the paper
# make test    all tests, each once
# make quick   the tests to run after every change: about a minute
# make check   formatting, lint, types, and the fast tests with branch coverage
# make bench   time, memory, sensitivity, and PPV compared with two other libraries, at three sizes (about an hour)
#
# Each target first installs its dependencies into .venv, and reinstalls only if pyproject.toml or constraints.txt changed.

PYTHON ?= python3
BIN     = .venv/bin
# Two processes, because the fast engine uses all cores. Tests of one file run in one process, to share fixtures, and so
# do those of a folder with a conftest.py.
# Files keep their order: slow ones come first and the small doctests last, so that both processes end together.
PYTEST  = $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 10
# CI measures the branch coverage in the same run: make test COVERAGE=1
COVER   = $(if $(COVERAGE),--cov --cov-report=term:skip-covered)

# Tests start several hundred Python processes. Without bytecode files, each compiles pandas and DuckDB again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo test fast quick check lint bench clean
.DEFAULT_GOAL = install

install: .venv/ready

# One marker file for each set of installed extras.
.venv/ready-demo:  EXTRAS = arrow
.venv/ready-bench: EXTRAS = bench,spark
.venv/ready:       EXTRAS = dev,bench

.venv/ready-demo .venv/ready-bench .venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or later is needed; $(PYTHON) is missing or older. Choose another: make PYTHON=python3.12' >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) cannot create virtual environments. On Debian and Ubuntu: apt-get install python3-venv' >&2; \
	  exit 1; }
	@echo 'Installing [$(EXTRAS)] into .venv ...'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

demo: .venv/ready-demo
	@$(BIN)/linkage demo

# Including Spark clusters, the full-size demonstration, fuzzing, and other tests of ten seconds or more.
test: install
	$(PYTEST) $(COVER)

fast: install
	$(PYTEST) -m 'not slow' $(COVER)

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
