"""The engine for many machines: Spark runs the same SQL as DuckDB, on the workers of a cluster.

Every table is written as Parquet into a scratch folder that all workers can access. So plans do not grow with the
rounds of assignment, and no data are lost if a worker fails. Only
counts and samples are sent to the driver, unless the user requests a table as a data frame.
"""

import logging
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow
from pyarrow.parquet import read_metadata

from linkage.engines import LookUp, Row
from linkage.engines.duck.engine import DuckDBEngine
from linkage.engines.duck.formats import OWN_FORMATS, format_columns
from linkage.engines.spark.functions import register
from linkage.engines.spark.rows import looked_up, read_rows, streamed
from linkage.engines.spark.session import open_session, refusals
from linkage.errors import EngineError
from linkage.sources.source import ROW_NUMBER, Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkEngine:
    """The tables of one run in a Spark session: an existing session, or a new one on the cores of this machine.

    `memory` and `threads` are limits of a new session; `few` configures it for few rows. `given` is
    the session of a Spark data frame. See `Engine` for the methods.
    """

    carried = ("rowid",)

    def __init__(
        self,
        memory: str | None = None,
        threads: int | None = None,
        given: "SparkSession | None" = None,
        few: bool = False,
    ) -> None:
        self._opened = open_session(memory, threads, given, few)
        self._session = self._opened.session
        self._tables: dict[str, Path] = {}
        self._counts: dict[str, int] = {}
        self._read: dict[int, tuple[Source, DataFrame, int]] = {}
        self._made = 0
        with self._reported():
            register(self._session)

    @contextmanager
    def _reported(self, statement: str = "", what: str = "a statement") -> Iterator[None]:
        """Replace Spark errors by an EngineError without Spark's own message, which may quote a value."""
        try:
            with _unlogged():
                yield
        except refusals() as problem:
            if missing := re.search(r"No module named '([A-Za-z_.]+)'", str(problem)):
                raise EngineError(
                    f"The Python of Spark's workers has no module {missing[1]}. Install mortality-linkage[spark]"
                    " on the workers, in the version of this machine, or set PYSPARK_PYTHON to a Python that has it."
                ) from None
            kind = getattr(problem, "getCondition", lambda: None)() or type(problem).__name__
            advice = (
                f" If no worker, memory or disk was lacking, this is a defect of the toolkit; the statement begins:"
                f" {' '.join(statement.split())[:80]}"
            )
            raise EngineError(f"Spark refused {what} ({kind}).{advice if statement else ''}") from None

    def _sql(self, select: str) -> "DataFrame":
        with self._reported(select):
            return self._session.sql(select)

    def _folder(self, name: str) -> Path:
        self._made += 1
        return self._opened.folder / f"{name}_{self._made}"

    def _keep(self, name: str, frame: "DataFrame", statement: str = "") -> int:
        path = self._folder(name)
        with self._reported(statement):
            frame.write.parquet(path.as_uri())
            # With the schema given, reading needs no job to determine it.
            kept = self._session.read.schema(frame.schema).parquet(path.as_uri())
            rows = int(sum(read_metadata(part).num_rows for part in path.glob("*.parquet")))
            if not rows:
                kept = kept.where("FALSE")  # Spark removes tables known to be empty from plans
            kept.createOrReplaceTempView(name)
        if name in self._tables:
            shutil.rmtree(self._tables[name], ignore_errors=True)
        self._tables[name], self._counts[name] = path, rows
        return rows

    def columns(self, source: Source) -> list[str]:
        """The columns of a file or data frame, as spelled there."""
        if source.format == "csv":
            return source.header()
        if source.format in OWN_FORMATS:
            return format_columns(source)
        return [name for name in self._numbered(source)[0].columns if name not in (*self.carried, ROW_NUMBER)]

    def nested(self, source: Source) -> dict[str, str]:
        """The columns that do not hold texts, numbers or dates, each with what it holds: lists, structs or maps."""
        if source.format == "csv" or source.format in OWN_FORMATS:
            return {}
        held = {"array": "lists", "struct": "structs", "map": "maps"}
        kinds = {one.name: one.dataType.typeName() for one in self._numbered(source)[0].schema.fields}
        return {name: held[kind] for name, kind in kinds.items() if kind in held}

    def _numbered(self, source: Source) -> "tuple[DataFrame, int]":
        """The rows of a source with the position of each, and the row count; cached, because the output reads patients
        again."""
        if id(source) not in self._read:
            with self._reported(what=f"to read {source.name}"):
                rows, number = read_rows(self._session, source, self._folder("source"))
            self._read[id(source)] = source, rows, number
        return self._read[id(source)][1:]

    def load(self, name: str, source: Source, select: str, append: bool = False) -> int:
        """Read a file or data frame, which `select` sees as the table `source`, into a table. Returns the row count."""
        rows, number = self._numbered(source)
        rows.createOrReplaceTempView("source")
        loaded = self._sql(select)
        if append:
            before = self.count(name)
            later = loaded.selectExpr("*", f"rowid + {before} AS later_rowid").drop("rowid")
            loaded = self._sql(f"SELECT * FROM {name}").unionByName(later.withColumnRenamed("later_rowid", "rowid"))
        self._keep(name, loaded, select)
        return number

    def create(self, name: str, select: str) -> int:
        """Store the result of a SELECT as a table. Returns the row count."""
        return self._keep(name, self._sql(select), select)

    def insert(self, name: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        """Create a table from a few columns of Python values."""
        schema = ", ".join(f"{column} {types[column]}" for column in columns)
        # Spark knows the size of an Arrow table, so it can broadcast it in a join rather than shuffle the other side.
        table = pyarrow.table({column: list(values) for column, values in columns.items()})
        self._session.createDataFrame(table, schema).createOrReplaceTempView(name)
        self._counts.pop(name, None)

    def look_up(self, name: str, select: str, function: LookUp, columns: Sequence[str]) -> int:
        """Create a table of the values of a SELECT and the results of a Python function for each, on the workers."""
        rows = self._keep(name, looked_up(self._sql(select), function, ("value", *columns)), select)
        if not rows:
            self.drop(name)
        return rows

    def replace_rows(self, name: str, where: str, select: str) -> None:
        """Replace the rows that meet a condition by the result of a SELECT."""
        replaced = self._sql(select)
        kept = self._sql(f"SELECT {', '.join(replaced.columns)} FROM {name} WHERE NOT coalesce({where}, FALSE)")
        self._keep(name, kept.unionByName(replaced), select)

    def blank(self, name: str, column: str, where: str) -> None:
        """Set a column to NULL in the rows that meet a condition."""
        self.create(name, f"SELECT {self._others(name, column)}, CASE WHEN {where} THEN NULL ELSE {column} END"
                          f" AS {column} FROM {name}")  # fmt: skip

    def update(self, name: str, column: str, value: str, other: str, where: str) -> None:
        """Set a column in the rows that meet a condition together with one row of the table `other`."""
        self.create(
            name,
            f"SELECT {self._others(name, column)}, CASE WHEN {other}.is_met THEN {value} ELSE {column} END AS {column}"
            f" FROM {name} LEFT JOIN (SELECT *, TRUE AS is_met FROM {other}) AS {other} ON {where}",
        )

    def _others(self, name: str, column: str) -> str:
        return ", ".join(f"{name}.{one}" for one in self._session.table(name).columns if one != column)

    def row_numbers(self, name: str) -> str:
        """The column with the position of each row, which exists from reading until values are standardized."""
        return f"{name}.rowid"

    def as_text(self, value: str) -> str:
        """A cast: here, `text_of` is one, and Spark does not allow SQL functions in windows and ORDER BY."""
        return f"CAST({value} AS STRING)"

    def rows(self, select: str) -> list[Row]:
        """The result of a SELECT."""
        with self._reported(select):
            return [tuple(row) for row in self._session.sql(select).collect()]

    def count(self, relation: str) -> int:
        """The number of rows of a table, which is known from its files, or of anything else that can follow FROM."""
        if relation in self._counts:
            return self._counts[relation]
        return int(self.rows(f"SELECT count(*) FROM {relation}")[0][0])

    def frame(self, select: str) -> Any:
        """The result of a SELECT as a pandas data frame, with the types that DuckDB gives."""
        with closing(DuckDBEngine()) as database:
            return database.frame("SELECT * FROM source", Source("rows", frame=self.arrow(select)))

    def arrow(self, select: str) -> Any:
        """The result of a SELECT, in its order, as an Arrow reader that loads one partition at a time."""
        with self._reported(select):
            return streamed(self._sql(select))

    def drop(self, *names: str) -> None:
        """Drop tables."""
        for name in names:
            self._session.catalog.dropTempView(name)
            if name in self._tables:
                shutil.rmtree(self._tables.pop(name), ignore_errors=True)
                self._counts.pop(name, None)

    def write(self, select: str, order: str, path: Path, format: str, source: Source | None = None) -> None:
        """Write the result of a SELECT: a folder of Parquet files, written by the workers, or one text file. `order`
        refers to its rows as `written`.

        With `source`, the SELECT sees that file or data frame as the table `source`.
        """
        if source is not None:
            self._numbered(source)[0].createOrReplaceTempView("source")
        if format == "parquet":
            self._write_parquet(f"SELECT * FROM ({select}) AS written ORDER BY {order}", path)
            return
        with closing(DuckDBEngine()) as database:
            database.write("SELECT * FROM source", order, path, format, Source("rows", frame=self.arrow(select)))

    def _write_parquet(self, select: str, path: Path) -> None:
        with self._reported(select):
            self._sql(select).write.option("compression", "zstd").parquet(path.absolute().as_uri())
        path.chmod(0o700)
        for part in path.iterdir():
            if part.suffix == ".parquet":
                part.chmod(0o600)
            else:  # checksums and the _SUCCESS file, which the manifest makes unnecessary
                part.unlink()

    def close(self) -> None:
        """Release memory and scratch files, cancel the jobs of a stopped run, and stop a session that it started."""
        self._opened.close()


_LOGGERS = ("DataFrameQueryContextLogger", "SQLQueryContextLogger")


@contextmanager
def _unlogged() -> Iterator[None]:
    """Prevent PySpark from logging the text of failed statements, which has values."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
