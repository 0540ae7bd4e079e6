"""What a source is to DuckDB: something that SQL can select from. And what went wrong when it cannot be read."""

import re
from contextlib import ExitStack
from pathlib import Path

import duckdb

from linkage.errors import EngineError, InputError
from linkage.quoting import literal, quoted_name
from linkage.sources.databases import fetched
from linkage.sources.source import Source
from linkage.system.text_pipe import TextPipe


class SourceRelation:
    """A source as something that SQL can select from, for as long as it is read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, scratch: str) -> None:
        self.connection, self.source, self.scratch = connection, source, scratch
        self.pipes = ExitStack()
        self.pipe: TextPipe | None = None

    def __enter__(self) -> str:
        if self.source.format == "frame":
            self.connection.register("source_frame", self.source.text_frame())
            return "source_frame"
        if self.source.format in ("duckdb", "postgres"):
            return self._fetched()
        paths = [literal(_without_patterns(path)) for path in self.source.files]
        if self.source.format == "parquet":
            # One after the other: of a list of small files DuckDB does not always keep the order.
            files = [f"SELECT * FROM read_parquet({path}, hive_partitioning = false)" for path in paths]
            return f"({' UNION ALL BY NAME '.join(files)})"
        (path,) = paths
        if not self.source.reading.is_utf8:
            self.pipe = self.pipes.enter_context(TextPipe(self.source.files[0], self.source.reading.encoding))
            path = literal(self.pipe.name)
        # Nothing is guessed: a reader that skips lines it cannot make sense of loses people.
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.source.header())
        quote = literal(self.source.reading.quote)
        return (
            f"read_csv({path}, auto_detect = false, header = true, delim = {literal(self.source.delimiter())},"
            f" quote = {quote}, escape = {quote}, columns = {{{columns}}})"
        )

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        if self.source.format == "frame":
            self.connection.unregister("source_frame")
        self.pipes.close()
        if self.pipe and self.pipe.fault:
            raise InputError(f"{self.source.name} cannot be read as {self.source.format}: {self.pipe.fault}.") from None
        if isinstance(problem, UnreadableError):
            raise InputError(
                f"{self.source.name} cannot be read as {self.source.format}: {problem}."
                ' A file must be complete, in UTF-8 or with its encoding declared (encoding = "cp1252"); in CSV,'
                " quotes stand doubled inside quotes (RFC 4180)."
            ) from None

    def _fetched(self) -> str:
        """The table that holds a database's rows: asked for once, so that a run sees one state of them."""
        source = self.source
        name = quoted_name(f"fetched {source.postgres} {source.path} {source.table} {source.query}")
        table = f"memory.main.{name}"
        known = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'memory' AND table_name = $1"
        if self.connection.execute(known, [name[1:-1].replace('""', '"')]).fetchone():
            return table
        with fetched(source, self.scratch) as reader:
            self.connection.register("source_rows", reader)
            try:
                self.connection.execute(f"CREATE TABLE {table} AS SELECT * FROM source_rows")
            except duckdb.OutOfMemoryException as problem:
                raise without_values(problem, "") from None
            except duckdb.Error:
                raise InputError(f"{source.name}: the rows could not be fetched to the end. Try again.") from None
            finally:
                self.connection.unregister("source_rows")
        return table


def _without_patterns(path: Path) -> str:
    # DuckDB takes a path as a pattern, in which brackets and stars stand for other files.
    return re.sub(r"([*?\[])", r"[\1]", str(path))


class UnreadableError(EngineError):
    """A file that DuckDB cannot read."""


_UNREADABLE = {
    "Expected Number of Columns": "a row has more or fewer columns than the header",
    "unterminated quote": "a quote is opened and not closed",
    "state machine": "it has line ends of two kinds, or quotes out of place",
    "Invalid unicode": "it is not UTF-8",
    "gzip": "the gzip stream is damaged",
    "GZIP": "the gzip stream is damaged",
    "magic bytes": "it is not a Parquet file",
    "too small to be a Parquet": "it is not a Parquet file",
}


def without_values(problem: duckdb.Error, statement: str) -> EngineError:
    """What went wrong, without the database's own words, which may quote a value."""
    said = str(problem)
    if isinstance(problem, duckdb.OutOfMemoryException) and "max_temp_directory_size" in said:
        return EngineError(
            "The disk is too small for the scratch files of this job. Name a folder with more room in TMPDIR, or give"
            " more memory with --memory."
        )
    if isinstance(problem, duckdb.OutOfMemoryException):
        return EngineError("The memory limit is too small for this job. Give more with --memory.")
    if "read_csv(" in statement or "read_parquet(" in statement:
        row = re.search(r"CSV Error on Line: ([0-9]+)", said)
        reason = next((reason for sign, reason in _UNREADABLE.items() if sign in said), "the reader gave up")
        return UnreadableError(f"{reason} (row {int(row[1]):,})" if row else reason)
    if isinstance(problem, duckdb.IOException):
        return EngineError("The database could not read or write its files. Is the disk full?")
    return EngineError(
        f"The database refused a statement ({type(problem).__name__}). This is a defect of the toolkit; the statement"
        f" begins: {' '.join(statement.split())[:80]}"
    )
