"""The table `rejected`: every row that cannot be used, with its file, its row number and the reason."""

from collections.abc import Sequence
from typing import Any

from linkage.engines import Engine
from linkage.errors import InputError
from linkage.printing import counted
from linkage.quoting import literal
from linkage.sources.source import Source


def reject(
    engine: Engine, table: str, sources: Sequence[tuple[Source, int]], reasons: Sequence[tuple[str, str]]
) -> int:
    """Move the rows that meet a reason's condition out of the table, into `rejected`.

    `sources` gives each source and the position of its first row in the table.
    """
    number = engine.row_numbers(table)
    why = " ".join(f"WHEN {condition} THEN '{reason}'" for reason, condition in reasons)
    latest_first = sorted(sources, key=lambda source: -source[1])
    name = " ".join(f"WHEN {number} >= {start} THEN {literal(source.name)}" for source, start in latest_first)
    begin = " ".join(f"WHEN {number} >= {start} THEN {start}" for _, start in latest_first)
    count = engine.create(
        "rejecting",
        f"SELECT * FROM (SELECT {number} AS position, CASE {name} END AS file,"
        f" {number} - CASE {begin} END AS place, CASE {why} END AS reason FROM {table}) AS checked"
        " WHERE reason IS NOT NULL",
    )
    if count:
        engine.replace_rows(
            table, f"{number} IN (SELECT position FROM rejecting)", f"SELECT * FROM {table} WHERE FALSE"
        )
        listed = _with_row_numbers(engine, [source for source, _ in sources])
        engine.create("rejected", f"SELECT * FROM rejected UNION ALL {listed}")
        engine.drop("row_shift", "rejecting")
    return count


def _with_row_numbers(engine: Engine, sources: Sequence[Source]) -> str:
    """The SELECT of `rejecting` with each row's number in its file, as `Source.row_number` gives it."""
    shifted = [source for source in sources if source.rows_found.positions]
    if not shifted:
        return "SELECT file, place + 2 AS row_number, reason FROM rejecting"
    found: dict[str, Sequence[Any]] = {
        "file": [source.name for source in shifted for _ in source.rows_found.positions],
        "place": [place for source in shifted for place in source.rows_found.positions],
        "shift": [shift for source in shifted for shift in source.rows_found.shifts],
    }
    engine.insert("row_shift", found, {"file": "STRING", "place": "BIGINT", "shift": "BIGINT"})
    # Shifts only grow, so the largest shift before a row is its own.
    return (
        "SELECT file, place + 2 + coalesce(latest, 0) AS row_number, reason FROM (SELECT *, max(shift) OVER (PARTITION"
        " BY file ORDER BY place, is_row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS latest FROM ("
        "SELECT file, place, reason, CAST(NULL AS BIGINT) AS shift, 1 AS is_row FROM rejecting UNION ALL"
        " SELECT file, place, NULL AS reason, shift, 0 AS is_row FROM row_shift) AS both_kinds) AS placed"
        " WHERE is_row = 1"
    )


def reject_unfit(engine: Engine, source: Source) -> int:
    """List the rows that do not fit the header of a CSV file, or the layout of another; how many there are."""
    unfit = list(source.rows_found.reasons())
    if unfit:
        lines, reasons = [line for line, _ in unfit], [reason for _, reason in unfit]
        rows: dict[str, Sequence[Any]] = {"file": [source.name] * len(unfit), "row_number": lines, "reason": reasons}
        engine.insert("unfit", rows, {"file": "STRING", "row_number": "BIGINT", "reason": "STRING"})
        engine.create("rejected", "SELECT * FROM rejected UNION ALL SELECT file, row_number, reason FROM unfit")
        engine.drop("unfit")
    return len(unfit)


def without_rows(source: Source) -> InputError:
    """The error for a source without a usable row, with the reason for its first unusable one."""
    unfit = list(source.rows_found.reasons())
    if not unfit:
        return InputError(f"{source.name} has {'no' if source.format == 'fhir' else 'a header but no'} rows.")
    number, why = unfit[0]
    return InputError(f"{source.name}: none of its {counted(len(unfit), 'row')} can be used. Row {number:,}: {why}.")


def start_rejected(engine: Engine) -> None:
    """Create the empty list of rows that cannot be used."""
    engine.create(
        "rejected",
        "SELECT * FROM (SELECT CAST(NULL AS STRING) AS file, CAST(NULL AS BIGINT) AS row_number,"
        " CAST(NULL AS STRING) AS reason) AS nothing WHERE FALSE",
    )
