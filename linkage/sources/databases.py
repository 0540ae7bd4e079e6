"""Read tables and queries of databases: a DuckDB file, or a server (`servers`).

A query is one SELECT. It reads only tables of its own database, changes nothing, and cannot access files or the
network, so a job file written by someone else can only read what its user may read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from linkage.errors import InputError
from linkage.extras import needs
from linkage.sources.servers import qualified, rows_of
from linkage.sources.source import Source
from linkage.system.closed_duckdb import open_database, restrict_access

_ROWS_AT_ONCE = 100_000


@contextmanager
def fetched(source: Source, scratch: str) -> Iterator[Any]:
    """The rows of a source's table or query, as an Arrow reader for one pass.

    `scratch` is the folder for temporary files of a DuckDB file's query. Raises InputError.
    """
    if source.server:
        with rows_of(source.server, source.variable, source.name, source.table, source.query) as reader:
            yield reader
        return
    import duckdb

    needs("pyarrow")
    try:
        connection = open_database(str(source.path), scratch, read_only=True)
    except duckdb.Error:
        raise InputError(
            f"{source.name} cannot be opened as a DuckDB file: it is not one, has another version, or is in use."
        ) from None
    with connection:
        try:
            restrict_access(connection)
            if source.query:
                _require_one_select(connection, source)
            found = connection.sql(source.query or f"SELECT * FROM {qualified(source.table)}")
            yield found.to_arrow_reader(_ROWS_AT_ONCE)
        except duckdb.CatalogException:
            tables = ", ".join(str(row[0]) for row in connection.sql("SHOW TABLES").fetchall())
            raise InputError(f"{source.name}: there is no such table. Tables of the file: {tables}.") from None
        except duckdb.PermissionException:
            raise InputError(
                f"{source.name}: the query accesses a file, the network, or an extension. It may read only tables of"
                " its own database. Declare another file as a separate source, or load it into the database."
            ) from None
        except duckdb.Error as problem:
            raise InputError(f"{source.name}: the query failed ({type(problem).__name__}).") from None


def _require_one_select(connection: Any, source: Source) -> None:
    """Raise InputError for a query that is not one SELECT, and the database's own error for invalid SQL."""
    import duckdb

    kinds = [statement.type for statement in connection.extract_statements(source.query)]
    if kinds != [duckdb.StatementType.SELECT]:
        found = f"{len(kinds)} statements" if len(kinds) != 1 else f"a statement of the kind {kinds[0].name}"
        raise InputError(f"{source.name}: the query is {found}. It must be one SELECT.")
