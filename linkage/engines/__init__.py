"""Engines load tables, run SQL text and return tables. They contain no linkage logic.

`duckdb` is the default; `spark` runs the same SQL on many machines. `reference` does not implement this
interface: it is an independent implementation of the cascade, used to verify the fast engines.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]
LookUp = Callable[[str], tuple[str | None, ...]]
"""A Python function from one text to a text, or None, for each column."""


class Engine(Protocol):
    """The interface of an engine. Every SELECT is SQL that both DuckDB and Spark accept.

    >>> from contextlib import closing
    >>> from linkage.engines.duck.engine import DuckDBEngine
    >>> with closing(DuckDBEngine()) as engine:
    ...     engine.create("number", "SELECT 7 AS value")
    ...     engine.rows("SELECT value FROM number")
    1
    [(7,)]
    """

    @property
    def carried(self) -> Sequence[str]:
        """Columns of `source` that a SELECT passed to `load` must include, because they number the rows."""

    def load(self, name: str, source: Any, select: str, append: bool = False) -> int:
        """Read a file or data frame, which `select` sees as the table `source`, into a table. Returns the row count."""

    def columns(self, source: Any) -> list[str]:
        """The columns of a file or data frame."""

    def nested(self, source: Any) -> Mapping[str, str]:
        """The columns that do not hold texts, numbers or dates, each with what it holds, such as lists."""

    def create(self, name: str, select: str) -> int:
        """Store the result of a SELECT as a table, replacing one of that name. Returns the row count."""

    def insert(self, name: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        """Create a table from a few columns of Python values; `types` maps column to SQL type."""

    def look_up(self, name: str, select: str, function: LookUp, columns: Sequence[str]) -> int:
        """Create a table with the values of a SELECT, whose only column is `value`, and the results of a Python
        function for each, in `columns`. Returns the row count; if it is 0, no table is created.
        """

    def replace_rows(self, name: str, where: str, select: str) -> None:
        """Replace the rows that meet a condition by the result of a SELECT."""

    def blank(self, name: str, column: str, where: str) -> None:
        """Set a column to NULL in the rows that meet a condition."""

    def update(self, name: str, column: str, value: str, other: str, where: str) -> None:
        """Set a column in the rows that meet a condition together with one row of the table `other`."""

    def row_numbers(self, name: str) -> str:
        """An expression for the position (from 0) at which a row of a loaded table was read."""

    def as_text(self, value: str) -> str:
        """The expression of a value as text, as the function `text_of` gives it, for windows and ORDER BY."""

    def rows(self, select: str) -> list[Row]:
        """The result of a SELECT."""

    def count(self, relation: str) -> int:
        """The number of rows of a table, or of anything else that can follow FROM, such as a table with a WHERE.

        >>> from contextlib import closing
        >>> from linkage.engines.duck.engine import DuckDBEngine
        >>> with closing(DuckDBEngine()) as engine:
        ...     engine.count("(VALUES (7), (8)) AS number (value) WHERE value > 7")
        1
        """

    def frame(self, select: str) -> Any:
        """The result of a SELECT as a pandas data frame."""

    def arrow(self, select: str) -> Any:
        """The result of a SELECT, in its order, as an Arrow reader."""

    def drop(self, *names: str) -> None:
        """Drop tables."""

    def write(self, select: str, order: str, path: Path, format: str, source: Any = None) -> None:
        """Write the result of a SELECT to a file, as "csv.gz" or "parquet". `order` may refer to its rows as `written`.

        With `source`, the SELECT sees that file or data frame as the table `source`.
        """

    def close(self) -> None:
        """Release memory and delete scratch files."""


def tallies(engine: Engine, selects: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Run several counts as one statement. Each SELECT gives names and numbers; numbers of one name are added.

    >>> from linkage.engines.duck.engine import DuckDBEngine
    >>> engine = DuckDBEngine()
    >>> found = tallies(engine, {"animals": "SELECT 'cat', 2 UNION ALL SELECT 'ant', 3", "plants": "SELECT 'oak', 1"})
    >>> engine.close()
    >>> found
    {'animals': {'ant': 3, 'cat': 2}, 'plants': {'oak': 1}}
    """
    parts = [
        f"SELECT '{what}' AS what, counted.* FROM ({select}) AS counted(name, number)"
        for what, select in selects.items()
    ]
    found: dict[str, dict[str, int]] = {what: {} for what in selects}
    for what, name, number in sorted(engine.rows("\nUNION ALL\n".join(parts))):
        found[what][name] = found[what].get(name, 0) + int(number)
    return found
