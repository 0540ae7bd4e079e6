"""Engines: each loads tables, runs SQL text, gives tables back, and knows nothing of linkage.

`duckdb` is the default, `spark` runs the same text on many machines. `reference` is not an engine of
this seam but an independent implementation of the cascade, kept to hold the fast engines to account.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]
LookUp = Callable[[str], tuple[str | None, ...]]
"""What a Python function makes of one text: a text, or None, for each column."""


class Engine(Protocol):
    """What the linkage asks of an engine. Every SELECT is text that DuckDB and Spark both read."""

    @property
    def carried(self) -> Sequence[str]:
        """Columns of `source` that a SELECT in `load` must carry along, because rows are numbered by them."""

    def load(self, name: str, source: Any, select: str, append: bool = False) -> int:
        """Read a file or frame, seen by `select` as the table `source`, into a table. Returns its rows."""

    def columns(self, source: Any) -> list[str]:
        """The columns of a file or frame."""

    def create(self, name: str, select: str) -> int:
        """Keep the result of a SELECT as a table, replacing one of that name. Returns its rows."""

    def insert(self, name: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> None:
        """Make a table of a few columns of Python values."""

    def look_up(self, name: str, select: str, function: LookUp, columns: Sequence[str]) -> int:
        """Make a table of the values of a SELECT, whose one column is `value`, and of what a Python function
        gives for each. Returns its rows; where there are none, no table is made.
        """

    def replace_rows(self, name: str, where: str, select: str) -> None:
        """Put the result of a SELECT in the place of the rows that meet a condition."""

    def blank(self, name: str, column: str, where: str) -> None:
        """Make a column NULL in the rows that meet a condition."""

    def update(self, name: str, column: str, value: str, other: str, where: str) -> None:
        """Set a column in the rows that meet a condition on them and one row of another table."""

    def row_numbers(self, name: str) -> str:
        """An expression for the position (from 0) at which a row of a loaded table was read."""

    def rows(self, select: str) -> list[Row]:
        """The result of a SELECT."""

    def frame(self, select: str) -> Any:
        """The result of a SELECT as a pandas data frame."""

    def arrow(self, select: str) -> Any:
        """The result of a SELECT, in its order, as an Arrow reader."""

    def drop(self, *names: str) -> None:
        """Forget tables."""

    def write(self, select: str, order: str, path: Path, format: str, source: Any = None) -> None:
        """Write the result of a SELECT, in an order of its rows as `written`, as "csv.gz" or "parquet".

        With `source`, the SELECT sees that file or frame as the table `source`.
        """

    def close(self) -> None:
        """Give back memory and scratch files."""


def count_rows(engine: Engine, relation: str) -> int:
    """How many rows a table has, or what else can follow FROM, such as a table with a WHERE."""
    return int(engine.rows(f"SELECT count(*) FROM {relation}")[0][0])
