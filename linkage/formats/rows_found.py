"""The rows found in a file that is not CSV: line numbers of usable rows, reasons for the others, counts of actions."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RowsFound:
    """The usable `rows` of one or more files.

    From each of `places` on (counted from 0), the line number of a row is its place + 2 + the corresponding value of
    `shifts`, as in `csv_rows`. `unfit` gives the number of every unusable row and the reason, `actions` counts the
    actions on a registry, and `forgiven` describes what was tolerated.
    """

    rows: int = 0
    places: Sequence[int] = ()
    shifts: Sequence[int] = ()
    unfit: Sequence[tuple[int, str]] = ()
    actions: Mapping[str, int] = field(default_factory=dict)
    forgiven: str = ""

    def line(self, place: int) -> int:
        """The number of a usable row, by its place."""
        at = bisect_right(self.places, place)
        return place + 2 + (self.shifts[at - 1] if at else 0)

    def reasons(self) -> Iterator[tuple[int, str]]:
        """The number of each row that cannot be used, and why."""
        yield from self.unfit


def shifts_of(numbers: Sequence[int]) -> tuple[list[int], list[int]]:
    """`places` and `shifts` for rows with these increasing line numbers.

    >>> shifts_of([1, 2, 4, 5])
    ([0, 2], [-1, 0])
    """
    places: list[int] = []
    shifts: list[int] = []
    for place, number in enumerate(numbers):
        shift = number - place - 2
        if not shifts or shifts[-1] != shift:
            places.append(place)
            shifts.append(shift)
    return places, shifts
