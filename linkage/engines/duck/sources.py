"""Sources as relations that DuckDB can select from, and errors when they cannot be read."""

import re
from collections.abc import Container, Iterable
from contextlib import ExitStack

import duckdb

from linkage.engines.duck.fixed_lines import DECLARE
from linkage.engines.duck.formats import OWN_FORMATS, read_format
from linkage.errors import EngineError, InputError
from linkage.quoting import literal, quoted_name
from linkage.sources.databases import fetched
from linkage.sources.servers import odd_types
from linkage.sources.source import COMPLETE, ROW_NUMBER, Source
from linkage.system.closed_duckdb import as_pattern, open_database, restrict_access
from linkage.system.text_pipe import TextPipe


class SourceRelation:
    """A source as a relation for SQL, within a `with` block; if `numbered`, with the column `ROW_NUMBER`.

    `readable` are the files that the connection may read. Other files are read by a second connection, which may read
    only those.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        scratch: str,
        readable: Container[str] = (),
        *,
        numbered: bool = False,
    ) -> None:
        self.connection, self.source, self.scratch, self.readable = connection, source, scratch, readable
        self.numbered = numbered
        self.pipes = ExitStack()
        self.pipe: TextPipe | None = None

    def __enter__(self) -> str:
        if self.source.format == "frame":
            self.connection.register("source_frame", self.source.text_frame())
            return self._counted("source_frame")
        if self.source.format in ("duckdb", "server"):
            return self._counted(self._fetched())
        if self.source.format in OWN_FORMATS:
            return self._counted(self._own_format())
        relation = self._csv() if self.source.format == "csv" else self._counted(self._parquet())
        return relation if all(str(path) in self.readable for path in self.source.files) else self._handed(relation)

    def _own_format(self) -> str:
        """The table with the records of a file that is neither CSV nor Parquet."""
        try:
            table = self.pipes.enter_context(read_format(self.connection, self.source, self.readable))
        except duckdb.Error as problem:
            error = without_values(problem, "read_csv(")
            if not isinstance(error, UnreadableError) or self.source.format != "fixed":
                raise error from None
            raise InputError(
                f"{self.source.name} cannot be read by layout {self.source.layout.name}: {error}. {DECLARE}"
            ) from None
        self.source.require_unchanged()
        return table

    def _parquet(self) -> str:
        """The union of the files. One SELECT per file, because DuckDB does not always keep the order of a list."""
        paths = [literal(as_pattern(path)) for path in self.source.files]
        files = [f"SELECT * FROM read_parquet({path}, hive_partitioning = false)" for path in paths]
        return f"({' UNION ALL BY NAME '.join(files)})"

    def _counted(self, relation: str) -> str:
        """The relation with its rows numbered from 2 if needed, as rows after a header."""
        return f"(SELECT *, row_number() OVER () + 1 AS {ROW_NUMBER} FROM {relation})" if self.numbered else relation

    def _csv(self) -> str:
        """The usable rows of a CSV file. All options are explicit, because a reader that skips unreadable lines loses
        people, and one that accepts an extra field shifts values into other columns."""
        source, found = self.source, self.source.csv_rows
        names, by_line = source.header(), self.numbered and bool(found.positions)
        through_pipe = by_line or not (source.reading.is_utf8 and found.is_regular)
        path = literal(as_pattern(source.files[0]))
        if through_pipe:
            self.pipe = self.pipes.enter_context(TextPipe(source.usable_rows(numbered=by_line)))
            path = literal(self.pipe.name)
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in [*[ROW_NUMBER] * by_line, *names])
        quote = literal(source.reading.quote)
        relation = (
            f"read_csv({path}, auto_detect = false, header = {not through_pipe}, delim = {literal(source.delimiter())},"
            f" quote = {quote}, escape = {quote}, columns = {{{columns}}})"
        )
        return relation if by_line else self._counted(relation)

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        if self.source.format == "frame":
            self.connection.unregister("source_frame")
        self.pipes.close()
        if problem is None or isinstance(problem, UnreadableError) or (self.pipe and self.pipe.fault):
            self.source.require_unchanged()
        if self.pipe and self.pipe.fault:
            raise InputError(f"{self.source.name} cannot be read as {self.source.format}: {self.pipe.fault}.") from None
        if isinstance(problem, UnreadableError):
            self._refuse_differing_types()
            raise InputError(
                f"{self.source.name} cannot be read as {self.source.format}: {problem}. {COMPLETE}"
            ) from None

    def _refuse_differing_types(self) -> None:
        """Raise InputError if the Parquet files of a folder store a column in types that have nothing in common."""
        if self.source.format != "parquet" or len(self.source.files) < 2:
            return
        types: dict[str, dict[str, None]] = {}
        try:
            with open_database(":memory:", self.scratch) as reading:
                restrict_access(reading, self.source.files)
                for path in self.source.files:
                    described = reading.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(as_pattern(path))})")
                    for name, type_, *_ in described.fetchall():
                        types.setdefault(name.lower(), {})[type_] = None
        except duckdb.Error:
            return  # a file that cannot be read at all is the cause
        differing = [f"{name} as {' and as '.join(found)}" for name, found in types.items() if not _unite(found)]
        if differing:
            raise InputError(
                f"{self.source.name} cannot be read as parquet: its files store {', '.join(differing)}. Write a column"
                " with the same type in all files."
            ) from None

    def _handed(self, relation: str) -> str:
        """A table of the rows read by a second connection."""
        table = "memory.main.handed_over"
        self.connection.execute(f"DROP TABLE IF EXISTS {table}")
        try:
            with open_database(":memory:", self.scratch) as reading:
                restrict_access(reading, self.source.files)
                self.connection.register("source_rows", reading.sql(f"SELECT * FROM {relation}").to_arrow_reader(_ROWS))
                self.connection.execute(f"CREATE TABLE {table} AS SELECT * FROM source_rows")
        except duckdb.Error as problem:
            raise without_values(problem, relation) from None
        finally:
            self.connection.unregister("source_rows")
        self.pipes.callback(self.connection.execute, f"DROP TABLE IF EXISTS {table}")
        return table

    def _fetched(self) -> str:
        """The table with the rows of a database: fetched once, so that a run sees one consistent state."""
        source = self.source
        name = quoted_name(f"fetched {source.server} {source.variable} {source.path} {source.table} {source.query}")
        table = f"memory.main.{name}"
        known = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'memory' AND table_name = $1"
        if self.connection.execute(known, [name[1:-1].replace('""', '"')]).fetchone():
            return table
        with fetched(source, self.scratch) as reader:
            source.keep_odd_columns(odd_types(reader.schema))
            self.connection.register("source_rows", reader)
            try:
                self.connection.execute(f"CREATE TABLE {table} AS SELECT * FROM source_rows")
            except duckdb.OutOfMemoryException as problem:
                raise without_values(problem, "") from None
            except duckdb.Error:
                odd = ", ".join(f"{name} holds {held}" for name, held in source.odd_columns.items())
                raise InputError(
                    f"{source.name}: the rows could not be fetched to the end. Try again"
                    + (f", without columns that have no plain text ({odd})." if odd else ".")
                ) from None
            finally:
                self.connection.unregister("source_rows")
        return table


def _unite(types: Iterable[str]) -> bool:
    """Whether columns of these types can be united, as numbers, days with times, and any type with texts can.

    >>> _unite(["INTEGER", "BIGINT", "DECIMAL(9,2)", "VARCHAR"]), _unite(["BIGINT", "DATE"])
    (True, False)
    """
    return len({_NUMBER.sub("number", _DAY.sub("day", one)) for one in types} - {"VARCHAR"}) < 2


_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|BOOLEAN|DECIMAL\([0-9,]+\))$")
_DAY = re.compile("(DATE|TIMESTAMP[A-Z_ ]*)$")


_ROWS = 100_000
"""How many rows one connection passes to another at once."""


class UnreadableError(EngineError):
    """DuckDB cannot read a file."""


_UNREADABLE = {
    "Failure in decode": "a binary column contains text that is not UTF-8; decode it with its own encoding first",
    "Expected Number of Columns": "a row has more or fewer columns than the header",
    "unterminated quote": "a quote is opened and not closed",
    "state machine": "it has two kinds of line endings, or misplaced quotes",
    "Invalid unicode": "it is not UTF-8",
    "gzip": "the gzip stream is damaged",
    "GZIP": "the gzip stream is damaged",
    "magic bytes": "it is not a Parquet file",
    "too small to be a Parquet": "it is not a Parquet file",
}


_FULL = ("No space left", "Could not write", "File too large", "Disk quota exceeded")


def without_values(problem: duckdb.Error, statement: str) -> EngineError:
    """An error for a database error, without the database's own message, which may quote a value."""
    message = str(problem)
    if isinstance(problem, duckdb.OutOfMemoryException) and "max_temp_directory_size" in message:
        return EngineError(
            "The disk is too small for the scratch files of this job. Set TMPDIR to a folder with more space, or give"
            " more memory with --memory."
        )
    if isinstance(problem, duckdb.OutOfMemoryException):
        return EngineError("The memory limit is too small for this job. Give more with --memory.")
    if any(sign in message for sign in _FULL):
        return EngineError("A file could not be written: the disk is full, or the file exceeds a size limit.")
    if "read_csv(" in statement or "read_parquet(" in statement or "Failure in decode" in message:
        row = re.search(r"CSV Error on Line: ([0-9]+)", message)
        reason = next((reason for sign, reason in _UNREADABLE.items() if sign in message), "the reader failed")
        return UnreadableError(f"{reason} (row {int(row[1]):,})" if row else reason)
    if isinstance(problem, duckdb.IOException):
        return EngineError("The database could not read or write its files. Is the disk full?")
    return EngineError(
        f"The database refused a statement ({type(problem).__name__}). This is a defect of the toolkit; the statement"
        f" begins: {' '.join(statement.split())[:80]}"
    )


def kind_of_nested(type_: str) -> str:
    """What a column holds that are no texts, numbers or dates; empty for a plain type.

    >>> [kind_of_nested(one) for one in ("VARCHAR[]", "STRUCT(a DATE)", "MAP(DATE, DATE)", "DECIMAL(18,3)")]
    ['lists', 'structs', 'maps', '']
    >>> kind_of_nested("JSON"), kind_of_nested("INTERVAL")
    ('JSON', 'intervals')
    """
    if type_.endswith("]"):
        return "lists"
    if type_ in ("JSON", "INTERVAL"):
        return "JSON" if type_ == "JSON" else "intervals"
    return next((f"{kind.lower()}s" for kind in ("STRUCT", "MAP", "UNION") if type_.startswith(f"{kind}(")), "")
