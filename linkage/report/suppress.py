"""Withhold small numbers in a table, and numbers from which they could be calculated.

A number of 1 to 10 people is not published (the cell size policy of the Centers for Medicare & Medicaid Services).
Other numbers are withheld if a small one could be calculated from them and the totals: complementary suppression.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from linkage.extras import needs

if TYPE_CHECKING:
    import numpy

WITHHELD = "withheld"

SMALLEST = 11
"""The smallest number of people above 0 that is shown."""

Sum = tuple[int, Sequence[int]]
"""A cell that is the sum of other cells: its position, and theirs."""


def withhold(
    cells: Sequence[int],
    sums: Sequence[Sum],
    *,
    smallest: int = SMALLEST,
    known: Collection[int] = (),
    also: Collection[int] = (),
) -> set[int]:
    """The positions of the cells to withhold, so that at least (`smallest` - 1) / 2 values of each remain possible.

    `sums` says which cells are sums of which others. `known` are positions that cannot be withheld because the
    numbers are shown elsewhere; `also` are positions that must be withheld because of another table. Zeros are
    shown. A value is possible if it is consistent with all sums and shown cells, and with the shown fact whether each
    withheld cell is below `smallest`.

    >>> sorted(withhold([3, 400, 97, 500], [(3, [0, 1, 2])], known=[3]))
    [0, 2]
    >>> sorted(withhold([20, 400, 80, 500], [(3, [0, 1, 2])]))
    []
    """
    frozen = tuple((total, tuple(parts)) for total, parts in sums)
    return set(_withheld(tuple(cells), frozen, smallest, frozenset(known), frozenset(also)))


@lru_cache(maxsize=512)  # a table and its figure need the same result
def _withheld(
    cells: Sequence[int], sums: Sequence[Sum], smallest: int, known: Collection[int], also: Collection[int]
) -> frozenset[int]:
    hidden = {place for place, cell in enumerate(cells) if 0 < cell < smallest and place not in known} | set(also)
    safe: set[int] = set()  # a protected cell stays protected, because withholding more cells adds possible values
    while rest := sorted(hidden - safe):
        if _is_protected(cells, sums, hidden, smallest, rest[0]):
            safe.add(rest[0])
            continue
        more = _next(cells, sums, hidden, known, rest[0])
        if more is None:  # no further cell can be withheld, so withhold all
            return frozenset(n for n, cell in enumerate(cells) if n not in known and cell)
        hidden.add(more)
    return frozenset(hidden)


def shown(cell: int, hidden: bool, smallest: int = SMALLEST) -> int | str:
    """A count, or the text that replaces it if it is withheld.

    >>> shown(40, False), shown(4, True), shown(40, True)
    (40, '< 11', 'withheld')
    """
    return cell if not hidden else f"< {smallest}" if cell < smallest else WITHHELD


def merged(steps: Sequence[Sequence[int]], *, smallest: int = SMALLEST) -> list[range]:
    """Merge consecutive steps until no step has a small number, so that running totals do not reveal one.

    `steps` has the numbers of each step, such as the deaths that a rule adds by each horizon.

    >>> merged([[500, 40], [30, 12], [5, 0], [1, 2]])
    [range(0, 1), range(1, 4)]
    """
    groups: list[range] = []
    start = 0
    for stop in range(1, len(steps) + 1):
        if _fine(steps[start:stop], smallest) and any(map(any, steps[start:stop])):
            groups.append(range(start, stop))
            start = stop
    while start < len(steps) and groups:
        last = groups.pop()
        if _fine(steps[last.start :], smallest):
            groups.append(range(last.start, len(steps)))
            break
    return groups


def _fine(steps: Sequence[Sequence[int]], smallest: int) -> bool:
    return all(number == 0 or number >= smallest for number in map(sum, zip(*steps, strict=True)))


def _is_protected(cells: Sequence[int], sums: Sequence[Sum], hidden: set[int], smallest: int, wanted: int) -> bool:
    """Whether enough values of a withheld cell remain possible."""
    order = sorted(hidden)
    lines, totals = _equations(cells, sums, order)
    if not _is_open(lines, order.index(wanted)):
        return smallest <= 2  # the sums determine the cell, which is allowed only if single persons may be shown
    bounds = [(1, smallest - 1) if cells[place] < smallest else (smallest, None) for place in order]
    return not len(lines) or _width(lines, totals, bounds, order.index(wanted)) >= (smallest - 1) // 2 - 1


def _equations(
    cells: Sequence[int], sums: Sequence[Sum], order: Sequence[int]
) -> tuple["numpy.ndarray[Any, Any]", "numpy.ndarray[Any, Any]"]:
    """The linear equations for the withheld cells, after the shown cells are inserted into the sums."""
    import numpy as np

    column = {place: n for n, place in enumerate(order)}
    lines, totals = [], []
    for total, parts in sums:
        line, rest = np.zeros(len(order)), 0
        for place, sign in ((total, -1), *((part, 1) for part in parts)):
            if place in column:
                line[column[place]] += sign
            else:
                rest -= sign * cells[place]
        if line.any():
            lines.append(line)
            totals.append(rest)
    return np.array(lines), np.array(totals)


def _is_open(lines: "numpy.ndarray[Any, Any]", column: int) -> bool:
    """Whether the equations do not determine a cell: it is not a linear combination of them."""
    import numpy as np

    if not len(lines):
        return True
    alone = np.zeros((1, lines.shape[1]))
    alone[0, column] = 1
    return bool(np.linalg.matrix_rank(np.vstack([lines, alone])) > np.linalg.matrix_rank(lines))


def _width(
    lines: "numpy.ndarray[Any, Any]",
    totals: "numpy.ndarray[Any, Any]",
    bounds: Sequence[tuple[int, int | None]],
    column: int,
) -> float:
    """The difference between the largest and the smallest possible value of a withheld cell."""
    import numpy as np

    wanted = np.zeros(lines.shape[1])
    ends = []
    for sign in (1, -1):
        wanted[column] = sign
        found = needs("scipy.optimize").linprog(wanted, A_eq=lines, b_eq=totals, bounds=bounds)
        ends.append(float("inf") if found.status == 3 else sign * float(found.fun))
    return abs(round(ends[1] - ends[0], 6))


def _next(
    cells: Sequence[int], sums: Sequence[Sum], hidden: set[int], known: Collection[int], place: int
) -> int | None:
    """The next cell to withhold to protect a cell: the smallest that leaves it undetermined, parts before totals."""
    own = [(total, parts) for total, parts in sums if place == total or place in parts]
    near = [(total, parts) for total, parts in sums if total in hidden or hidden.intersection(parts)]
    choices = (
        [part for _, parts in own for part in parts],
        [part for _, parts in near for part in parts],
        [total for total, _ in (*own, *near)],
    )
    may = [sorted((cells[p], p) for p in set(c) if p not in hidden and p not in known and cells[p]) for c in choices]
    for _, candidate in (pair for free in may for pair in free):
        order = sorted({*hidden, candidate})
        if _is_open(_equations(cells, sums, order)[0], order.index(place)):
            return candidate
    return next((free[0][1] for free in may if free), None)
