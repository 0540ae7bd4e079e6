"""The default engine returns row counts, and a small linkage needs few statements."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb
import pandas as pd
import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine

MOST_STATEMENTS = 125
"""Without room to spare: a statement costs 2 ms, and thousands of tests link a few rows. It was 294 at first."""

PATIENTS = pd.DataFrame(
    {
        "patient_id": ["1", "2"],
        "first_name": ["Bill", "Ana"],
        "last_name": ["Lee", "García-López"],
        "birth_date": ["1950-02-11", "1944-07-30"],
        "ssn": [None, "012-34-5679"],
    }
)
DEATHS = pd.DataFrame(
    {
        "death_id": ["40", "41"],
        "first_name": ["WILLIAM", "ANNA"],
        "last_name": ["LEE", "LOPEZ"],
        "birth_date": ["1950-02-11", "1944-07-30"],
        "ssn": ["", "012345679"],
        "death_date": ["2015-06-01", "2016-03-05"],
    }
)
STAYS = pd.DataFrame(
    {
        "patient_id": ["1", "2"],
        "start": ["2015-01-02", "2015-03-01"],
        "discharge": ["2015-01-09", "2015-03-04"],
    }
)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """An engine without tables."""
    with closing(DuckDBEngine()) as made:
        yield made


def test_making_a_table_returns_the_number_of_its_rows(engine: DuckDBEngine) -> None:
    assert engine.create("number", "SELECT unnest([1, 2, 3]) AS n") == 3
    assert engine.create("nothing", "SELECT n FROM number WHERE n > 3") == 0
    assert engine.rows("SELECT * FROM nothing") == []


def test_values_are_looked_up_once_each_and_nothing_is_made_of_none(engine: DuckDBEngine) -> None:
    engine.create("name", "SELECT unnest(['Lee', 'Roe']) AS value")
    found = engine.look_up("upper_name", "SELECT value FROM name", lambda text: (text.upper(),), ("upper",))
    assert found == 2
    assert sorted(engine.rows("SELECT value, upper FROM upper_name")) == [("Lee", "LEE"), ("Roe", "ROE")]
    assert engine.look_up("none", "SELECT value FROM name WHERE FALSE", lambda text: (text,), ("same",)) == 0
    assert engine.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'none'") == [(0,)]


def test_tables_are_dropped_together_whether_they_are_there_or_not(engine: DuckDBEngine) -> None:
    for name in ("one", "two"):
        engine.create(name, "SELECT 1 AS n")
    engine.drop()
    engine.drop("one", "three", "two")
    assert engine.rows("SELECT count(*) FROM duckdb_tables()") == [(0,)]


def test_a_link_of_two_rows_asks_few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    execute = DuckDBEngine._execute

    def counted(self: DuckDBEngine, statement: str, *values: object) -> duckdb.DuckDBPyConnection:
        asked.append(statement)
        return execute(self, statement, *values)

    monkeypatch.setattr(DuckDBEngine, "_execute", counted)
    with linkage.link(PATIENTS, DEATHS, encounters=STAYS) as run:
        number = len(asked)
        assert len(run.links) == 2
    assert 0 < number <= MOST_STATEMENTS


def test_a_sound_that_nobody_has_is_not_known() -> None:
    people = {"birth_date": ["1950-02-11"], "ssn": ["212345678"], "last_name": [None], "first_name": [None]}
    patients, deaths = pd.DataFrame({"patient_id": ["1"], **people}), pd.DataFrame({"death_id": ["8"], **people})
    with linkage.link(patients, deaths, "evidence") as run:
        assert run.database.rows("SELECT last_name, last_name_sound FROM patient") == [(None, None)]


def test_a_signal_between_handing_over_a_statement_and_waiting_for_it_stops_the_statement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = DuckDBEngine()
    submit = engine._worker.submit

    def signalled(*arguments: Any) -> Any:
        future = submit(*arguments)
        if arguments[1:]:  # a statement, and not the end of waiting
            raise KeyboardInterrupt
        return future

    monkeypatch.setattr(engine._worker, "submit", signalled)
    with pytest.raises(KeyboardInterrupt):
        engine.rows("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 0")
    monkeypatch.undo()
    assert engine.rows("SELECT 1") == [(1,)]
    engine.close()
