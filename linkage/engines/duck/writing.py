"""Write rows of DuckDB to files that only their owner can read.

Separate from the engine, because it decides what may be in a file: DuckDB writes to a pipe, so that it has no access to
other files, and no text in a CSV file starts a formula in a spreadsheet.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from linkage.quoting import literal, quoted_name
from linkage.system.gzip_pipe import gzip_pipe, plain_pipe

Execute = Callable[[str], duckdb.DuckDBPyConnection]


def write_rows(execute: Execute, select: str, order: str, path: Path, format: str) -> None:
    """Write the result of a SELECT to a file: "csv.gz" for people, "parquet", or "csv" for the toolkit itself.

    `execute` runs a statement. `order` refers to the rows as `written`; an empty order does not sort them.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if format == "parquet":
        with plain_pipe(descriptor) as pipe:
            options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
            _copy(execute, f"SELECT * FROM {_in_order(select, order)}", pipe, options)
        return
    if format == "csv":
        with plain_pipe(descriptor) as pipe:
            _copy(execute, f"SELECT * FROM {_in_order(select, order)}", pipe, "FORMAT csv, HEADER")
        return
    inert = _inert(execute, select, order)
    with gzip_pipe(descriptor) as pipe:
        _copy(execute, inert, pipe, "FORMAT csv, HEADER")


def read_back(columns: Iterable[str], format: str) -> str:
    """The columns of a table of a run, for a SELECT: its texts without the apostrophe that "csv.gz" has before some.

    >>> read_back(["patient_id"], "csv.gz")
    'without_guard("patient_id") AS "patient_id"'
    """
    if format != "csv.gz":
        return ", ".join(map(quoted_name, columns))
    return ", ".join(f"without_guard({quoted_name(name)}) AS {quoted_name(name)}" for name in columns)


def _inert(execute: Execute, select: str, order: str) -> str:
    """The same rows, with an apostrophe before each text and column name that a spreadsheet would run as a formula.

    ORDER BY is in the outermost SELECT, because DuckDB 2.0 ignores that of an inner SELECT when it writes with several
    threads.
    """
    described = execute(f"DESCRIBE {select}").fetchall()
    columns = ", ".join(
        f"{_inert_value(quoted_name(name), kind)} AS {quoted_name(_inert_name(execute, name))}"
        for name, kind, *_ in described
    )
    return f"SELECT {columns} FROM {_in_order(select, order)}"


def _inert_name(execute: Execute, name: str) -> str:
    ((inert,),) = execute(f"SELECT inert_text({literal(name)})").fetchall()
    return str(inert)


def _inert_value(name: str, kind: str) -> str:
    return f"inert_text(written.{name})" if kind == "VARCHAR" else f"written.{name}"


def _in_order(select: str, order: str) -> str:
    return f"({select}) AS written" + (f" ORDER BY {order}" if order else "")


def _copy(execute: Execute, select: str, path: str, options: str) -> None:
    execute(f"COPY ({select}) TO {literal(path)} ({options})")
