"""Shared by all tests: the Hypothesis profiles, the mark of slow tests, statements that are parsed once, and a database
with the house functions."""

import gc
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings

from linkage.engines.duck import engine as duck_engine
from linkage.engines.duck.functions import HOUSE_FUNCTIONS
from linkage.system.closed_duckdb import open_database

TESTS = Path(__file__).parent

# A failing example is not shrunk: shrinking a whole registry takes minutes, and the
# registries are small. In CI, every run draws the same examples, so that a change never fails
# on an unrelated case; elsewhere, each run draws new examples.
settings.register_profile(
    "linkage",
    deadline=None,
    derandomize="CI" in os.environ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],  # registries take long to draw
)
settings.load_profile("linkage")


@lru_cache(maxsize=2_000)
def parsed(text: str) -> Sequence[duckdb.Statement]:
    """The statements of a text."""
    return duckdb.extract_statements(text)


class ParsedOnce:
    """A connection that executes the statements that `parsed` keeps.

    A run of a few people executes more than a hundred statements, nearly always the same ones, and a sixth of its time
    is parsing. DuckDB also parses a text before it executes it, and then copies, binds, and plans the statements as it
    does here, so a run gives the same results. Processes that tests start parse for themselves.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, text: str, values: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        try:
            statements = parsed(text)
        except duckdb.Error:  # the connection reports it
            return self.connection.execute(text, values)
        for statement in statements:
            self.connection.execute(statement, values)
        return self.connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def _opened(path: str, scratch: str) -> Any:
    """A database of a run in tests. Outside CI it has one thread, unless the test asks for another number: two
    processes of tests use both cores. In CI it has the usual number."""
    connection = open_database(path, scratch)
    if "CI" not in os.environ:
        connection.execute("SET threads = 1")
    return ParsedOnce(connection)


duck_engine.open_database = _opened


# `make quick` excludes these modules and packages, because nearly all of their tests link or create a registry or
# start a process, which takes at least a second each time.
LINKING = {
    *("agreement", "concerns", "evaluation", "export", "formats", "fuzz", "release", "report", "small_town"),
    *("spark", "synthetic", "tuning"),
    *("test_blocking", "test_check", "test_cli", "test_cli_tuning", "test_comparison", "test_coverage"),
    *("test_crowds", "test_databases", "test_dense_blocks", "test_displaced_rows", "test_docs"),
    *("test_encounters", "test_evidence", "test_explanation", "test_extras", "test_faults", "test_febrl"),
    *("test_further_records", "test_keys_if_few_pairs", "test_limits_on_probability", "test_mortality"),
    *("test_notebooks", "test_one_sided_names", "test_output", "test_partial_birth_dates", "test_portable_sql"),
    *("test_privacy", "test_progress", "test_properties", "test_rare_and_unique", "test_reader_faults"),
    *("test_reading_summary", "test_recordlinkage_algorithms", "test_records", "test_reference_properties"),
    *("test_registry_years", "test_repeat", "test_reported_everywhere", "test_servers", "test_spark_session"),
    *("test_study", "test_summary", "test_tables", "test_weigh"),
}


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, because marks are strict."""
    config.addinivalue_line("markers", 'slow: takes ten seconds or more; leave out with -m "not slow"')
    config.addinivalue_line("markers", "links: in a module whose tests link registries; `make quick` leaves it out")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the test modules that `make quick` excludes, and begin with Spark and other slow tests: one process runs
    them while the other runs the rest."""
    for item in items:
        if TESTS in item.path.parents and LINKING.intersection(item.path.relative_to(TESTS).with_suffix("").parts):
            item.add_marker("links")
    items.sort(key=lambda item: (TESTS / "spark" not in item.path.parents, item.get_closest_marker("slow") is None))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`, tests of a folder with a `conftest.py` run in one process like those of a file, to share
    its fixtures, such as an application of Spark.

    The marks of pytest-xdist 3.8 for groups of tests have no effect in pytest 9.2.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(super()._split_scope(nodeid))
            shared = file.parent != Path("tests") and (config.rootpath / file.parent / "conftest.py").exists()
            return str(file.parent if shared else file)

    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """State how many tests did not run, for each reason."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    terminalreporter.section("tests that did not run")
    for reason, number in sorted(reasons.items()):
        terminalreporter.line(f"{number} skipped: {reason}")
    if terminalreporter.config.option.markexpr:
        terminalreporter.line(
            f"all tests that -m {terminalreporter.config.option.markexpr!r} leaves out; `make test` runs both kinds"
        )
    elif not reasons:
        terminalreporter.line("none")


def pytest_unconfigure() -> None:
    """Drop the parsed statements, and take away the callback by which Hypothesis times the garbage collector: while the
    interpreter ends it keeps modules alive, and DuckDB then prints pages of "nanobind: leaked" after the summary."""
    parsed.cache_clear()
    gc.callbacks[:] = [one for one in gc.callbacks if not getattr(one, "__module__", "").startswith("hypothesis.")]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for testing generated SQL separately."""
    with duckdb.connect() as connection:
        for statement in HOUSE_FUNCTIONS:
            connection.execute(statement)
        yield connection
