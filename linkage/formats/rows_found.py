"""The rows found in a file that is not CSV: line numbers of usable rows, reasons for the others, counts of actions."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RowsFound:
    """The usable `rows` of one or more files.

    The line number of the usable row at position p (from 0) is p + 2 + s, where s is the entry of `shifts` for the last
    entry of `positions` that is not above p, as in `csv_rows`. `unfit` gives the number of every unusable row and the
    reason, `actions` counts the actions on a registry, and `forgiven` describes what was tolerated.
    """

    rows: int = 0
    positions: Sequence[int] = ()
    shifts: Sequence[int] = ()
    unfit: Sequence[tuple[int, str]] = ()
    actions: Mapping[str, int] = field(default_factory=dict)
    forgiven: str = ""

    def line(self, position: int) -> int:
        """The line number of a usable row, by its position."""
        at = bisect_right(self.positions, position)
        return position + 2 + (self.shifts[at - 1] if at else 0)

    def reasons(self) -> Iterator[tuple[int, str]]:
        """The number of each row that cannot be used, and why."""
        yield from self.unfit


def shifts_of(numbers: Sequence[int]) -> tuple[list[int], list[int]]:
    """`positions` and `shifts` for rows with these increasing line numbers.

    >>> shifts_of([1, 2, 4, 5])
    ([0, 2], [-1, 0])
    """
    positions: list[int] = []
    shifts: list[int] = []
    for position, number in enumerate(numbers):
        shift = number - position - 2
        if not shifts or shifts[-1] != shift:
            positions.append(position)
            shifts.append(shift)
    return positions, shifts
