"""The words of columns that are not read, if a column has few: they tell what a column holds, whatever its name.

A deaths file that also holds the living, or a table of visits with those that were cancelled, says so in such a column.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import HIDDEN
from linkage.method.records import Loaded
from linkage.quoting import quoted_name
from linkage.sources.source import Source
from linkage.values.codes import NULL_WORDS, word_of

MOST_WORDS = 20
"""A column with more different words is a name, an id, a date or a text."""
_MOST_TEXTS = 3 * MOST_WORDS
"""A word can be written in several ways: Dead, DEAD, and with blanks."""
_MANY_ROWS, _FIRST_ROWS = 100_000, 5_000
"""In a file of many rows, the first show which columns have few words, and only these are counted in the whole file."""

Words = Mapping[str, int]
"""The words of a column, in upper case, each with its number of rows."""


def words_of_unread(engine: DuckDBEngine, source: Source, one: Loaded) -> dict[str, Words]:
    """The columns that were not used and have at most `MOST_WORDS` different words, each with its words.

    Empty values and words for missing values are left out.
    """
    names = [name for name in one.unused if name != HIDDEN]
    if one.rows > _MANY_ROWS and names and _can_be_read_in_part(source):
        names = list(_counted(engine, source, names, f"(SELECT * FROM source LIMIT {_FIRST_ROWS})"))
    return _counted(engine, source, names, "source") if names else {}


def _can_be_read_in_part(source: Source) -> bool:
    """Whether the first rows can be had without the others: not from a workbook, or a CSV file read by Python."""
    if source.format == "csv":
        return source.reading.is_utf8 and source.csv_rows.is_regular
    return source.format in ("parquet", "duckdb", "frame", "server")


def _counted(engine: DuckDBEngine, source: Source, names: Sequence[str], rows: str) -> dict[str, Words]:
    """The columns with few words, counted by one statement, which groups the values as they are stored."""
    texts = ", ".join(f"{quoted_name(name)} AS text_{n}" for n, name in enumerate(names))
    columns = [f"text_{n}" for n in range(len(names))]
    which = " ".join(f"WHEN grouping({column}) = 0 THEN {n}" for n, column in enumerate(columns))
    word = ", ".join(f"text_of({column})" for column in columns)
    found = engine.rows_of(
        source,
        f"SELECT * FROM (SELECT CASE {which} END AS which, coalesce({word}) AS word, count(*) AS times"
        f" FROM (SELECT {texts} FROM {rows} AS few) AS read"
        f" GROUP BY GROUPING SETS ({', '.join(f'({column})' for column in columns)})) AS counted"
        f" QUALIFY count(*) OVER (PARTITION BY which) <= {_MOST_TEXTS} ORDER BY which",
    )
    words: dict[str, Counter[str]] = {names[int(which)]: Counter() for which, _, _ in found}
    for which, text, times in found:
        word = word_of(str(text or ""))
        if word and word not in NULL_WORDS:
            words[names[int(which)]][word] += int(times)
    return {name: held for name, held in words.items() if len(held) <= MOST_WORDS}


_CODE = re.compile(r"^(?:[0-9]{1,2}|[A-Z]) ?[-=:.)] ?(?=[A-Z])")


def plain(word: str) -> str:
    """A word without the code before it, and with blanks instead of hyphens and underscores.

    >>> plain("1 - NO-SHOW"), plain("A=ALIVE"), plain("ENTERED_IN_ERROR"), plain("NO-SHOW")
    ('NO SHOW', 'ALIVE', 'ENTERED IN ERROR', 'NO SHOW')
    """
    return " ".join(re.sub(r"[-_]", " ", _CODE.sub("", word)).split())


def rows_with(words: Words, pattern: re.Pattern[str]) -> int:
    """The number of rows whose whole word, without a code before it, fits a pattern."""
    return sum(rows for word, rows in words.items() if pattern.fullmatch(plain(word)))
