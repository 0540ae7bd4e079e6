"""Where a table comes from: a file, a data frame or a database; and what its columns mean.

Everything is read as text. A number or date that a reader has guessed at (an SSN that lost its
leading zero, a day that became a month) cannot be mended later.
"""

import csv
import hashlib
import io
import itertools
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from linkage.errors import InputError, did_you_mean, shown_names, told_alone
from linkage.extras import needs
from linkage.formats import fhir, tables
from linkage.formats.fhir import Events, is_fhir
from linkage.formats.found import RowsFound
from linkage.formats.layout import Layout, read_layout
from linkage.formats.lines import Ends, plain_lines
from linkage.known_names import is_header
from linkage.sources.csv_rows import CsvRows, Written, find_rows, usable_text
from linkage.sources.frames import in_text, is_of_arrow, on_the_wall
from linkage.sources.reading import Reading
from linkage.sources.servers import SERVERS, require_variable
from linkage.system.intact import DamagedError, Stamp, hashed, require_regular, stamp
from linkage.system.limits import MOST_COLUMNS
from linkage.system.text_pipe import TextError, open_text, other_format, utf8_blocks

DELIMITERS = (",", "\t", ";", "|")
DUCKDB_SUFFIXES = (".duckdb", ".ddb", ".db")
ROW_NUMBER = "source_row_number"
"""A column that every source has for a SELECT that names it: the number of each row, as `rejected` counts them."""
COMPLETE = (
    'A file must be complete, in UTF-8 or with its encoding declared (encoding = "cp1252"); in CSV, quotes stand'
    " doubled inside quotes (RFC 4180)."
)

Theirs = str | Sequence[str]
"""The name of a column of theirs; or of two or three that hold the year, month and day of one date, in this order."""


