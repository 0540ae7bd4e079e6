"""The parts of a report, independent of its format: sections of paragraphs, tables and figures.

HTML, Markdown and JSON are generated from the same sections, so their content is the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import Literal

Kind = Literal["text", "count", "share", "points", "number"]

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval, as shares (0 to 1) or differences of shares."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower or upper bound (0 to 1), shown in place of a share that would reveal a small number."""

    value: float
    is_least: bool

    def __str__(self) -> str:
        return f"at {'least' if self.is_least else 'most'} {100 * self.value:.1f} %"


Cell = str | int | float | Interval | Bound | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and the format of its cells.

    A count has thousands separators, a share (0 to 1) is written as a percentage, points are differences of shares in
    percentage points, and a number has two decimals.
    """

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: name, caption, columns, rows of raw values, and a note below the table."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure, with a caption and a description for readers who cannot see it. `draw` returns it as SVG."""

    name: str
    caption: str
    alternative: str
    draw: Callable[[], str]

    @cached_property
    def svg(self) -> str:
        """The figure as SVG, drawn when it is first needed: only the HTML page shows it."""
        return self.draw()


@dataclass(frozen=True, slots=True)
class Section:
    """A section: a title and its content in order. A string is a paragraph, a list of strings a bulleted list."""

    name: str
    title: str
    blocks: tuple[str | list[str] | Table | Figure, ...] = field(default_factory=tuple)


def written(cell: Cell, kind: Kind) -> str:
    """A cell as text.

    >>> written(1234, "count"), written(0.1234, "share"), written(None, "share"), written("withheld", "count")
    ('1,234', '12.3 %', '-', 'withheld')
    >>> written(Interval(0.9585, 0.957, 0.96), "share"), written(Interval(-0.02, -0.03, 0.0), "points")
    ('95.9 % (95.7 to 96.0)', '-2.0 (-3.0 to 0.0)')
    """
    if isinstance(cell, str | Bound):
        return str(cell)
    if cell is None or (isinstance(cell, float) and isnan(cell)):
        return NOTHING
    if isinstance(cell, Interval):
        if isnan(cell.value):
            return NOTHING
        digits = 0 if kind == "count" else _digits(cell)
        value, low, high = (_number(part, kind, digits) for part in (cell.value, cell.low, cell.high))
        return f"{value}{' %' if kind == 'share' else ''} ({low} to {high})"
    return _number(cell, kind) + (" %" if kind == "share" else "")


def _digits(cell: Interval) -> int:
    """Decimals of an interval: one, or two if the interval is so narrow that its ends could look equal."""
    return 2 if abs(cell.high - cell.low) < 0.002 else 1


def _number(value: float, kind: Kind, digits: int = 1) -> str:
    if kind == "count":
        return f"{value:,.0f}"
    if kind in ("share", "points"):
        value, text = 100 * value, f"{abs(100 * value):.{digits}f}"
    else:
        text = f"{abs(value):.2f}"
    return f"-{text}" if value < 0 and float(text) != 0 else text


def row_of(values: Sequence[Cell]) -> tuple[Cell, ...]:
    """A row of cells, with numpy numbers converted to Python numbers for JSON."""
    import numpy as np

    return tuple(value.item() if isinstance(value, np.generic) else value for value in values)
