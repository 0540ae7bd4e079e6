"""The default engine: DuckDB in process, on all cores, within a memory limit. It spills to a private
scratch folder that is removed when the engine is closed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from linkage.engines import LookUp, Row
from linkage.engines.duck.formats import OWN_FORMATS, format_columns
from linkage.engines.duck.functions import HOUSE_FUNCTIONS
from linkage.engines.duck.settings import IN_ORDER, SETTINGS, share_of
from linkage.engines.duck.sources import SourceRelation, kind_of_nested, without_values
from linkage.engines.duck.writing import write_rows
from linkage.errors import InputError, without_cause
from linkage.sources.source import ROW_NUMBER, Source
from linkage.system.closed_duckdb import open_database, restrict_access
from linkage.system.limits import require_threads
from linkage.system.scratch import Scratch

_AT_ONCE = 50_000
"""How many values are looked up at once, which limits the memory of Python."""


class DuckDBEngine:
    """One DuckDB database, in memory or in a file of its scratch folder.

    `memory` is the memory limit of the process, such as "4GB" (None: DuckDB's own limit, 80 % of the machine);
    `threads` the number of cores (None: all). `tables_mb` is the expected size of its tables in megabytes: if that is
    more than twice the limit, they are stored in a file. The engine can read only the files of `sources`, writes
    through pipes, and has no network access: see `linkage.system.closed_duckdb`.

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
        limit = None if memory is None else share_of(memory)
        self._scratch = Scratch()
        self._worker = ThreadPoolExecutor(1)
        self._described: tuple[Source, dict[str, str]] | None = None
        # Up to about twice the memory, spilling parts of tables is faster than writing them to a file.
        on_disk = limit is not None and tables_mb > 2 * limit
        # A file of this name has the catalog name `memory`, like a database without a file.
        path = str(self._scratch.path / "memory.duckdb") if on_disk else ":memory:"
        self._connection = open_database(path, str(self._scratch.path))
        files = [file for source in sources if source.format in ("csv", "fixed", "parquet") for file in source.files]
        self._readable = frozenset(map(str, files))
        # Without ipywidgets, DuckDB refuses even to turn off the progress bar in a notebook, so do it only if it is on.
        if self.rows("SELECT current_setting('enable_progress_bar')")[0][0]:
            self._execute("SET enable_progress_bar = false")
        self._execute("; ".join(SETTINGS))
        try:
            self._limit(limit, threads)
        except InputError:
            self.close()
            raise
        self._execute("; ".join(HOUSE_FUNCTIONS))
        restrict_access(self._connection, files)

    def _limit(self, most: int | None, threads: int | None) -> None:
        if most is not None:
            self._execute(f"SET memory_limit = '{most}MB'")
        if threads is not None:
            require_threads(threads)
            self._execute("SET threads = $1", [threads])

    @without_cause
    def _execute(self, statement: str, values: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        if not self._scratch.remove.alive:
            raise InputError(
                "This run is closed, and its tables are gone. Use it inside its `with` block, or link again."
            )
        # In another thread, because a thread inside the database does not receive signals until the statement ends.
        try:
            return self._worker.submit(self._connection.execute, statement, values).result()
        except duckdb.Error as problem:
            raise without_values(problem, statement) from None
        except KeyboardInterrupt:
            self._interrupt()
            raise

    def _interrupt(self) -> None:
        """Stop the statement that the other thread runs, even if it was submitted just before the signal came."""
        idle = self._worker.submit(lambda: None)
        while not idle.done():
            self._connection.interrupt()
            wait([idle], timeout=0.1)

    @without_cause
    def columns(self, source: Source) -> list[str]:
        """The columns of a file or data frame, as spelled there."""
        if source.format == "csv":
            return source.header()
        if source.format in OWN_FORMATS:
            return format_columns(source)
        return list(self._types(source))

    @without_cause
    def nested(self, source: Source) -> dict[str, str]:
        """The columns that do not hold texts, numbers or dates, each with what it holds, such as lists."""
        if source.format not in ("parquet", "duckdb", "frame", "server"):
            return {}
        found = {name: held for name, type_ in self._types(source).items() if (held := kind_of_nested(type_))}
        return {**found, **source.odd_columns}

    def _types(self, source: Source) -> dict[str, str]:
        """The type of each column; the types of the source that was asked about last are kept."""
        if self._described is None or self._described[0] is not source:
            with self._reading(source) as relation:
                types = {row[0]: str(row[1]) for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")}
            self._described = source, types
        return self._described[1]

    @without_cause
    def load(self, name: str, source: Source, select: str, append: bool = False) -> int:
        """Read a file or data frame, which `select` sees as the table `source`, into a table. Returns the row count."""
        verb = f"INSERT INTO {name}" if append else f"CREATE OR REPLACE TABLE {name} AS"
        with self._reading(source, select) as relation:
            try:
                ((count,),) = self.rows(f"{IN_ORDER}; {verb} WITH source AS (SELECT * FROM {relation}) {select}")
            finally:
                self._execute("RESET disabled_optimizers")
        if source.format == "csv" and count != source.csv_rows.rows:
            raise InputError(
                f"{source.name}: {source.csv_rows.rows:,} rows were found, but {count:,} were read. Check whether the"
                " file changed meanwhile, or has quotes that neither open nor close a field."
            )
        return int(count)

    def _reading(self, source: Source, select: str = "") -> SourceRelation:
        numbered = ROW_NUMBER in select
        return SourceRelation(self._connection, source, str(self._scratch.path), self._readable, numbered=numbered)

    def content_digest(self, source: Source) -> str:
        """The SHA-256 of the rows of a data frame or database, independent of their order: of the column names, the
        row count and the sum of the rows' MD5."""
        md5 = "md5_number_{}(CAST(content AS VARCHAR))"
        sums = ", ".join(f"sum(CAST({md5.format(half)} AS HUGEINT))" for half in ("lower", "upper"))
        with self._reading(source) as relation:
            names = [row[0] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")]
            ((number, *halves),) = self.rows(f"SELECT count(*), {sums} FROM (SELECT * FROM {relation}) AS content")
        return hashlib.sha256(json.dumps([names, number, *map(str, halves)]).encode()).hexdigest()

    def create(self, name: str, select: str) -> int:
        """Store the result of a SELECT as a table. Returns the row count."""
        return int(self.rows(f"CREATE OR REPLACE TABLE {name} AS {select}")[0][0])

    def insert(self, name: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        """Create a table from columns of Python values; if these are NumPy arrays, they are not copied one by one."""
        if not any(hasattr(values, "dtype") for values in columns.values()):
            self._fill(f"CREATE OR REPLACE TABLE {name} AS", columns, types)
            return
        self._connection.register("given", dict(columns))
        try:
            self.create(name, f"SELECT {', '.join(f'CAST({c} AS {types[c]}) AS {c}' for c in columns)} FROM given")
        finally:
            self._connection.unregister("given")

    def _fill(self, verb: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        unnested = ", ".join(f"unnest(${n}::{types[c]}[]) AS {c}" for n, c in enumerate(columns, start=1))
        self._execute(f"{verb} SELECT {unnested}", [list(values) for values in columns.values()])

    def look_up(self, name: str, select: str, function: LookUp, columns: Sequence[str]) -> int:
        """Create a table of the values of a SELECT and the results of a Python function for each."""
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
        """Create a table from a pandas data frame, keeping its types."""
        self._connection.register("kept_frame", frame)
        try:
            self.create(name, "SELECT * FROM kept_frame")
        finally:
            self._connection.unregister("kept_frame")

    def replace_rows(self, name: str, where: str, select: str) -> None:
        """Replace the rows that meet a condition by the result of a SELECT."""
        self.create(f"{name}_replaced", select)
        self._execute(f"DELETE FROM {name} WHERE {where}")
        self._execute(f"INSERT INTO {name} BY NAME SELECT * FROM {name}_replaced")
        self.drop(f"{name}_replaced")

    def blank(self, name: str, column: str, where: str) -> None:
        """Set a column to NULL in the rows that meet a condition."""
        self._execute(f"UPDATE {name} SET {column} = NULL WHERE {where}")

    def update(self, name: str, column: str, value: str, other: str, where: str) -> None:
        """Set a column in the rows that meet a condition together with one row of the table `other`."""
        self._execute(f"UPDATE {name} SET {column} = {value} FROM {other} WHERE {where}")

    def row_numbers(self, name: str) -> str:
        """DuckDB numbers the rows of a table as they were read."""
        return f"{name}.rowid"

    def as_text(self, value: str) -> str:
        """DuckDB allows `text_of` everywhere."""
        return f"text_of({value})"

    def rows(self, select: str) -> list[Row]:
        """The result of a SELECT."""
        return self._execute(select).fetchall()

    def count(self, relation: str) -> int:
        """The number of rows of a table, or of anything else that can follow FROM."""
        return int(self.rows(f"SELECT count(*) FROM {relation}")[0][0])

    @without_cause
    def rows_of(self, source: Source, select: str) -> list[Row]:
        """The result of a SELECT from `source`, which can use what only DuckDB has."""
        with self._reading(source, select) as relation:
            return self._execute(f"WITH source AS (SELECT * FROM {relation}) {select}").fetchall()

    @without_cause
    def frame(self, select: str, source: Source | None = None) -> Any:
        """The result of a SELECT as a pandas data frame; with `source`, of a SELECT from `source`."""
        if source is None:
            return self._execute(select).df()
        with self._reading(source, select) as relation:
            return self.frame(f"WITH source AS (SELECT * FROM {relation}) {select}")

    @without_cause
    def arrow(self, select: str) -> Any:
        """The result of a SELECT as an Arrow reader."""
        return self._connection.sql(select).to_arrow_reader(100_000)

    @contextmanager
    def separate_schema(self, schema: str | None = None) -> Iterator[None]:
        """Within the block, tables are created in a separate schema; other tables can be read and are not changed.

        A schema with a name is kept and can be entered again; one without a name is dropped at the end.

        >>> engine = DuckDBEngine()
        >>> engine.create("number", "SELECT 1 AS n")
        1
        >>> with engine.separate_schema():
        ...     _ = engine.create("number", "SELECT n + 1 AS n FROM number")
        ...     engine.rows("SELECT n FROM number")
        [(2,)]
        >>> engine.rows("SELECT n FROM number")
        [(1,)]
        >>> engine.close()
        """
        around = self.rows("SELECT current_setting('search_path')")[0][0] or "main"
        name = schema or f"separate_{around.count(',')}"
        self._execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        self._execute(f"SET search_path = '{name},{around}'")
        try:
            yield
        finally:
            self._execute(f"SET search_path = '{around}'")
            if schema is None:
                self._execute(f"DROP SCHEMA {name} CASCADE")

    def drop(self, *names: str) -> None:
        """Drop tables."""
        if names:
            self._execute("; ".join(f"DROP TABLE IF EXISTS {name}" for name in names))

    @without_cause
    def write(self, select: str, order: str, path: Path, format: str, source: Source | None = None) -> None:
        """Write the result of a SELECT to a file that only its owner can read. `order` refers to its rows as `written`.

        An empty order does not sort the rows. With `source`, the SELECT sees that file or data frame as the table
        `source`. The format "csv" is for files that only the toolkit reads: strings are written as they are.
        """
        if source is not None:
            with self._reading(source, select) as relation, self._joined_as_written():
                self.write(f"WITH source AS (SELECT * FROM {relation}) {select}", order, path, format)
            return
        write_rows(self._execute, select, order, path, format)

    @contextmanager
    def _joined_as_written(self) -> Iterator[None]:
        """Within the block, a join builds its hash table from the right side. DuckDB 2.0 estimates a text file at about
        forty rows and would use that side."""
        self._execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        try:
            yield
        finally:
            self._execute("RESET disabled_optimizers")

    def close(self) -> None:
        """Release memory and delete scratch files."""
        self._worker.shutdown()
        self._connection.close()
        self._scratch.remove()
