"""Read rows from database servers as Arrow: one adapter for all servers, and the settings of each.

The address of a server, which may include a password, is in an environment variable; a job contains only the name of
the variable. The address is one line: a URI, an ODBC connection string, or the driver's options as JSON. A server's
error message may quote a value or the address, so only the kind of error is reported.

PostgreSQL queries run in a read-only transaction; queries for other servers are checked before they are sent
(`one_select`).
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from linkage.errors import InputError, LinkageError
from linkage.quoting import quoted_name
from linkage.sources.one_select import require_select
from linkage.values.floating import EXACT_TO

_ROWS_AT_ONCE = 65_536
_LONGEST_TEXT = 8_000
"""Maximum length of a text in a column without a declared length, such as VARCHAR(MAX); a longer text is an error."""
_MOST_BYTES = 64 * 2**20
_WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server: its display name, driver module, extra, form of address, and quote character for names."""

    title: str
    module: str
    extra: str
    address: str
    quote: str = '"'


SERVERS = {
    "postgres": Server(
        "PostgreSQL", "adbc_driver_postgresql.dbapi", "postgres", "a URI, such as postgresql://user@host/database"
    ),
    "odbc": Server(
        "ODBC",
        "arrow_odbc",
        "odbc",
        "a connection string, such as Driver={ODBC Driver 18 for SQL Server};Server=host;Database=name;UID=user",
    ),
    "sqlite": Server("SQLite", "adbc_driver_sqlite.dbapi", "sqlite", "the path of the database file"),
    "snowflake": Server(
        "Snowflake",
        "adbc_driver_snowflake.dbapi",
        "snowflake",
        "a URI, such as user:password@account/database/schema?warehouse=name",
    ),
    "bigquery": Server(
        "BigQuery",
        "adbc_driver_bigquery.dbapi",
        "bigquery",
        'the options of its ADBC driver as JSON, such as {"adbc.bigquery.sql.project_id": "..."}',
        quote="`",
    ),
}
"""The supported servers, by the setting that names the environment variable with their address."""

_FAULTS = {
    "08": "the connection was lost",
    "28": "the server refused the user or the password",
    "3D": "the server has no such database",
    "3F": "there is no such schema",
    "42501": "the user lacks the privilege",
    "42P01": "there is no such table",
    "42S02": "there is no such table",
    "42703": "there is no such column",
    "42S22": "there is no such column",
    "42601": "the query is not one valid SELECT",
    "42883": "there is no such function or operator for these types",
    "42704": "there is no such type or object",
    "22": "the query cannot convert or calculate a value",
    "0A": "the server lacks a feature that the query needs",
    "25006": "a query may change nothing",
    "2BP01": "another object depends on a table that is to be replaced",
    "53": "the server is out of memory, disk space, or connections",
    "57": "the server canceled the statement",
    "IM002": "the ODBC driver or data source that the connection string names is not installed",
    "01000": "the ODBC driver that the connection string names cannot be loaded",
}


def require_variable(name: str, setting: str = "postgres") -> None:
    """Raise InputError for an invalid name of an environment variable, without quoting it, because it may be an address
    with a password.

    >>> require_variable("postgresql://ann:secret@host/database")
    Traceback (most recent call last):
    linkage.errors.InputError: postgres must be the name of an environment variable (letters, digits, underscores). ...
    """
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise InputError(
            f"{setting} must be the name of an environment variable (letters, digits, underscores). Put the address of"
            " the server into a variable, such as HOSPITAL_DATABASE, and give the name of the variable."
        )


