"""The default engine: DuckDB in process, on all cores, within a memory limit, spilling to a private
scratch folder that is removed when the engine is closed.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from linkage.engines import LookUp, Row
from linkage.engines.duck.formats import OWN_FORMATS, format_columns
from linkage.engines.duck.functions import HOUSE_FUNCTIONS
from linkage.engines.duck.sources import SourceRelation, without_values
from linkage.errors import InputError, told_alone
from linkage.quoting import literal, quoted_name
from linkage.sources.source import ROW_NUMBER, Source
from linkage.system.closed_duckdb import close_doors, open_database
from linkage.system.gzip_pipe import gzip_pipe, plain_pipe
from linkage.system.limits import megabytes, require_threads
from linkage.system.scratch import Scratch

_SETTINGS = (
    # Compression costs more than it saves: tables are soon dropped again.
    "SET force_compression = 'uncompressed'",
    # Nor is the database ever opened again: a checkpoint writes whole tables anew, in memory too, and on closing.
    "SET checkpoint_threshold = '1TB'",
    "PRAGMA disable_checkpoint_on_shutdown",
    "SET fsync_mode = 'NONE'",
    "SET TimeZone = 'UTC'",  # a day must not depend on where the machine stands
)


class DuckDBEngine:
    """One DuckDB database, in memory or in a file of its scratch folder.

    `memory` is the most that the process may hold, such as "4GB" (None: DuckDB's own limit, 80 % of the machine);
    `threads` the number of cores (None: all). `tables_mb` is what its tables are expected to take: where that is more
    than twice what it may hold, they stand in a file, and memory holds what is worked on. Of all files it reads those
    of `sources` alone, writes through pipes, and reaches no network: see `duckdb_closed`.

    >>> engine = DuckDBEngine()
    >>> engine.create("numbers", "SELECT unnest([1, 2, 3]) AS number")
    3
    >>> engine.rows("SELECT sum(number) FROM numbers")
    [(6,)]
    >>> engine.close()
    """

    carried: Sequence[str] = ()  # DuckDB numbers the rows of a table as they were read

    def __init__(
        self,
        memory: str | None = None,
        threads: int | None = None,
        tables_mb: float = 0,
        sources: Sequence[Source] = (),
    ) -> None:
        limit = None if memory is None else _share_of(memory)
        self._scratch = Scratch()
        self._worker = ThreadPoolExecutor(1)
        # Up to about twice its memory, spilling a table in part costs less than writing all of it.
        on_disk = limit is not None and tables_mb > 2 * limit
        # A file of this name is the catalog `memory`, as a database without a file is.
        path = str(self._scratch.path / "memory.duckdb") if on_disk else ":memory:"
        self._connection = open_database(path, str(self._scratch.path))
        files = [file for source in sources if source.format in ("csv", "parquet") for file in source.files]
        self._readable = frozenset(map(str, files))
        # A notebook without ipywidgets has no progress bar, and DuckDB refuses to hear of one.
        if self.rows("SELECT current_setting('enable_progress_bar')")[0][0]:
            self._execute("SET enable_progress_bar = false")
        self._execute("; ".join(_SETTINGS))
        try:
            self._limit(limit, threads)
        except InputError:
            self.close()
            raise
        self._execute("; ".join(HOUSE_FUNCTIONS))
        close_doors(self._connection, files)

    def _limit(self, most: int | None, threads: int | None) -> None:
        if most is not None:
            self._execute(f"SET memory_limit = '{most}MB'")
        if threads is not None:
            require_threads(threads)
            self._execute("SET threads = $1", [threads])

    @told_alone
    def _execute(self, statement: str, values: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        if not self._scratch.remove.alive:
            raise InputError(
                "This run is closed, and its tables are gone. Ask it inside its `with` block, or link again."
            )
        # On a thread of its own, because a thread inside the database may hear of no signal until the end.
        running = self._worker.submit(self._connection.execute, statement, values)
        try:
            return running.result()
        except duckdb.Error as problem:
            raise without_values(problem, statement) from None
        except KeyboardInterrupt:
            while not running.done():
                self._connection.interrupt()
                wait([running], timeout=0.1)
            raise

    @told_alone
    def columns(self, source: Source) -> list[str]:
        """The columns of a file or frame, as it spells them."""
        if source.format == "csv":
            return source.header()
        if source.format in OWN_FORMATS:
            return format_columns(source)
        with self._reading(source) as relation:
            return [row[0] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")]

    @told_alone
    def load(self, name: str, source: Source, select: str, append: bool = False) -> int:
        """Read a file or frame, seen by `select` as the table `source`, into a table."""
        verb = f"INSERT INTO {name}" if append else f"CREATE OR REPLACE TABLE {name} AS"
        with self._reading(source, select) as relation:
            ((count,),) = self.rows(f"{verb} WITH source AS (SELECT * FROM {relation}) {select}")
        if source.format == "csv" and count != source.csv_rows.rows:
            raise InputError(
                f"{source.name}: {source.csv_rows.rows:,} rows were found and {count:,} read. Did the file change"
                " meanwhile, or do quotes stand in it that neither open nor close a field?"
            )
        return int(count)

    def _reading(self, source: Source, select: str = "") -> SourceRelation:
        numbered = ROW_NUMBER in select
        return SourceRelation(self._connection, source, str(self._scratch.path), self._readable, numbered=numbered)

    def content_digest(self, source: Source) -> str:
        """SHA-256 of a frame's or a database's rows, whatever their order: over their number and the sum of the MD5 of
        each."""
        md5 = "md5_number_{}(CAST(told AS VARCHAR))"
        sums = ", ".join(f"sum(CAST({md5.format(half)} AS HUGEINT))" for half in ("lower", "upper"))
        with self._reading(source) as relation:
            names = [row[0] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")]
            ((number, *halves),) = self.rows(f"SELECT count(*), {sums} FROM (SELECT * FROM {relation}) AS told")
        return hashlib.sha256(json.dumps([names, number, *map(str, halves)]).encode()).hexdigest()

    def create(self, name: str, select: str) -> int:
        """Keep the result of a SELECT as a table. Returns its rows."""
        return int(self.rows(f"CREATE OR REPLACE TABLE {name} AS {select}")[0][0])

    def insert(self, name: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        """Make a table of a few columns of Python values."""
        self._fill(f"CREATE OR REPLACE TABLE {name} AS", columns, types)

    def _fill(self, verb: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        unnested = ", ".join(f"unnest(${n}::{types[c]}[]) AS {c}" for n, c in enumerate(columns, start=1))
        self._execute(f"{verb} SELECT {unnested}", [list(values) for values in columns.values()])

    def look_up(self, name: str, select: str, function: LookUp, columns: Sequence[str]) -> int:
        """Make a table of the values of a SELECT, and of what a Python function gives for each."""
        names = ("value", *columns)
        texts = dict.fromkeys(names, "STRING")
        verb = f"CREATE OR REPLACE TABLE {name} AS"
        values = self.rows(select)
        for start in range(0, len(values), _AT_ONCE):  # a national registry has millions of odd names
            found = [(value, *function(value)) for (value,) in values[start : start + _AT_ONCE]]
            self._fill(verb, dict(zip(names, zip(*found, strict=True), strict=True)), texts)
            verb = f"INSERT INTO {name}"
        return len(values)

    def keep(self, name: str, frame: Any) -> None:
        """Make a table of a pandas data frame, its types as they are."""
        self._connection.register("kept_frame", frame)
        try:
            self.create(name, "SELECT * FROM kept_frame")
        finally:
            self._connection.unregister("kept_frame")

    def replace_rows(self, name: str, where: str, select: str) -> None:
        """Put the result of a SELECT in the place of the rows that meet a condition."""
        self.create(f"{name}_replaced", select)
        self._execute(f"DELETE FROM {name} WHERE {where}")
        self._execute(f"INSERT INTO {name} BY NAME SELECT * FROM {name}_replaced")
        self.drop(f"{name}_replaced")

    def blank(self, name: str, column: str, where: str) -> None:
        """Make a column NULL in the rows that meet a condition."""
        self._execute(f"UPDATE {name} SET {column} = NULL WHERE {where}")

    def update(self, name: str, column: str, value: str, other: str, where: str) -> None:
        """Set a column in the rows that meet a condition on them and another table."""
        self._execute(f"UPDATE {name} SET {column} = {value} FROM {other} WHERE {where}")

    def row_numbers(self, name: str) -> str:
        """DuckDB numbers the rows of a table as they were read."""
        return f"{name}.rowid"

    def rows(self, select: str) -> list[Row]:
        """The result of a SELECT."""
        return self._execute(select).fetchall()

    @told_alone
    def frame(self, select: str, source: Source | None = None) -> Any:
        """The result of a SELECT as a pandas data frame; with `source`, of a SELECT from `source`."""
        if source is None:
            return self._execute(select).df()
        with self._reading(source, select) as relation:
            return self.frame(f"WITH source AS (SELECT * FROM {relation}) {select}")

    @told_alone
    def arrow(self, select: str) -> Any:
        """The result of a SELECT as an Arrow reader."""
        return self._connection.sql(select).to_arrow_reader(100_000)

    @contextmanager
    def aside(self, schema: str | None = None) -> Iterator[None]:
        """Within it, tables are made in a schema of their own; others can be read and stay as they are.

        A schema that is named is kept, to be entered again; one without a name is forgotten at the end.

        >>> engine = DuckDBEngine()
        >>> engine.create("number", "SELECT 1 AS n")
        1
        >>> with engine.aside():
        ...     _ = engine.create("number", "SELECT n + 1 AS n FROM number")
        ...     engine.rows("SELECT n FROM number")
        [(2,)]
        >>> engine.rows("SELECT n FROM number")
        [(1,)]
        >>> engine.close()
        """
        around = self.rows("SELECT current_setting('search_path')")[0][0] or "main"
        name = schema or f"aside_{around.count(',')}"
        self._execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        self._execute(f"SET search_path = '{name},{around}'")
        try:
            yield
        finally:
            self._execute(f"SET search_path = '{around}'")
            if schema is None:
                self._execute(f"DROP SCHEMA {name} CASCADE")

    def drop(self, *names: str) -> None:
        """Forget tables."""
        if names:
            self._execute("; ".join(f"DROP TABLE IF EXISTS {name}" for name in names))

    @told_alone
    def write(self, select: str, order: str, path: Path, format: str, source: Source | None = None) -> None:
        """Write the result of a SELECT in an order of its rows as `written`, readable by its owner alone.

        An empty order leaves the rows as they come. With `source`, the SELECT sees that file or frame as the table
        `source`. The format "csv" is for files that the toolkit alone reads: texts stand in it as they are.
        """
        if source is not None:
            with self._reading(source, select) as relation, self._joined_as_told():
                self.write(f"WITH source AS (SELECT * FROM {relation}) {select}", order, path, format)
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        if format == "parquet":
            with plain_pipe(descriptor) as pipe:
                options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
                self._copy(f"SELECT * FROM {_in_order(select, order)}", pipe, options)
            return
        if format == "csv":
            with plain_pipe(descriptor) as pipe:
                self._copy(f"SELECT * FROM {_in_order(select, order)}", pipe, "FORMAT csv, HEADER")
            return
        inert = self._inert(select, order)
        with gzip_pipe(descriptor) as pipe:
            self._copy(inert, pipe, "FORMAT csv, HEADER")

    @contextmanager
    def _joined_as_told(self) -> Iterator[None]:
        """Within it, the right side of a join is the one that is kept at hand: DuckDB 2.0 takes a file of text for some
        forty rows, and would keep that."""
        self._execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        try:
            yield
        finally:
            self._execute("RESET disabled_optimizers")

    def _inert(self, select: str, order: str) -> str:
        """The same rows, with an apostrophe before each text, and each name of a column, that a spreadsheet would run
        as a formula.

        The order stands outermost: DuckDB 2.0 keeps that of no inner SELECT when it writes on several threads.
        """
        described = self.rows(f"DESCRIBE {select}")
        columns = ", ".join(
            f"{_inert_value(quoted_name(name), kind)} AS {quoted_name(self._inert_name(name))}"
            for name, kind, *_ in described
        )
        return f"SELECT {columns} FROM {_in_order(select, order)}"

    def _inert_name(self, name: str) -> str:
        ((inert,),) = self.rows(f"SELECT inert_text({literal(name)})")
        return str(inert)

    def _copy(self, select: str, path: str, options: str) -> None:
        self._execute(f"COPY ({select}) TO {literal(path)} ({options})")

    def close(self) -> None:
        """Give back memory and scratch files."""
        self._worker.shutdown()
        self._connection.close()
        self._scratch.remove()


_AT_ONCE = 50_000
"""How many values Python holds with all that was found for them."""

_SHARE = 0.7
"""Of the memory that a process may hold: Python, Arrow and what the allocator keeps are not in DuckDB's own limit."""


def _share_of(memory: str) -> int:
    """The megabytes of a limit such as "4GB" that are DuckDB's.

    >>> _share_of("4GB")
    2800
    """
    return max(1, int(megabytes(memory) * _SHARE))


def _inert_value(name: str, kind: str) -> str:
    return f"inert_text(written.{name})" if kind == "VARCHAR" else f"written.{name}"


def _in_order(select: str, order: str) -> str:
    return f"({select}) AS written" + (f" ORDER BY {order}" if order else "")
