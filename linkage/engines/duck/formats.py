"""Read sources in formats that DuckDB does not support."""

from collections.abc import Container, Iterator
from contextlib import contextmanager

import duckdb

from linkage.engines.duck.fixed import drop_stream, fold, make_events, read_fixed
from linkage.formats import fhir, stream
from linkage.formats.rows_found import RowsFound, shifts_of
from linkage.quoting import quoted_name
from linkage.sources.source import Source

OWN_FORMATS = ("fixed", "fhir", "stat", "excel")
_FRAME = "source_in_its_format"


def format_columns(source: Source) -> list[str]:
    """The columns of a source in one of `OWN_FORMATS`."""
    if source.format in ("stat", "excel"):
        return list(source.stored.columns)
    names = list(fhir.COLUMNS) if source.format == "fhir" else source.layout.names
    return ["death_id", *names, "void", "amends"] if source.is_stream else names


@contextmanager
def read_format(connection: duckdb.DuckDBPyConnection, source: Source, readable: Container[str] = ()) -> Iterator[str]:
    """Yield a relation with the rows of a source, which exists within the block. Raises InputError."""
    if source.format == "fixed":
        with read_fixed(connection, source, readable) as table:
            yield table
    elif source.format == "fhir":
        with _fhir(connection, source) as table:
            yield table
    else:
        connection.register(_FRAME, source.stored)
        encoding = source.stored.attrs.get("encoding")
        remark = f"its text is in {encoding}" if encoding else ""
        source.keep_rows_found(RowsFound(len(source.stored), forgiven=remark))
        try:
            yield _FRAME
        finally:
            connection.unregister(_FRAME)


@contextmanager
def _fhir(connection: duckdb.DuckDBPyConnection, source: Source) -> Iterator[str]:
    import pandas as pd

    found = source.events
    named = (*fhir.COLUMNS, stream.KEY, stream.ACTION)
    rows = [[*(event.columns.get(name) for name in fhir.COLUMNS), event.key, event.action] for event in found.events]
    frame = pd.DataFrame(rows, columns=list(named), dtype=object)
    connection.register(_FRAME, frame)
    try:
        texts = ", ".join(f"CAST({quoted_name(name)} AS VARCHAR) AS {quoted_name(name)}" for name in named)
        # Each message has its own file number, so that a later message replaces an earlier one of the same record.
        actions = make_events(
            connection,
            f"SELECT {texts}, row_number() OVER () - 1 AS {stream.PLACE}, row_number() OVER () - 1 AS {stream.FILE}"
            f" FROM {_FRAME}",
            keep=True,
        )
        records, counts = fold(connection, fhir.COLUMNS, actions)
        places, shifts = shifts_of([event.number for event in found.events])
        source.keep_rows_found(RowsFound(len(found.events), places, shifts, found.unfit, counts, forgiven=found.order))
        yield records
    finally:
        connection.unregister(_FRAME)
        drop_stream(connection)
