"""What was found in a file that is no CSV: which of its rows cannot be used, where the others stand, what they do."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RowsFound:
    """The usable `rows` of one or more files.

    `places` and `shifts` say by how much the number of a row is more than its place (from 0) and 2, from each of these
    places on, as in `csv_rows`. `unfit` has the number of every row that cannot be used and the reason; `actions`
    counts what the rows do to a registry, and `told` says what is forgiven.
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
    """Places and shifts of rows by their numbers, which only grow.

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