@contextmanager
def rows_of(kind: str, variable: str, name: str, table: str, query: str) -> Iterator[Any]:
    """The rows of a server's table or query, as an Arrow reader for one pass. Raises InputError, whose message begins
    with `name`."""
    if kind == "postgres":
        with connected("postgres", variable, name, InputError) as connection, connection.cursor() as cursor:
            with server_faults_as(name, InputError):
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute(_in_brackets(query) if query else f"SELECT * FROM {qualified(table)}")
                reader = cursor.fetch_record_batch()
            yield reader
        return
    select = require_select(query, name) if query else f"SELECT * FROM {qualified(table, SERVERS[kind].quote)}"
    if kind == "odbc":
        yield _by_odbc(variable, name, select)
        return
    with connected(kind, variable, name, InputError) as connection, connection.cursor() as cursor:
        with server_faults_as(name, InputError):
            cursor.execute(_all_text(cursor, select) if kind == "sqlite" else select)
            reader = cursor.fetch_record_batch()
        yield _without_first_row(reader) if kind == "sqlite" else reader


def odd_types(schema: Any) -> dict[str, str]:
    """The columns of an Arrow schema that hold no texts, numbers or dates, each with the type that PostgreSQL names.

    Its driver returns these as the bytes of the server's own format, and money as a number of cents.

    >>> import pyarrow
    >>> inet = pyarrow.opaque(pyarrow.binary(), "inet", "PostgreSQL")
    >>> odd_types(pyarrow.schema([pyarrow.field("a", inet, metadata={"POSTGRESQL:type": "inet"}), ("b", "string")]))
    {'a': 'values of the type inet'}
    """
    types = {field.name: (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode() for field in schema}
    return {
        field.name: _values_of(types[field.name])
        for field in schema
        if getattr(field.type, "type_name", _NUMBER) != _NUMBER or types[field.name] in _WITHOUT_TEXT
    }


def _values_of(type_: str) -> str:
    """What a column of a type holds; types of extensions, such as citext, and ranges have only a number.

    >>> _values_of("inet"), _values_of("unnamed<oid:3904>")
    ('values of the type inet', 'values of a type that the driver cannot read')
    """
    return "values of a type that the driver cannot read" if "<" in type_ else f"values of the type {type_}"


_NUMBER = "numeric"
"""The only type without an equal in Arrow that the driver returns as text."""
_WITHOUT_TEXT = ("money", "interval", "json", "jsonb", "record")


def qualified(table: str, quote: str = '"') -> str:
    """A table with or without its schema, quoted.

    >>> qualified("registry.deaths 2019"), qualified("project.data.deaths", "`")
    ('"registry"."deaths 2019"', '`project`.`data`.`deaths`')
    """
    return ".".join(f"{quote}{part.replace(quote, 2 * quote)}{quote}" for part in table.split("."))


def _in_brackets(query: str) -> str:
    """A query in parentheses, where PostgreSQL accepts only one SELECT and nothing that changes data.

    >>> print(_in_brackets("SELECT 1;"))
    SELECT * FROM (
    SELECT 1
    ) AS asked
    """
    return f"SELECT * FROM (\n{query.strip().removesuffix(';')}\n) AS asked"


@contextmanager
def connected(kind: str, variable: str, name: str, error: type[LinkageError]) -> Iterator[Any]:
    """An ADBC connection to the server whose address is in `variable`; uncommitted changes are rolled back.

    Raises `error`, whose message begins with `name`.
    """
    driver, address = _driver(kind, name, error), _address(kind, variable, name, error)
    with server_faults_as(name, error):
        try:
            options = json.loads(address) if address.lstrip().startswith("{") else None
        except ValueError:
            raise error(
                f"{name}: {variable} begins like JSON but is not valid JSON. It must be {SERVERS[kind].address}."
            ) from None
        if kind == "sqlite":
            connection = driver.connect(_read_only_file(address, name, error))
        elif options is not None:
            connection = driver.connect(db_kwargs=options)
        else:
            connection = driver.connect(address)
    try:
        yield connection
    finally:
        _close(connection)


def _close(connection: Any) -> None:
    # Closing a lost connection fails, and that error would hide the first one.
    try:
        connection.close()
    except Exception:  # drivers raise many types
        return


def _driver(kind: str, name: str, error: type[LinkageError]) -> Any:
    server = SERVERS[kind]
    try:
        return import_module(server.module)
    except ImportError:
        raise error(
            f"{name}: {server.title} needs its driver. Install it: pip install 'mortality-linkage[{server.extra}]'."
        ) from None


def _address(kind: str, variable: str, name: str, error: type[LinkageError]) -> str:
    require_variable(variable, kind)
    address = os.environ.get(variable)
    if not address:
        raise error(f"{name}: the environment variable {variable} is not set. Set it to {SERVERS[kind].address}.")
    return address


def _read_only_file(path: str, name: str, error: type[LinkageError]) -> str:
    """The read-only URI of an existing SQLite file; a driver would create a missing file."""
    from pathlib import Path

    if not Path(path).is_file():
        raise error(f"{name}: the SQLite file named by the environment variable does not exist.")
    return f"{Path(path).absolute().as_uri()}?mode=ro"


def _all_text(cursor: Any, select: str) -> str:
    """A SELECT for SQLite with every column as text, after one row of empty texts.

    SQLite has types of values, not of columns. Its driver infers the type of a column from the first values, and fails
    at a later value of another type.
    """
    cursor.execute(f"SELECT * FROM (\n{select}\n) AS asked LIMIT 0")
    names = [quoted_name(field.name) for field in cursor.fetch_record_batch().schema]
    firsts = ", ".join(f"'' AS {name}" for name in names)
    whole = ", ".join(
        f"CASE WHEN typeof({name}) = 'real' AND {name} = CAST({name} AS INTEGER) AND abs({name}) < {EXACT_TO}"
        f" THEN CAST(CAST({name} AS INTEGER) AS TEXT) ELSE CAST({name} AS TEXT) END"
        for name in names
    )
    return f"SELECT {firsts} UNION ALL SELECT {whole} FROM (\n{select}\n) AS asked"


def _without_first_row(reader: Any) -> Any:
    import pyarrow

    def batches() -> Iterator[Any]:
        first = next(iter(reader), None)
        if first is not None:
            yield first.slice(1)
        yield from reader

    return pyarrow.RecordBatchReader.from_batches(reader.schema, batches())


def _by_odbc(variable: str, name: str, select: str) -> Any:
    driver, address = _driver("odbc", name, InputError), _address("odbc", variable, name, InputError)
    with server_faults_as(name, InputError):
        reader = driver.read_arrow_batches_from_odbc(
            select,
            address,
            batch_size=_ROWS_AT_ONCE,
            max_bytes_per_batch=_MOST_BYTES,
            max_text_size=_LONGEST_TEXT,
            login_timeout_sec=_WAIT_SECONDS,
            map_schema=_doubles,
        )
    return reader.into_pyarrow_record_batch_reader()


def _doubles(schema: Any) -> Any:
    """Replace 32-bit floats in a schema: drivers report doubles as such, and an SSN would lose its last digits."""
    import pyarrow

    single, double = pyarrow.float32(), pyarrow.float64()
    return pyarrow.schema([field.with_type(double) if field.type == single else field for field in schema])


@contextmanager
def server_faults_as(name: str, error: type[LinkageError], after: str = "") -> Iterator[None]:
    """Convert errors of a driver to `error`, without the server's message; `after` is appended to the new message."""
    try:
        yield
    except Exception as problem:  # each driver has its own types of errors
        if not is_of_a_driver(problem):
            raise
        raise error(f"{name}: {why(problem)}.{after}") from None


def is_of_a_driver(problem: BaseException) -> bool:
    """Whether a driver raised an error."""
    return type(problem).__module__.partition(".")[0] in ("adbc_driver_manager", "arrow_odbc")


def why(problem: Any) -> str:
    """The kind of a server error, without the server's message, which may quote a value."""
    state = str(getattr(problem, "sqlstate", None) or "")
    if not state and (found := re.search(r"State: ([0-9A-Z]{5})", str(problem))):
        state = found[1]
    known = next((words for start, words in _FAULTS.items() if state.startswith(start)), None)
    if known is None and not state:
        return "the server cannot be reached, the connection was lost, or the query was refused"
    return f"{known or 'the database refused the operation'} (SQLSTATE {state})"