@dataclass(frozen=True)
class Source:
    """A file, a folder of Parquet files, a frame, or a table or query of a database, with the columns that the
    user has named (ours -> theirs; a date may stand in columns of its year, month and day). `server` is a kind of
    `SERVERS`, and `variable` the environment variable that holds its address. `seen` is the state of each file when a
    run began, see `as_seen`. `later` are the files that follow the first, for a registry that comes in several, in
    their order."""

    name: str
    path: Path | None = None
    frame: Any = None
    columns: Mapping[str, Theirs] = field(default_factory=dict)
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
        """Whether it is a data frame of Spark's."""
        return _is_of_spark(self.frame)

    @property
    def files(self) -> list[Path]:
        """The files behind it, in the order in which their rows are numbered; none for what is no file.

        In a folder, names that begin with a dot are passed over.
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
        """Where in a database it stands, for the manifest; nothing for other sources."""
        told = {"table": self.table, "query": self.query} | ({self.server: self.variable} if self.server else {})
        told["layout_sha256"] = self.layout.digest if self.format == "fixed" else ""
        return {name: value for name, value in told.items() if value}

    def delimiter(self) -> str:
        """The separator of a CSV file: as declared, or the one that its header line uses most."""
        header = self._header_line()
        return self.reading.delimiter or max(DELIMITERS, key=header.count)

    @told_alone
    def header(self) -> list[str]:
        """The column names of a CSV file.

        Raises InputError when two columns have one name.
        """
        names = self._names()
        if not names[-1].strip() and self.csv_rows.drops_name:
            names = names[:-1]
        names = [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]
        _refuse_twice(self.name, names)
        return names

    @cached_property
    def csv_rows(self) -> CsvRows:
        """Where the rows of a CSV file stand, and which of them cannot be used. The file is read for it once.

        Raises InputError when it cannot be read to its end.
        """
        try:
            return find_rows(self._text, self._written(), self._names(), self.name)
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
        """What the bundles of a FHIR source say, in their order. Raises InputError."""
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
        """Whether the records of a stream are named by SSNs."""
        return self.format == "fixed" and self.layout.key_is_ssn

    @property
    def rows_found(self) -> CsvRows | RowsFound:
        """Where the usable rows stand and which others there are; of what is no CSV once it has been read."""
        return self.csv_rows if self.format == "csv" else self.__dict__.get("_rows_read", RowsFound())

    @property
    def actions(self) -> Mapping[str, int]:
        """How many of the rows that were read did what to a registry, where it is a stream."""
        found = self.rows_found
        return found.actions if isinstance(found, RowsFound) else {}

    def keep_rows_found(self, found: RowsFound) -> None:
        """Remember what reading has found, for `rows_found`."""
        self.__dict__["_rows_read"] = found

    def lines(self, ends: Ends) -> Iterator[bytes]:
        """The lines of fixed-width files in UTF-8, one file after the other; their numbers go into `ends`.

        Raises TextError.
        """
        reading = self.reading
        return plain_lines((utf8_blocks(path, reading.encoding, is_utf8=reading.is_utf8) for path in self.files), ends)

    @property
    def forgiven(self) -> str:
        """What is forgiven of every row of a CSV file, in words."""
        return self.rows_found.forgiven

    def usable_rows(self, *, numbered: bool) -> Iterator[bytes]:
        """The text of a CSV file in UTF-8, without its header and the rows that cannot be used.

        Where `numbered`, each row stands behind the number of its line. Raises TextError and InputError.
        """
        return usable_text(self._text, self._written(), self.csv_rows, self.name, numbered=numbered)

    def row_number(self, place: int) -> int:
        """The number of a row that was read, by its place (from 0): in CSV the line of the file on which it begins,
        elsewhere its place behind a header."""
        return self.rows_found.line(place)

    def _text(self) -> Iterator[bytes]:
        assert self.path is not None
        return utf8_blocks(self.path, self.reading.encoding, is_utf8=self.reading.is_utf8)

    def _written(self) -> Written:
        quote = ord(self.reading.quote) if self.reading.quote else 0
        ends_with_cr = self._first_lines().endswith("\r")
        return Written(ord(self.delimiter()), quote, ord("\r" if ends_with_cr else "\n"))

    def _names(self) -> list[str]:
        """The names of the columns as they are written."""
        quoting = {"quotechar": self.reading.quote} if self.reading.quote else {"quoting": csv.QUOTE_NONE}
        lines = io.StringIO(self._header_line(), newline="")
        try:
            names = next(csv.reader(lines, delimiter=self.delimiter(), **quoting))
        except csv.Error:
            raise InputError(f"{self.name}: its first line is no header: a name of a column has no end.") from None
        require_columns(self.name, len(names))
        return names

    def _header_line(self) -> str:
        return self._first_lines().rstrip("\r\n")

    def _first_lines(self) -> str:
        """The first line, or more of them where the name of a column holds a line break."""
        assert self.path is not None
        errors = "replace" if self.reading.is_utf8 else "strict"
        try:
            if other := other_format(self.path):
                raise InputError(f"{self.name} cannot be read: it is {other}.")
            with open_text(self.path, self.reading.encoding, errors) as text:
                header = "".join(_first_record(text, self.reading.quote))
        except (OSError, EOFError, zlib.error) as problem:
            raise InputError(f"{self.name} cannot be read: {problem.__class__.__name__}.") from None
        except UnicodeError:
            raise InputError(f"{self.name} is not {self.reading.encoding}. Declare another encoding.") from None
        if "\0" in header:
            raise InputError(f'{self.name} is not text, or it is UTF-16: then declare encoding = "utf-16".')
        if not header.strip():
            raise InputError(
                f"{self.name} is empty, or its first line is. It needs a header line that names its columns."
            )
        return header

    def text_frame(self) -> Any:
        """The frame as the database takes it: Arrow as it is, pandas with every column as text."""
        if self.is_of_spark:
            raise InputError(
                f'{self.name}: the frame is Spark\'s. Use engine = "spark", or give what toPandas() returns.'
            )
        if is_of_arrow(self.frame):
            return on_the_wall(self.frame)
        if hasattr(self.frame, "to_arrow"):  # Polars
            needs("pyarrow")
            return on_the_wall(self.frame.to_arrow())
        return self._small_text if self.frame.size <= _SMALL else in_text(self.frame)

    @cached_property
    def _small_text(self) -> Any:
        """A small frame as text: a run reads it several times, and making it again costs more than keeping it."""
        return in_text(self.frame)

    def as_seen(self) -> "Source":
        """The same, to be read only as long as its files stay what they are now."""
        return replace(self, seen={path: stamp(path) for path in self.files})

    def require_unchanged(self) -> None:
        """Refuse a file that has changed since `as_seen`: what was read is then not what is hashed.

        Raises InputError.
        """
        if self.seen and self.seen != (now := {path: stamp(path) for path in self.files}):
            changed = next(path for path in (*self.seen, *now) if self.seen.get(path) != now.get(path))
            raise InputError(
                f"{self.name} changed while it was read ({changed.name}). Nothing was written: run again when nobody"
                " writes to it, or read a copy."
            )

    @told_alone
    def digest(self) -> str | None:
        """SHA-256 of the file's bytes, of a folder over those of its files; None for what is no file.

        Raises InputError when a file is damaged, by the sums that it holds, or has changed since `as_seen`.
        """
        digests = []
        for path in self.files:
            try:
                digests.append(hashed(path))
            except DamagedError as problem:
                self.require_unchanged()
                raise InputError(
                    f"{self.name} is damaged: {problem}{f' ({path.name})' if path != self.path else ''}. Nothing was"
                    " written: copy the file again from where it came."
                ) from None
            except OSError as problem:
                raise InputError(f"{self.name} cannot be read: {problem.strerror}.") from None
        self.require_unchanged()
        if self.path is not None and (self.path.is_dir() or self.later):
            return hashlib.sha256("".join(digests).encode()).hexdigest()
        return digests[0] if digests else None


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


_OF_A_RUN = ("manifest.json", "links.parquet", "rejected.parquet")


def _refuse_output(folder: Path, files: Iterable[Path]) -> None:
    """Refuse a folder of files among which the output of a run stands: its deaths would be read as a hospital's."""
    for place in {file.parent for file in files}:
        if all((place / name).exists() for name in _OF_A_RUN):
            raise InputError(
                f"{folder} holds the output of a run ({place.name}), which would be read as input. Move it elsewhere,"
                " or name the files that are meant."
            )


