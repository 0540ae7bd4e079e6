"""Where a table comes from: a file, a data frame or a database; and what its columns mean.

Everything is read as text. If a reader converted numbers or dates itself, its errors (an SSN without its leading zero,
day and month exchanged) could not be corrected later.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from linkage.errors import InputError, without_cause
from linkage.extras import needs
from linkage.formats import fhir, tables
from linkage.formats.fhir import Events, is_fhir
from linkage.formats.layout import Layout, read_layout
from linkage.formats.lines import Ends, plain_lines
from linkage.formats.rows_found import RowsFound
from linkage.sources.csv_rows import CsvRows, Written, find_rows, usable_text
from linkage.sources.frames import in_text, is_of_arrow, is_of_spark, with_local_times
from linkage.sources.header import header_delimiter, header_text, names_in_header, refuse_equal_names
from linkage.sources.reading import Reading
from linkage.system.intact import DamagedError, Stamp, hashed, stamp
from linkage.system.text_pipe import TextError, utf8_blocks

DUCKDB_SUFFIXES = (".duckdb", ".ddb", ".db")
ROW_NUMBER = "source_row_number"
"""A column that a SELECT can use with every source: the number of each row, as in the table `rejected`."""
COMPLETE = (
    'A file must be complete, in UTF-8 or with its encoding declared (encoding = "cp1252"); in CSV, a quote'
    " inside quotes must be doubled (RFC 4180)."
)

ColumnName = str | Sequence[str]
"""The name of a column of the source; or those of the two or three columns with year, month and day of one date."""


@dataclass(frozen=True)
class Source:
    """A file, a folder of Parquet files, a data frame, or a table or query of a database.

    `columns` are those mapped by the user (ours -> theirs; a date can have separate columns for year, month and day).
    `server` is a key of `SERVERS`, and `variable` the environment variable that holds its address. `seen` is the state
    of each file when the run began, see `as_seen`. `later` are the second and further files of a registry that comes in
    several files, in order.
    """

    name: str
    path: Path | None = None
    frame: Any = None
    columns: Mapping[str, ColumnName] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    table: str = ""
    query: str = ""
    server: str = ""
    variable: str = ""
    seen: Mapping[Path, Stamp | None] = field(default_factory=dict)
    later: tuple[Path, ...] = ()

    @property
    def format(self) -> str:
        """csv, fixed, fhir, stat, excel, parquet, duckdb, server or frame."""
        if self.path is None:
            return "server" if self.server else "frame"
        if self.reading.layout:
            return "fixed"
        if is_fhir(self.path):
            return "fhir"
        if tables.is_stat(self.path) or tables.is_workbook(self.path):
            return "stat" if tables.is_stat(self.path) else "excel"
        if self.path.suffix.lower() in DUCKDB_SUFFIXES:
            return "duckdb"
        return "parquet" if self.path.is_dir() or self.path.suffix.lower() in (".parquet", ".pq") else "csv"

    @property
    def is_of_spark(self) -> bool:
        """Whether it is a Spark data frame."""
        return is_of_spark(self.frame)

    @property
    def files(self) -> list[Path]:
        """The files, in the order in which their rows are numbered; empty if the source is not a file.

        In a folder, names that begin with a dot are skipped.
        """
        if self.path is None:
            return []
        if not self.path.is_dir():
            return [self.path, *self.later]
        if self.format == "fhir":
            return fhir.files_of(self.path)
        found = (path for path in self.path.glob("**/*.parquet") if not _is_hidden(path.relative_to(self.path)))
        return sorted(found)

    def origin(self) -> dict[str, str]:
        """The table or query of a database and the digest of a layout, for the manifest; empty for other sources."""
        place = {"table": self.table, "query": self.query} | ({self.server: self.variable} if self.server else {})
        place["layout_sha256"] = self.layout.digest if self.format == "fixed" else ""
        return {name: value for name, value in place.items() if value}

    def delimiter(self) -> str:
        """The delimiter of a CSV file: as declared, or the one that its header line uses most."""
        return header_delimiter(self._header, self.reading)

    @without_cause
    def header(self) -> list[str]:
        """The column names of a CSV file.

        Raises InputError if two columns have the same name.
        """
        names = names_in_header(self.name, self._header, self.reading)
        if not names[-1].strip() and self.csv_rows.drops_name:
            names = names[:-1]
        names = [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]
        refuse_equal_names(self.name, names)
        return names

    @cached_property
    def csv_rows(self) -> CsvRows:
        """The lines of the usable rows of a CSV file, and its unusable rows; cached, because the file must be read.

        Raises InputError if the file cannot be read completely.
        """
        try:
            return find_rows(
                self._text, self._written(), names_in_header(self.name, self._header, self.reading), self.name
            )
        except TextError as problem:
            raise InputError(f"{self.name} cannot be read as csv: {problem}. {COMPLETE}") from None

    @cached_property
    def layout(self) -> Layout:
        """The layout of a fixed-width file. Raises InputError."""
        return read_layout(self.reading.layout)

    @property
    def is_stream(self) -> bool:
        """Whether its rows add, change and delete the records of a registry; see `formats.stream`."""
        return self.format == "fhir" or (self.format == "fixed" and bool(self.layout.key))

    @cached_property
    def events(self) -> Events:
        """The events in the bundles of a FHIR source, in order. Raises InputError."""
        assert self.path is not None
        return fhir.read_events(self.files, by_time=self.path.is_dir())

    @cached_property
    def stored(self) -> Any:
        """The rows of a file of a statistics package or a workbook, as a data frame of texts. Raises InputError."""
        assert self.path is not None
        if self.format == "excel":
            return tables.read_workbook(self.path, self.table)
        return tables.read_stat(self.path, self.reading.encoding if self.reading.declared().get("encoding") else None)

    @property
    def key_is_ssn(self) -> bool:
        """Whether the records of a stream are identified by SSN."""
        return self.format == "fixed" and self.layout.key_is_ssn

    @property
    def rows_found(self) -> CsvRows | RowsFound:
        """The lines of usable rows, and the unusable rows. Known for a file that is not CSV only after it was read."""
        return self.csv_rows if self.format == "csv" else self.__dict__.get("_rows_read", RowsFound())

    @property
    def actions(self) -> Mapping[str, int]:
        """The number of rows by their action on the registry, if it is a stream."""
        found = self.rows_found
        return found.actions if isinstance(found, RowsFound) else {}

    def keep_rows_found(self, found: RowsFound) -> None:
        """Store the rows found while reading, for `rows_found`."""
        self.__dict__["_rows_read"] = found

    @property
    def odd_columns(self) -> Mapping[str, str]:
        """What columns of a server hold that are not texts, numbers or dates; known only after it was read."""
        found: Mapping[str, str] = self.__dict__.get("_odd_columns", {})
        return found

    def keep_odd_columns(self, found: Mapping[str, str]) -> None:
        """Store what was found while reading, for `odd_columns`."""
        self.__dict__["_odd_columns"] = found

    def lines(self, ends: Ends) -> Iterator[bytes]:
        """The lines of fixed-width files in UTF-8, one file after the other; `ends` receives their numbers.

        Raises TextError.
        """
        reading = self.reading
        line = self.layout.length + 1
        blocks = (utf8_blocks(path, reading.encoding, is_utf8=reading.is_utf8, line=line) for path in self.files)
        return plain_lines(blocks, ends, self.layout)

    @property
    def forgiven(self) -> str:
        """The deviation that is tolerated in every row of a CSV file, in words."""
        return self.rows_found.forgiven

    def usable_rows(self, *, numbered: bool) -> Iterator[bytes]:
        """The text of a CSV file in UTF-8, without its header and the rows that cannot be used.

        If `numbered`, each row follows its line number. Raises TextError and InputError.
        """
        return usable_text(self._text, self._written(), self.csv_rows, self.name, numbered=numbered)

    def row_number(self, position: int) -> int:
        """The number of a row that was read, given its position (from 0): in CSV the line of the file on which it
        begins, in other sources its position counted from 2, as after a header."""
        return self.rows_found.line(position)

    @cached_property
    def _header(self) -> str:
        """The text of the header of a CSV file, with its line end."""
        assert self.path is not None
        return header_text(self.name, self.path, self.reading)

    def _text(self) -> Iterator[bytes]:
        assert self.path is not None
        return utf8_blocks(self.path, self.reading.encoding, is_utf8=self.reading.is_utf8)

    def _written(self) -> Written:
        quote = ord(self.reading.quote) if self.reading.quote else 0
        ends_with_cr = self._header.endswith("\r")
        return Written(ord(self.delimiter()), quote, ord("\r" if ends_with_cr else "\n"))

    def text_frame(self) -> Any:
        """The frame in a form that the database accepts: Arrow unchanged, pandas with every column as text."""
        if self.is_of_spark:
            raise InputError(
                f'{self.name}: this is a Spark data frame. Use engine = "spark", or pass the result of toPandas().'
            )
        if is_of_arrow(self.frame):
            return with_local_times(self.frame)
        if hasattr(self.frame, "to_arrow"):  # Polars
            needs("pyarrow")
            return with_local_times(self.frame.to_arrow())
        return self._small_text if self.frame.size <= _SMALL else in_text(self.frame)

    @cached_property
    def _small_text(self) -> Any:
        """A small frame as text. A run reads it several times, and repeating the conversion costs more than keeping
        it."""
        return in_text(self.frame)

    def as_seen(self) -> "Source":
        """A copy of this source that refuses to be read once its files have changed."""
        return replace(self, seen={path: stamp(path) for path in self.files})

    def require_unchanged(self) -> None:
        """Raise InputError if a file has changed since `as_seen`: its digest would not be that of the rows read."""
        if self.seen and self.seen != (now := {path: stamp(path) for path in self.files}):
            changed = next(path for path in (*self.seen, *now) if self.seen.get(path) != now.get(path))
            raise InputError(
                f"{self.name} changed while it was read ({changed.name}). Nothing was written: run again when no"
                " program writes to it, or read a copy."
            )

    @without_cause
    def digest(self) -> str | None:
        """The SHA-256 of the file; of several files, that of their digests; None if the source is not a file.

        Raises InputError if a checksum in a file does not match, or a file has changed since `as_seen`.
        """
        digests = []
        for path in self.files:
            try:
                digests.append(hashed(path))
            except DamagedError as problem:
                self.require_unchanged()
                raise InputError(
                    f"{self.name} is damaged: {problem}{f' ({path.name})' if path != self.path else ''}. Nothing was"
                    " written: copy the file again from its source."
                ) from None
            except OSError as problem:
                raise InputError(f"{self.name} cannot be read: {problem.strerror}.") from None
        self.require_unchanged()
        if self.path is not None and (self.path.is_dir() or self.later):
            return hashlib.sha256("".join(digests).encode()).hexdigest()
        return digests[0] if digests else None


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


_SMALL = 100_000
"""The number of values up to which a frame is kept as text."""
