"""Each step reads and makes only the tables and columns that it declares."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.steps import STEPS
from linkage.method.tables import TABLES
from linkage.method.tables_page import page
from linkage.run.progress import Stopwatch
from tests.rules import MANY_FEATURES, rules_id
from tests.small_town.town import FOLDER

DECLARED = {table.name: table for table in TABLES}
MAKING = ("create", "insert", "look_up", "load", "keep")
ASKING = ("rows", "replace_rows", "blank", "update", "frame")


class Watcher:
    """Records what each step reads and creates, from the statements of an engine."""

    def __init__(self) -> None:
        self.step = ""
        self.made: dict[str, set[str]] = {}
        self.read: dict[str, set[str]] = {}
        self.columns: dict[str, set[str]] = {}

    def tables_in(self, statement: str) -> set[str]:
        """The tables known so far that a statement names."""
        named = set(re.findall(r"\b(?:FROM|JOIN)\s+\(?([a-z_0-9]+)", statement))
        parts_of_it = set(re.findall(r"\b([a-z_0-9]+) AS \(", statement))
        return (named - parts_of_it) & set().union(*self.made.values(), [])

    def reads(self, *statements: object) -> None:
        """Note what the current step reads."""
        for statement in statements:
            if isinstance(statement, str):
                self.read.setdefault(self.step, set()).update(self.tables_in(statement))


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Watcher]:
    watcher = Watcher()

    def made(name: str) -> Any:
        real = getattr(DuckDBEngine, name)

        def make(self: DuckDBEngine, table: str, *given: Any, **named: Any) -> Any:
            watcher.reads(*given)
            answer = real(self, table, *given, **named)
            if name == "look_up" and not answer:
                return answer  # no table is created without values
            watcher.made.setdefault(watcher.step, set()).add(table)
            described = self._execute(f"DESCRIBE {table}").fetchall()
            watcher.columns[table] = {str(row[0]) for row in described}
            return answer

        return make

    def asked(name: str) -> Any:
        real = getattr(DuckDBEngine, name)

        def ask(self: DuckDBEngine, *given: Any, **named: Any) -> Any:
            watcher.reads(*given)
            return real(self, *given, **named)

        return ask

    real_step = Stopwatch.step

    @contextmanager
    def step(self: Stopwatch, name: str) -> Iterator[None]:
        watcher.step = name
        with real_step(self, name):
            yield
        watcher.step = ""

    for name in MAKING:
        patch.setattr(DuckDBEngine, name, made(name))
    for name in ASKING:
        patch.setattr(DuckDBEngine, name, asked(name))
    patch.setattr(Stopwatch, "step", step)
    yield watcher


@pytest.fixture(scope="module", params=["mimic_iv", MANY_FEATURES, "evidence"], ids=rules_id)
def watched(request: pytest.FixtureRequest) -> Watcher:
    """A run of the small town with one cascade."""
    with pytest.MonkeyPatch.context() as patch, watching(patch) as watcher:
        encounters = [FOLDER / "admissions.csv", FOLDER / "edstays.csv"]
        files = FOLDER / "patients.csv", FOLDER / "deaths.csv"
        with linkage.link(*files, request.param, encounters=encounters):
            pass
        return watcher


def test_a_step_makes_only_what_it_declares(watched: Watcher) -> None:
    for step in STEPS:
        others = watched.made.get(step.name, set()) - set(step.makes)
        assert not [name for name in others if not any(fnmatch(name, pattern) for pattern in step.within)], step.name


def test_a_step_reads_only_what_it_declares(watched: Watcher) -> None:
    for step in STEPS:
        others = watched.read.get(step.name, set()) - set(step.reads) - set(step.makes)
        assert not [name for name in others if not any(fnmatch(name, pattern) for pattern in step.within)], step.name


def test_a_table_has_the_columns_that_its_contract_names(watched: Watcher) -> None:
    for name, table in DECLARED.items():
        if name in watched.columns:
            found = watched.columns[name]
            assert not [column for column in found if not table.allows(column)], name
            assert not set(table.required()) - found, name


def test_every_table_between_steps_has_a_contract_and_a_maker() -> None:
    assert {name for step in STEPS for name in step.makes} == set(DECLARED)
    made: set[str] = set()
    for step in STEPS:
        assert set(step.reads) <= made | {"encounter"}, step.name
        made |= set(step.makes)


def test_the_page_of_tables_is_what_the_code_says() -> None:
    assert (Path(__file__).parents[2] / "docs" / "tables.md").read_text("utf-8") == page()