def require_columns(source: str, found: int) -> None:
    """Refuse a table that is far wider than any of people."""
    if found > MOST_COLUMNS:
        raise InputError(
            f"{source} has {found:,} columns, and at most {MOST_COLUMNS:,} are read. Is its delimiter another? If not,"
            " leave out those that are not needed."
        )


def _refuse_twice(source: str, names: list[str]) -> None:
    """Refuse columns of one name, whatever its case: a database would give the second another."""
    counted = Counter(name.lower() for name in names)
    twice = sorted({name for name in names if counted[name.lower()] > 1})
    if twice:
        is_shown = is_header(names) and shown_names(names) == names and len(twice) < 10
        called = ", ".join(twice) if is_shown else "the same"
        raise InputError(f"{source}: two columns are called {called}. Each needs a name of its own.")


def _is_of_spark(frame: Any) -> bool:
    return type(frame).__module__.startswith("pyspark.")


_HEADER_LINES = 100  # a quote that is never closed must not read the whole file
_LONGEST_LINE = 4_000_000  # nor a line that never ends


def _first_record(text: IO[str], quote: str) -> Iterator[str]:
    quotes = 0
    for line in itertools.islice(iter(lambda: text.readline(_LONGEST_LINE), ""), _HEADER_LINES):
        yield line
        quotes += line.count(quote) if quote else 0
        if quotes % 2 == 0:
            return


_SMALL = 100_000
"""Values of a frame up to which its text is kept."""


@told_alone
def as_source(data: Any, columns: Mapping[str, Theirs] | None = None, name: str = "frame") -> Source:
    """A Source from a path or a pandas, Polars or Arrow frame.

    >>> as_source("deaths.csv.gz").format
    Traceback (most recent call last):
    linkage.errors.InputError: deaths.csv.gz: no such file.
    """
    if isinstance(data, Source):
        named = name if data.format == "frame" and data.name == "frame" else data.name
        return replace(data, name=named, columns={**data.columns, **(columns or {})})
    if isinstance(data, str | Path):
        return source(data, columns=columns)
    if type(data).__module__.startswith("pyspark.pandas."):
        data = data.to_spark()
    if hasattr(data, "collect") and not _is_of_spark(data):
        raise InputError(f"{name}: the frame is lazy. Give what its collect() returns.")
    if not hasattr(data, "columns"):
        raise InputError(f"{name}: {type(data).__name__} is neither a path nor a data frame.")
    # Arrow's columns are not names; of the others, some answer to whatever attribute they are asked for.
    names = data.column_names if is_of_arrow(data) else data.columns
    _refuse_twice(name, [str(column) for column in names])
    require_columns(name, len(names))
    return Source(name, frame=data, columns=columns or {})


