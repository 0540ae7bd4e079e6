"""The sets of patients that a report counts, and classes of patients who belong to the same sets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    Mask = NDArray[Any]

Key = tuple[str, ...]
"""The key of a number: a name and, for counts by subgroup, the variable and the group."""


class Classes(NamedTuple):
    """Classes of patients who belong to the same sets. `sizes` are their numbers of patients; `rows` has one row per
    set, which is the sum of the marked classes; `links` are equations with sum 0, which say that each variable divides
    the same patients. Sets with the same entry in `places` are compared with each other."""

    sizes: "NDArray[Any]"
    rows: Any
    links: Any
    places: Sequence[Any]


class People:
    """Sets of patients; the size of each is a number that a report may show.

    The cost of a set is how much is lost if its number is withheld. The number of a fixed set is never withheld.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.sets: dict[Key, Mask] = {}
        self.divided: dict[str, Mask] = {}
        self.groups: dict[str, tuple[Mask, list[str]]] = {}
        self._costs: dict[str, float] = {}
        self._fixed: set[Key] = set()
        self._counts: dict[Key, int] = {}
        self._wholes: dict[Key, int] = {}

    def add(self, key: Key, mask: "Mask", *, cost: float = 3, is_fixed: bool = False) -> None:
        """Add a set of patients."""
        self.sets[key] = mask
        self._counts[key] = int(mask.sum())
        self._costs[key[0]] = cost
        if is_fixed:
            self._fixed.add(key)

    def add_unseen(self, key: Key, mask: "Mask") -> None:
        """Add a set whose number is not shown and must not follow from other numbers."""
        self.add(key, mask, cost=0)

    def add_bound(self, key: Key, part: "Mask", whole: "Mask", *, cost: float) -> None:
        """Add a set whose number is not shown, but is known to be small from the bound of a share of a whole.

        If its number is withheld, the bound is withheld.
        """
        self.add(key, part, cost=cost)
        self._wholes[key] = int(whole.sum())

    def divide_by(self, variable: str, values: "pandas.Series[str]") -> None:
        """Add a variable, with the group of each patient. `divide` uses the variables added before its call."""
        import pandas as pd

        codes, names = pd.factorize(values, sort=True)
        self.groups[variable] = (codes, [str(name) for name in names])

    def divide(self, name: str, mask: "Mask", *, cost: float = 1) -> None:
        """Add a set that is counted by group of every variable."""
        import numpy as np

        self.divided[name] = mask
        self._costs[f"{name}|"] = cost
        for variable, (codes, names) in self.groups.items():
            numbers = np.bincount(codes[mask], minlength=len(names))
            self._counts |= {(name, variable, group): int(n) for group, n in zip(names, numbers, strict=True)}

    def divide_bound(self, name: str, part: "Mask", whole: str, *, cost: float) -> None:
        """Add a bound (see `add_bound`) by group of every variable; the whole is a divided set."""
        self.divide(name, part, cost=cost)
        for variable, (_, names) in self.groups.items():
            self._wholes |= {(name, variable, group): self._counts[whole, variable, group] for group in names}

    @property
    def keys(self) -> list[Key]:
        """The keys of all numbers, in the order of the equations."""
        return list(self._counts)

    def count(self, key: Key) -> int:
        """The number of a key."""
        return self._counts[key]

    def cost(self, key: Key) -> float:
        """The cost of withholding a number: more for a large number."""
        import math

        name = key[0] if key in self.sets else f"{key[0]}|"
        return self._costs[name] * (1 + math.log10(1 + self._counts[key]))

    def is_unseen(self, key: Key) -> bool:
        """Whether a number is never shown."""
        return self.cost(key) == 0

    def whole(self, key: Key) -> int | None:
        """The whole of the share whose bound reveals a number; None for all other numbers."""
        return self._wholes.get(key)

    def is_fixed(self, key: Key) -> bool:
        """Whether a number is never withheld."""
        return key in self._fixed

    def classes(self) -> Classes:
        """The classes of patients by the sets that they belong to and, for divided sets, by group."""
        import numpy as np
        from scipy.sparse import csr_array, vstack

        base = _coded(list(self.divided.values()), self.size)
        core = _coded([base, *self.sets.values()], self.size)
        first = np.unique(core, return_index=True)[1]
        sizes = [np.bincount(core)]
        width = len(first)
        at_base = base[first]
        several = int(base.max(initial=0)) + 1
        in_base = np.unique(base, return_index=True)[1]
        member = {name: mask[in_base] for name, mask in self.divided.items()}
        blocks: list[Any] = [
            csr_array((len(self.sets), width))
            if not self.sets
            else csr_array(
                np.array([mask[first] for mask in self.sets.values()], dtype=float).reshape(len(self.sets), width)
            )
        ]
        same = csr_array((np.ones(width), (at_base, np.arange(width))), shape=(several, width))
        links = []
        order: list[Key] = list(self.sets)
        places: list[Any] = [()] * len(self.sets)
        widths = [width]
        parts: list[tuple[str, Any]] = []
        for variable, (codes, names) in self.groups.items():
            count = len(names)
            sizes.append(np.bincount(base * count + codes, minlength=several * count))
            widths.append(several * count)
            lines = [
                np.repeat(member[name], count) & np.tile(np.arange(count) == n, several)
                for name in self.divided
                for n in range(count)
            ]
            order += [(name, variable, group) for name in self.divided for group in names]
            places += [(variable, group) for _ in self.divided for group in names]
            parts.append((variable, csr_array(np.array(lines, dtype=float).reshape(len(lines), several * count))))
        for n, (_, part) in enumerate(parts, start=1):
            blocks.append(part)
            total = csr_array(np.repeat(np.eye(several), widths[n] // several, axis=1))
            links.append(_wide({0: -same, n: total}, widths, several))
        rows = vstack([_wide({n: block}, widths, block.shape[0]) for n, block in enumerate(blocks)])
        by_key = {key: n for n, key in enumerate(order)}
        sorted_rows = rows.tocsr()[[by_key[key] for key in self.keys]]
        return Classes(
            np.concatenate(sizes).astype(float),
            sorted_rows,
            vstack(links) if links else csr_array((0, sum(widths))),
            [places[by_key[key]] for key in self.keys],
        )


def _wide(blocks: dict[int, Any], widths: Sequence[int], height: int) -> Any:
    from scipy.sparse import csr_array, hstack

    return hstack([blocks.get(n, csr_array((height, width))) for n, width in enumerate(widths)])


def _coded(columns: Sequence[Any], size: int) -> Any:
    """One number per patient for each combination of values that occurs."""
    import numpy as np

    code = np.zeros(size, dtype=np.int64)
    for column in columns:
        code = np.unique(code * (int(column.max(initial=0)) + 1) + column.astype(np.int64), return_inverse=True)[1]
    return code
