"""Times that a run does not know or does not use, which a release must not show.

A placeholder day, such as 1970-01-01 for no death, is the same true day for everybody: shifted, it shows the person's
offset. The rules are those of the run. They are applied here because a release reads the hospital's files again, and
also reads tables that no run has read. A death that the run did not use is not followed up, so its time is not released
either: it can be wrong, or later than a year after the last discharge.
"""

from collections.abc import Iterator, Sequence

from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.encounter_times import is_no_date
from linkage.release.checks import Check
from linkage.release.policy import Table

_NO_DATE = "placeholder days and days in a future year"
_NOT_USED = "not on the day of dod"


def leave_empty(engine: DuckDBEngine, tables: Sequence[Table], last_year: int | None) -> list[Check]:
    """Empty the times of `source_NAME` that a run treats as not known, and times of death that are not on the person's
    date of death in `person`. Return their numbers, one for each column that has any.

    `last_year` is the last plausible year, as the run found it.
    """
    unknown = [check for table in tables for check in _of_table(engine, table, last_year)]
    return unknown + [check for table in tables for check in _deaths_not_used(engine, table)]


def _of_table(engine: DuckDBEngine, table: Table, last_year: int | None) -> Iterator[Check]:
    for column in table.of_kind("date", "time"):
        is_unknown = is_no_date(_as_in_a_run(table, column.name), column.name)
        if last_year is not None:
            is_unknown = f"({is_unknown} OR year({column.name}) > {last_year})"
        if count := _emptied(engine, table, column.name, is_unknown):
            yield Check("identifiers", f"{table.name}: {column.name} left empty: {_NO_DATE}", count, None)


def _deaths_not_used(engine: DuckDBEngine, table: Table) -> Iterator[Check]:
    if table.death in {column.name for column in table.of_kind("date", "time")}:
        used = (
            f"SELECT 1 FROM person WHERE person.patient_id = source_{table.name}.subject_id"
            f" AND person.dod = CAST({table.death} AS DATE)"
        )
        if count := _emptied(engine, table, table.death, f"{table.death} IS NOT NULL AND NOT EXISTS ({used})"):
            claim = f"{table.name}: {table.death} left empty: {_NOT_USED}"
            yield Check("identifiers", claim, count, None)


def _as_in_a_run(table: Table, column: str) -> str:
    """The run's name for a column of times. Columns that a run does not read have the longest list of placeholders."""
    return {table.start: "start", table.death: "death_time"}.get(column, "discharge")


def _emptied(engine: DuckDBEngine, table: Table, column: str, condition: str) -> int:
    source = f"source_{table.name}"
    if count := engine.count(f"{source} WHERE {condition}"):
        engine.blank(source, column, condition)
    return count
