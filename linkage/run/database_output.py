"""Writing tables into PostgreSQL, in one transaction: they appear all at once, or not at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from linkage.errors import OutputError, without_cause
from linkage.quoting import literal, quoted_name
from linkage.run.output import table_names, table_select
from linkage.sources.servers import connected, require_variable, server_faults_as

if TYPE_CHECKING:
    from linkage.run.result import Linkage

TABLES = ("links", "outcomes", "release")
_MARK = "Written by mortality-linkage; the next run replaces it."


@dataclass(frozen=True)
class Target:
    """The environment variable that holds a server's address, and the schema for the tables."""

    postgres: str
    schema: str = "linkage"

    def __post_init__(self) -> None:
        require_variable(self.postgres)


@without_cause
def check_database(target: Target, names: Iterable[str] = TABLES) -> None:
    """Refuse, before any work, a server that cannot be reached, or tables that no run has written.

    Raises OutputError.
    """
    with _cursor(target) as cursor:
        for name in names:
            _table_exists(cursor, name, target.schema)


def write_to_database(run: "Linkage", target: Target) -> None:
    """Replace `links`, `outcomes` and `release` in a schema; see `write_tables`. A run without encounters removes the
    outcomes of an earlier run."""
    there = table_names(run)
    rows = {name: partial(run.database.arrow, table_select(run, name)) if name in there else None for name in TABLES}
    write_tables(target, rows)


@without_cause
def write_tables(
    target: Target, rows: Mapping[str, Callable[[], Any] | None], columns: Mapping[str, str] | None = None
) -> None:
    """Replace tables in a schema, which is created if it does not exist; all in one transaction.

    `rows` has the rows of each table, by its name, as an Arrow reader; None removes a table. `columns` are the columns
    of a table as in CREATE TABLE; by default they follow the rows.

    Raises OutputError if the server cannot be reached or refuses the statements, or if a table with one of these names
    is not from an earlier run. The database is then unchanged.
    """
    with _cursor(target) as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted_name(target.schema)}")
        for name, read in rows.items():
            _replace(cursor, target.schema, name, read, (columns or {}).get(name, ""))
        cursor.connection.commit()


@contextmanager
def _cursor(target: Target) -> Iterator[Any]:
    place = f"schema {target.schema}"
    with (
        connected("postgres", target.postgres, place, OutputError) as connection,
        server_faults_as(place, OutputError, " The database is as it was."),
        connection.cursor() as cursor,
    ):
        yield cursor


def _table_exists(cursor: Any, name: str, schema: str) -> bool:
    """Whether the table exists. Raises OutputError if no run has written it."""
    table = literal(f"{quoted_name(schema)}.{quoted_name(name)}")
    cursor.execute(f"SELECT obj_description(to_regclass({table})), to_regclass({table}) IS NOT NULL")
    ((mark, exists),) = cursor.fetchall()
    if exists and mark != _MARK:
        raise OutputError(
            f"schema {schema} has a table {name} that no run has written. Choose another schema, or move the table."
        )
    return bool(exists)


def _replace(cursor: Any, schema: str, name: str, read: Callable[[], Any] | None, columns: str) -> None:
    table = f"{quoted_name(schema)}.{quoted_name(name)}"
    if _table_exists(cursor, name, schema):
        cursor.execute(f"DROP TABLE {table}")
    if read is None:
        return
    if columns:
        cursor.execute(f"CREATE TABLE {table} ({columns})")
    cursor.adbc_ingest(name, read(), mode="append" if columns else "create", db_schema_name=schema)
    cursor.execute(f"COMMENT ON TABLE {table} IS {literal(_MARK)}")