def told_sources(
    patients: Any, deaths: Any, encounters: Any, columns: Mapping[str, Mapping[str, Theirs]]
) -> list[Source]:
    """The sources of a run: patients, deaths, and each of the encounters.

    `columns` maps our names to theirs, for each of "patients", "deaths" and "encounters". Raises InputError.
    """
    for table in columns:
        if table not in ("patients", "deaths", "encounters"):
            raise InputError(f"columns has {table!r}. Allowed: patients, deaths, encounters.")
    several = encounters if isinstance(encounters, list | tuple) else [] if encounters is None else [encounters]
    return _told_apart([
        as_source(patients, columns.get("patients"), "patients"),
        as_source(deaths, columns.get("deaths"), "deaths"),
        *(as_source(data, columns.get("encounters"), "encounters") for data in several),
    ])  # fmt: skip


def _told_apart(sources: Iterable[Source]) -> list[Source]:
    """Number sources of one name, so that a rejected row names its file, and is counted for no other."""
    named: dict[str, Source] = {}
    for source in sources:
        numbered = (f"{source.name} ({number})" for number in itertools.count(2))
        name = next(name for name in itertools.chain([source.name], numbered) if name not in named)
        named[name] = replace(source, name=name).as_seen()
    return list(named.values())


@told_alone
def source(
    file: Any = None,
    *,
    table: str = "",
    query: str = "",
    columns: Mapping[str, Theirs] | None = None,
    **reading: Any,
) -> Source:
    """A file, data frame or database table, and how it is written.

    `file` is a CSV, CSV.gz, fixed-width, Parquet or DuckDB file (of a registry in a layout also a list of several, in
    the order in which they were sent), a folder of Parquet files, or a frame (pandas, Polars, Arrow or
    Spark); a DuckDB file needs a `table` or a `query`. For a `table` or a `query` of a server, `postgres`, `odbc`,
    `sqlite`, `snowflake` or `bigquery` names the environment variable that holds its address. `columns` maps our column
    names to theirs, a date also to a list of the columns of its year, month and day. The rest is what
    `linkage.sources.reading.Reading` declares: encoding, delimiter, quote, dates, two_digit_years_up_to,
    ssn_lost_zeros, kind, words, layout.

    Raises InputError.

    >>> source("deaths.csv", encoding="cp1252", dates={"death_date": "DD/MM/YYYY"})
    Traceback (most recent call last):
    linkage.errors.InputError: deaths.csv: no such file.
    """
    servers = {kind: variable for kind in SERVERS if (variable := reading.pop(kind, ""))}
    declared = _declared(reading)
    if isinstance(file, list | tuple):
        return _several_files(file, declared, columns, named=bool(table or query or servers))
    if not isinstance(file, str | Path | None):
        return _frame_source(file, declared, columns, named=bool(table or query or servers))
    if bool(file) + len(servers) != 1:
        raise InputError(f"Name either a file, or the environment variable of one server ({', '.join(SERVERS)}).")
    if "://" in str(file or ""):
        raise InputError(
            "file is an address, and not a path. Files are read from disks alone; the address of a server stands in an"
            f" environment variable, whose name goes into one of: {', '.join(SERVERS)}."
        )
    for kind, variable in servers.items():
        require_variable(variable, kind)
        _check_table(f"{SERVERS[kind].title} (a server)", table, query)
        name = table or f"query of {variable}"
        return Source(name, None, None, columns or {}, declared, table, query, kind, variable)
    path = Path(str(file))
    if not _is_there(path):
        raise InputError(f"{path}: no such file.")
    require_regular(path)
    found = Source(path.name, path, None, columns or {}, declared, table, query)
    if found.format == "fixed":
        _check_fixed(found)
        return found
    if found.format in ("fhir", "stat", "excel"):
        return _checked_format(found)
    if found.format == "duckdb":
        _check_table(path.name, table, query)
        return replace(found, name=f"{path.name}: {table}" if table else path.name)
    if table or query:
        raise InputError(f"{path.name} is no database, so that it has no table and no query.")
    if not found.files:
        raise InputError(f"{path} is a folder without Parquet files (no such file ends in .parquet).")
    for file in found.files:
        require_regular(file)
    if path.is_dir():
        _refuse_output(path, found.files)
    return found


