"""The header of a table: the text, delimiter and column names of a CSV file; checks of the names of any table."""

import csv
import io
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from linkage.errors import InputError, shown_names
from linkage.known_names import is_header
from linkage.sources.reading import Reading
from linkage.system.limits import MOST_COLUMNS
from linkage.system.text_pipe import open_text, other_format

DELIMITERS = (",", "\t", ";", "|")

_HEADER_LINES = 100  # so that a quote that is never closed does not read the whole file
_FOR_EXCEL = re.compile('"?sep=.?"?', re.IGNORECASE)
_LONGEST_LINE = 4_000_000  # so that a line without an end does not


def header_text(name: str, path: Path, reading: Reading) -> str:
    """The first line with its line end; more lines if the name of a column contains a line break.

    `name` is the name of the source, for messages. Raises InputError.
    """
    errors = "replace" if reading.is_utf8 else "strict"
    try:
        if other := other_format(path):
            raise InputError(f"{name} cannot be read: it is {other}.")
        with open_text(path, reading.encoding, errors) as text:
            header = "".join(_first_record(text, reading.quote))
    except (OSError, EOFError, zlib.error) as problem:
        raise InputError(f"{name} cannot be read: {problem.__class__.__name__}.") from None
    except UnicodeError:
        raise InputError(f"{name} is not {reading.encoding}. Declare another encoding.") from None
    if "\0" in header:
        raise InputError(f'{name} is not text, or it is UTF-16: then declare encoding = "utf-16".')
    if not header.strip():
        raise InputError(f"{name} is empty, or its first line is. It needs a header line that names its columns.")
    if _FOR_EXCEL.fullmatch(header.strip()):
        raise InputError(
            f"{name}: its first line, {header.strip()}, tells Excel the delimiter and is not a header. Remove this"
            " line, for example with tail -n +2."
        )
    return header


def header_delimiter(header: str, reading: Reading) -> str:
    """The delimiter of a CSV file: as declared, or the one that occurs most in the text of its header."""
    return reading.delimiter or max(DELIMITERS, key=header.count)


def names_in_header(name: str, header: str, reading: Reading) -> list[str]:
    """The names of the columns as the text of a header spells them. Raises InputError."""
    quoting = {"quotechar": reading.quote} if reading.quote else {"quoting": csv.QUOTE_NONE}
    lines = io.StringIO(header.rstrip("\r\n"), newline="")
    try:
        found = next(csv.reader(lines, delimiter=header_delimiter(header, reading), **quoting))
    except csv.Error:
        raise InputError(f"{name}: its first line is not a header: a column name does not end.") from None
    require_columns(name, len(found))
    return found


def require_columns(source: str, found: int) -> None:
    """Raise InputError for a table with far more columns than any table of people has."""
    if found > MOST_COLUMNS:
        raise InputError(
            f"{source} has {found:,} columns, and at most {MOST_COLUMNS:,} are read. Does it have another delimiter?"
            " If not, leave out those that are not needed."
        )


def refuse_equal_names(source: str, names: list[str]) -> None:
    """Raise InputError for columns of the same name, whatever its case: a database would rename the second."""
    counted = Counter(name.lower() for name in names)
    twice = sorted({name for name in names if counted[name.lower()] > 1})
    if twice:
        is_shown = is_header(names) and shown_names(names) == names and len(twice) < 10
        called = ", ".join(twice) if is_shown else "the same"
        raise InputError(f"{source}: two columns are called {called}. Each needs its own name.")


def _first_record(text: IO[str], quote: str) -> Iterator[str]:
    quotes = 0
    for line in itertools.islice(iter(lambda: text.readline(_LONGEST_LINE), ""), _HEADER_LINES):
        yield line
        quotes += line.count(quote) if quote else 0
        if quotes % 2 == 0:
            return
