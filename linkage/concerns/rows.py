"""What looks wrong in the rows of the files: rejected rows, and rows whose values may be in the wrong columns."""

from collections.abc import Sequence

from linkage.concerns.counts import SEVERAL
from linkage.engines import Engine
from linkage.formats.stream import set_aside
from linkage.method.displaced import DISPLACED, FOOTER, HEADER_AGAIN
from linkage.method.records import ROUNDED_ID, Loaded
from linkage.printing import agreeing, counted, share
from linkage.sources.source import Source


def concerns_of_rows(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about rows, one kind after the other."""
    return [*_rejected_rows(loaded), *_unfit_rows(sources), *_displaced_rows(engine), *_unfit_lines(sources)]


def _rejected_rows(loaded: Sequence[Loaded]) -> list[str]:
    return [
        f"{one.name}: {share(one.rejected, one.rows)} of the rows are rejected."
        for one in loaded
        if one.rejected - set_aside(one.actions) > SEVERAL * one.rows
    ]


def _unfit_rows(sources: Sequence[Source]) -> list[str]:
    """Rows whose values may be in the wrong columns: each can be a lost patient or death."""
    return [
        f"{source.name}: {counted(len(unfit), 'row has', 'rows have')} a different number of fields than the header,"
        f" first on line {unfit[0][0]:,}. {_rejected(len(unfit))} Is a comma written inside a value that has no quotes?"
        for source in sources
        if source.format == "csv" and (unfit := source.csv_rows.unfit)
    ]


def _rejected(rows: int) -> str:
    return f"{agreeing(rows, 'It is', 'They are')} rejected: see the table rejected."


def _displaced_rows(engine: Engine) -> list[str]:
    """Rows with as many fields as the header that hold values of other columns, or an id that was rounded."""
    found = engine.rows(
        "SELECT file, reason, count(*), min(row_number) FROM rejected"
        f" WHERE reason IN ('{DISPLACED}', '{FOOTER}', '{HEADER_AGAIN}', '{ROUNDED_ID}')"
        " GROUP BY file, reason ORDER BY file, reason"
    )
    why = {
        DISPLACED: (
            ("row has values in the wrong columns", "rows have values in the wrong columns"),
            "Is a comma written inside a value that has no quotes, and another field left out?",
        ),
        HEADER_AGAIN: (
            ("row repeats the header", "rows repeat the header"),
            "Were files with headers concatenated?",
        ),
        FOOTER: (
            ("row is a line that a program wrote below a table", "rows are lines that a program wrote below a table"),
            "Export the table without totals and remarks.",
        ),
        ROUNDED_ID: (
            ("row has a patient_id such as 1.23457E+11", "rows have a patient_id such as 1.23457E+11"),
            "A spreadsheet or a program rounded it. Export ids as text.",
        ),
    }
    return [
        f"{file}: {counted(int(number), *why[reason][0])}, first in row {int(first):,}. {why[reason][1]}"
        f" {_rejected(number)}"
        for file, reason, number, first in found
    ]


def _unfit_lines(sources: Sequence[Source]) -> list[str]:
    """Lines of fixed-width files that do not fit their layout: each can be a lost patient or death."""
    return [
        f"{source.name}: {counted(len(unfit), 'line does', 'lines do')} not fit the layout, first line {unfit[0][0]:,}:"
        f" {unfit[0][1]}. {_rejected(len(unfit))}"
        for source in sources
        if source.format == "fixed" and (unfit := list(source.rows_found.reasons()))
    ]
