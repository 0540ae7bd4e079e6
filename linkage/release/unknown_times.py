"""Times that a run does not know or does not use, which a release must not show.

A placeholder day, such as 1970-01-01 for no death, is the same true day for everybody: shifted, it shows the person's
offset. The rules are those of the run. They are applied here because a release reads the hospital's files again, and
also reads tables that no run has read.
"""

from collections.abc import Iterator, Sequence

from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.encounter_times import is_no_date
from linkage.release.checks import Check
from linkage.release.policy import Table

_NO_DATE = "placeholder days and days in a future year"


def leave_empty(engine: DuckDBEngine, tables: Sequence[Table], last_year: int | None) -> list[Check]:
    """Empty the times of `source_NAME` that a run treats as not known, and return their numbers, one for each column
    that has any. `last_year` is the last plausible year, as the run found it."""
    return [check for table in tables for check in _of_table(engine, table, last_year)]


def _of_table(engine: DuckDBEngine, table: Table, last_year: int | None) -> Iterator[Check]:
    for column in table.of_kind("date", "time"):
        is_unknown = is_no_date(_as_in_a_run(table, column.name), column.name)
        if last_year is not None:
            is_unknown = f"({is_unknown} OR year({column.name}) > {last_year})"
        if count := _emptied(engine, table, column.name, is_unknown):
            yield Check("identifiers", f"{table.name}: {column.name} left empty: {_NO_DATE}", count, None)


def _as_in_a_run(table: Table, column: str) -> str:
    """The run's name for a column of times. Columns that a run does not read have the longest list of placeholders."""
    return {table.start: "start", table.death: "death_time"}.get(column, "discharge")


def _emptied(engine: DuckDBEngine, table: Table, column: str, condition: str) -> int:
    source = f"source_{table.name}"
    if count := engine.count(f"{source} WHERE {condition}"):
        engine.blank(source, column, condition)
    return count