def _check_fixed(found: Source) -> None:
    """Refuse settings that a fixed-width file cannot have, and a layout that cannot be read."""
    if found.table or found.query:
        raise InputError(f"{found.name} is no database, so that it has no table and no query.")
    if found.path is not None and found.path.is_dir():
        raise InputError(f'{found.name} is a folder. Name the files of it in their order: file = ["...", "..."].')
    if given := [name for name in ("delimiter", "quote") if name in found.reading.declared()]:
        raise InputError(f"{found.name} has a layout, so that it has no {given[0]}. Leave one of the two out.")
    _ = found.layout


def _checked_format(found: Source) -> Source:
    """A file of another format than text, if its settings can be meant."""
    assert found.path is not None
    if found.query or (found.table and found.format != "excel"):
        raise InputError(f"{found.name} is no database, so that it has no table and no query.")
    of_text = ("delimiter", "quote", *(() if found.format == "stat" else ("encoding",)))
    if given := [name for name in of_text if name in found.reading.declared()]:
        raise InputError(f"{found.name} is no CSV file, so that it has no {given[0]}. Leave it out.")
    for file in found.files:
        require_regular(file)
    return found


def _several_files(
    files: Sequence[Any], declared: Reading, columns: Mapping[str, Theirs] | None, *, named: bool
) -> Source:
    """Files that follow one another, as one source: the registry that they make together."""
    if named or not files or not all(isinstance(file, str | Path) for file in files):
        raise InputError(
            'A list names files in their order, such as file = ["2019.txt", "2020.txt"], and nothing else.'
        )
    if twice := [file for place, file in enumerate(files) if file in files[:place]]:
        raise InputError(f"{Path(twice[0]).name} is named twice.")
    each = [
        source(file, columns=columns, **{one.name: getattr(declared, one.name) for one in fields(Reading)})
        for file in files
    ]
    if len(each) > 1 and not each[0].is_stream:
        raise InputError(
            f"{each[0].name} and others: only a registry in FHIR, or in a layout with a [registry], comes in several"
            " files. Of other files, make one."
        )
    name = each[0].name if len(each) == 1 else f"{each[0].name} and {len(each) - 1} more"
    return replace(each[0], name=name, later=tuple(Path(str(file)) for file in files[1:]))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as problem:  # a name that is too long for any file
        told = str(path) if len(str(path)) <= 200 else f"{str(path)[:200]}..."
        raise InputError(f"{told}: cannot be read: {problem.strerror}.") from None


def _declared(reading: Mapping[str, Any]) -> Reading:
    allowed = [one.name for one in fields(Reading)]
    for setting in reading:
        if setting not in allowed:
            raise InputError(
                f"{setting!r} is not a setting of a source. Allowed: {', '.join(allowed)}."
                + did_you_mean(setting, allowed)
            )
    return Reading(**reading)


def _frame_source(frame: Any, declared: Reading, columns: Mapping[str, Theirs] | None, *, named: bool) -> Source:
    """A frame with what is declared of it."""
    of_text = [name for name in ("encoding", "delimiter", "quote") if name in declared.declared()]
    if named or of_text:
        raise InputError(
            f"A data frame has no {of_text[0] if of_text else 'table, query or server'}. Leave it out: dates, ssn and"
            " all else are declared as for a file."
        )
    return replace(as_source(frame, columns), reading=declared)


def _check_table(place: str, table: str, query: str) -> None:
    if bool(table) == bool(query):
        raise InputError(f"{place} needs either a table or a query.")
