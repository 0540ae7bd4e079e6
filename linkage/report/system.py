"""All numbers of people in a report as one system of linear equations, and the numbers that must be withheld.

A reader can combine every table of a report with every other. The unknowns are the sizes of the classes of patients who
belong to the same sets (`People`); every number shown is a sum of them. A confidential number is protected if a linear
program finds at least (`smallest` - 1) / 2 values for it that are consistent with everything shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linkage.report.complement import complement
from linkage.report.people import Key, People

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[Any]

BOUNDS: Key = ("bounds",)
"""The entry among withheld numbers for bounds that reveal that an unseen number is small."""

SIZES: Key = ("sizes",)
"""The entry among withheld numbers for whether each of them is small: neither "< 11" nor any bound is shown."""


@dataclass
class System:
    """The equations of a collection of sets: `rows` sum classes to numbers, `links` keep the divisions consistent.

    `asked` are sums of classes that may have to stay unknown: every number (in the order of `keys`), followed by the
    small differences between a set and another within it. `low` and `high` are the least and the largest value of each
    in the solutions found so far, none of which a reader can exclude. `bounds` are numbers that are not shown, but that
    a bound of a share reveals to be small; to hide one is to withhold that bound. `without_bound` are unseen numbers
    for which not even the bounds of sensitivity and PPV may reveal that they are small. If `without_sizes`, a reader
    does not know whether a withheld number is small.
    """

    keys: Sequence[Key]
    values: "Matrix"
    costs: "Matrix"
    fixed: "Matrix"
    unseen: "Matrix"
    bounds: "Matrix"
    rows: Any
    links: Any
    asked: Any
    smallest: int
    without_bound: "Matrix"
    without_sizes: bool = False
    low: Any = None
    high: Any = None

    @property
    def wanted(self) -> float:
        """The required distance between the least and the largest possible value."""
        return (self.smallest - 1) // 2 - 1

    def learn(self, point: "Matrix") -> None:
        """Update the bounds with a solution."""
        import numpy as np

        found = self.asked @ point
        self.low = found if self.low is None else np.minimum(self.low, found)
        self.high = found if self.high is None else np.maximum(self.high, found)

    def limits(self, hidden: "Matrix") -> tuple["Matrix", "Matrix"]:
        """What a reader knows of each number: its value, that it is small, or that it is not."""
        import numpy as np

        is_small = self.is_small
        is_unknown = hidden | self.bounds
        low = np.where(is_unknown, np.where(is_small, 1, self.smallest), self.values)
        high = np.where(is_unknown, np.where(is_small, self.smallest - 1, np.inf), self.values)
        if self.without_sizes:
            low, high = np.where(hidden, 1, low), np.where(hidden, np.inf, high)
        # To a reader a hidden zero may be any number: the report never says that an unseen number is zero.
        is_open = hidden & ((self.values == 0) | self.bounds) | self.without_bound
        return np.where(is_open, 0, low), np.where(is_open, np.inf, high)

    @property
    def is_small(self) -> "Matrix":
        """The numbers that may not be shown."""
        found: Matrix = (self.values > 0) & (self.values < self.smallest)
        return found

    def open_places(self, hidden: "Matrix") -> list[int]:
        """The numbers that must stay unknown, small ones first: those withheld, and the small differences."""
        small = ((hidden | self.bounds) & self.is_small).nonzero()[0]
        large = (hidden & ~self.is_small & ~self.unseen & ~self.bounds).nonzero()[0]
        return [*small, *range(len(self.values), self.asked.shape[0]), *large]


def hidden_keys(people: People, smallest: int) -> frozenset[Key]:
    """The numbers to withhold, so that no number from 1 to `smallest` - 1 people can be derived from what is shown.

    `BOUNDS` is among them if no share may have a bound that reveals that an unseen number is small, and `SIZES` if the
    report may not even say which withheld numbers are small.

    >>> import numpy as np
    >>> people = People(10_000)
    >>> people.add(("all",), np.arange(10_000) >= 0, is_fixed=True)
    >>> for name, start, end in (("a", 0, 4), ("b", 4, 90), ("c", 90, 10_000)):
    ...     people.add((name,), (np.arange(10_000) >= start) & (np.arange(10_000) < end))
    >>> sorted(hidden_keys(people, 11))
    [('a',), ('b',)]
    """
    if smallest == 1 or not people.keys:
        return frozenset()
    import numpy as np

    system = system_of(people, smallest)
    without_bound = _without_bound(people, system)
    hidden = np.where(system.bounds, without_bound, system.is_small | system.unseen) & ~system.fixed
    _explore(system, hidden)
    done: set[int] = (
        set()
    )  # protected numbers stay protected: withholding more only widens the range of possible values
    while rest := [place for place in system.open_places(hidden) if place not in done]:
        place = rest[0]
        if not _is_protected(system, hidden, place):
            more = complement(system, hidden, place)
            if more is not None and (more & ~hidden).any():
                hidden = hidden | more
                continue
            if (system.unseen & system.is_small & ~system.without_bound).any():
                system.without_bound = system.unseen
                continue
            if not system.without_sizes and _is_helped(system, hidden, place):
                system.without_sizes, system.without_bound = True, system.unseen
                hidden = hidden | system.bounds
                continue
            # No cover is left: of the overlapping numbers, only those that can never be withheld are still shown.
            hidden = hidden | _near(system, place)
        done.add(place)
    withheld = {key for key, one in zip(system.keys, hidden & ~without_bound, strict=True) if one}
    withheld |= {BOUNDS} if system.without_bound.any() else set()
    return frozenset(withheld | ({SIZES} if system.without_sizes else set()))


def _without_bound(people: People, system: System) -> "Matrix":
    """The bounds that are not shown, because the number is not small or because the whole is too small."""
    import numpy as np

    has_bound = np.array([(people.whole(key) or 0) >= 2 * system.smallest for key in system.keys])
    found: Matrix = system.bounds & ~(has_bound & system.is_small)
    return found


def _is_helped(system: System, hidden: "Matrix", place: int) -> bool:
    """Whether a number can be protected if the report does not say which withheld numbers are small."""
    from dataclasses import replace

    without = replace(system, without_sizes=True, without_bound=system.unseen)
    hidden = hidden | system.bounds
    return _is_protected(without, hidden, place) or complement(without, hidden, place) is not None


def _near(system: System, place: int) -> "Matrix":
    """The numbers that can be withheld and share patients with a sensitive one."""
    classes = abs(system.asked[[place]]).toarray()[0] > 0
    near: Matrix = (system.rows[:, classes].sum(axis=1) > 0) & (system.values > 0) & ~system.fixed
    return near


def system_of(people: People, smallest: int) -> System:
    """The equations of a collection."""
    import numpy as np
    from scipy.sparse import csr_array

    classes = people.classes()
    values = np.array([people.count(key) for key in people.keys])
    rows = csr_array(classes.rows)
    fixed = [people.is_fixed(key) for key in people.keys]
    system = System(
        people.keys,
        values,
        np.array([people.cost(key) for key in people.keys]),
        np.array(fixed),
        np.array([people.is_unseen(key) for key in people.keys]),
        np.array([people.whole(key) is not None for key in people.keys]),
        rows,
        csr_array(classes.links),
        csr_array(_asked(classes.rows, classes.places, values, smallest)),
        smallest,
        np.zeros(len(values), bool),
    )
    system.learn(classes.sizes)
    return system


def _asked(rows: Any, places: Sequence[Any], values: "Matrix", smallest: int) -> Any:
    """Every number, and the small differences between a set and another within it."""
    from scipy.sparse import vstack

    dense = rows.toarray().astype(bool)
    differences = []
    for place in dict.fromkeys(places):
        near = [n for n, other in enumerate(places) if other == place and values[n]]
        differences += [
            rows[[n]] - rows[[m]]
            for n in near
            for m in near
            if 0 < values[n] - values[m] < smallest and not (dense[m] & ~dense[n]).any()
        ]
    return vstack([rows, *differences])


def _explore(system: System, hidden: "Matrix", tries: int = 12) -> None:
    """Find some solutions that are far apart, which prove at once that most numbers are protected."""
    import numpy as np

    chance = np.random.default_rng(0)
    places = system.open_places(hidden)
    for _ in range(tries if places else 0):
        weights = np.zeros(system.asked.shape[0])
        weights[places] = chance.choice([-1.0, 1.0], len(places))
        _solve(system, hidden, system.asked.T @ weights)


def _solve(system: System, hidden: "Matrix", wanted: "Matrix") -> "Matrix | None":
    """The solution that minimizes a sum of classes, within bounds that a study could have."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import vstack

    low, high = system.limits(hidden)
    is_known = low == high
    some = ~is_known & (np.isfinite(high) | (low > 0))
    upper = some & np.isfinite(high)
    most = vstack([system.rows[upper], -system.rows[some]])
    found = linprog(
        wanted,
        A_eq=vstack([system.rows[is_known], system.links]),
        b_eq=np.concatenate([low[is_known], np.zeros(system.links.shape[0])]),
        A_ub=most if most.shape[0] else None,
        b_ub=np.concatenate([high[upper], -low[some]]) if most.shape[0] else None,
        bounds=(0, float(system.values.max()) * 2 + 100),
        method="highs",
    )
    if found.status != 0:
        return None
    point: Matrix = found.x
    system.learn(point)
    return point


def _is_protected(system: System, hidden: "Matrix", place: int) -> bool:
    line = system.asked[[place]].toarray()[0]
    for sign in (-1.0, 1.0):
        if system.high[place] - system.low[place] >= system.wanted - 1e-6:
            return True
        _solve(system, hidden, sign * line)
    return bool(system.high[place] - system.low[place] >= system.wanted - 1e-6)
