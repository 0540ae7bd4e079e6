"""Tables and queries of databases: a DuckDB file, or PostgreSQL through ADBC.

The address of a PostgreSQL server, with whatever password it holds, stands in an environment variable,
of which a job knows only the name. What a database says of a fault may quote a value, so that only the
kind of fault is passed on.

A query is one SELECT. It reads tables of its own database, changes nothing, and reaches no file and no network: a job
file that somebody else has written can do no more than read what its user may read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from linkage.errors import InputError, LinkageError
from linkage.extras import needs
from linkage.quoting import quoted_name
from linkage.sources.source import Source, require_variable
from linkage.system.closed_duckdb import close_doors, open_database

_ROWS_AT_ONCE = 100_000

_FAULTS = {
    "08": "the connection was lost",
    "28": "the server refused the user or the password",
    "3D": "the server has no such database",
    "3F": "there is no such schema",
    "42501": "this user may not do that",
    "42P01": "there is no such table",
    "42703": "there is no such column",
    "42601": "the query is not one valid SELECT",
    "25006": "a query may change nothing",
    "2BP01": "another object depends on a table that is to be replaced",
    "53": "the server has no more memory, disk or connections",
    "57": "the server stopped the work",
}


@contextmanager
def fetched(source: Source, scratch: str) -> Iterator[Any]:
    """The rows of a source's table or query, as an Arrow reader for one pass.

    `scratch` is the folder to which a DuckDB file's own work may spill. Raises InputError.
    """
    if source.postgres:
        with postgres(source.postgres, source.name, InputError) as connection, connection.cursor() as cursor:
            with _told(source.name, InputError):
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute(_one_select(source))
                reader = cursor.fetch_record_batch()
            yield reader
        return
    import duckdb

    needs("pyarrow")
    try:
        connection = open_database(str(source.path), scratch, read_only=True)
    except duckdb.Error:
        raise InputError(
            f"{source.name} cannot be opened as a DuckDB file: it is none, of another version, or in use."
        ) from None
    with connection:
        try:
            close_doors(connection)
            if source.query:
                _require_one_select(connection, source)
            found = connection.sql(source.query or f"SELECT * FROM {_qualified(source.table)}")
            yield found.to_arrow_reader(_ROWS_AT_ONCE)
        except duckdb.CatalogException:
            tables = ", ".join(str(row[0]) for row in connection.sql("SHOW TABLES").fetchall())
            raise InputError(f"{source.name}: there is no such table. Tables of the file: {tables}.") from None
        except duckdb.PermissionException:
            raise InputError(
                f"{source.name}: the query asks for a file, the network or an extension. It may read tables of its own"
                " database alone: give another file as a source of its own, or load it into the database."
            ) from None
        except duckdb.Error as problem:
            raise InputError(f"{source.name}: the query failed ({type(problem).__name__}).") from None


def _require_one_select(connection: Any, source: Source) -> None:
    """Refuse what is not one SELECT; raises the database's own error for what is no SQL."""
    import duckdb

    kinds = [statement.type for statement in connection.extract_statements(source.query)]
    if kinds != [duckdb.StatementType.SELECT]:
        told = f"{len(kinds)} statements" if len(kinds) != 1 else f"a statement of the kind {kinds[0].name}"
        raise InputError(f"{source.name}: the query is {told}. It must be one SELECT.")


def _one_select(source: Source) -> str:
    """What a server is asked. Inside brackets nothing but one SELECT can stand, and nothing that changes data.

    >>> print(_one_select(Source("x", query="SELECT 1;")))
    SELECT * FROM (
    SELECT 1
    ) AS asked
    """
    if not source.query:
        return f"SELECT * FROM {_qualified(source.table)}"
    return f"SELECT * FROM (\n{source.query.strip().removesuffix(';')}\n) AS asked"


def _qualified(table: str) -> str:
    """A table with or without its schema, quoted.

    >>> _qualified("registry.deaths 2019")
    '"registry"."deaths 2019"'
    """
    return ".".join(quoted_name(part) for part in table.split("."))


@contextmanager
def postgres(variable: str, name: str, error: type[LinkageError]) -> Iterator[Any]:
    """A connection to the server whose URI an environment variable holds; what is not committed is undone.

    Raises `error`, naming what was asked for as `name`.
    """
    try:
        import adbc_driver_postgresql.dbapi as driver
    except ImportError:
        raise error(
            f"{name}: PostgreSQL needs the driver. Install it: pip install 'mortality-linkage[postgres]'."
        ) from None
    require_variable(variable)
    address = os.environ.get(variable)
    if not address:
        raise error(
            f"{name}: the environment variable {variable} is not set. It holds the address of the server, such as"
            " postgresql://user@host/database."
        )
    with _told(name, error):
        connection = driver.connect(address)
    try:
        yield connection
    finally:
        _close(connection)


def _close(connection: Any) -> None:
    # A lost connection cannot be closed in good order, and the first fault is the one to tell.
    try:
        connection.close()
    except Exception:  # the driver's own errors, whatever their kind
        return


@contextmanager
def _told(name: str, error: type[LinkageError]) -> Iterator[None]:
    import adbc_driver_manager

    try:
        yield
    except adbc_driver_manager.Error as problem:
        raise error(f"{name}: {why(problem)}.") from None


def why(problem: Any) -> str:
    """The kind of a database's fault in words, without what it says, which may quote a value."""
    state = str(getattr(problem, "sqlstate", None) or "")
    known = next((words for start, words in _FAULTS.items() if state.startswith(start)), None)
    if known is None and not state:
        return "the server cannot be reached, or the connection was lost"
    return f"{known or 'the database refused the work'} (SQLSTATE {state})"
