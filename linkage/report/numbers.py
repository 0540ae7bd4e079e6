"""Which numbers of a report may be shown, and how they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from linkage.report.people import Key, People
from linkage.report.suppress import WITHHELD, shown
from linkage.report.system import SIZES

if TYPE_CHECKING:
    import pandas


LEAVING = ("no candidate", "no rule satisfied", "impossible in time", "lost to another patient", "tie")
"""The fates of patients who are not linked, in the order of the flow chart."""


@dataclass(frozen=True)
class Numbers:
    """Which numbers are withheld (`hidden`), and the new names of merged groups by variable (`called`).

    The numbers themselves are in the tables of the run, the study and the evaluation; this object says whether they
    may be shown.
    """

    smallest: int = 1
    hidden: frozenset[Key] = frozenset()
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    people: People | None = None
    main: tuple[tuple[str, int], ...] = ()
    """The scenario and horizon whose deaths are counted by subgroup."""

    def hides(self, *key: str) -> bool:
        """Whether a number is withheld."""
        return key in self.hidden

    def cell(self, number: int, *key: str) -> int | str:
        """A number, or the text that replaces it."""
        is_hidden = self.hides(*key)
        return WITHHELD if is_hidden and self.hides(*SIZES) else shown(number, is_hidden, self.smallest)

    def hides_bound(self, *key: str) -> bool:
        """Whether a bound is withheld, which would reveal that a number is small."""
        return self.hides(*SIZES) or self.hides(*key)

    def first(self, *keys: Key) -> Key:
        """The first of these numbers that is counted separately; the last one if none is."""
        return next((key for key in keys if self.people and key in self.people.sets), keys[-1])

    def is_small(self, number: int) -> bool:
        """Whether a number is too small to be shown."""
        return 0 < number < self.smallest

    def group(self, variable: str, group: str) -> str:
        """The name of a group after small groups were merged."""
        return self.called.get(variable, {}).get(group, group)

    def regrouped(self, table: "pandas.DataFrame", keys: Sequence[str] = ()) -> "pandas.DataFrame":
        """A table with columns variable and group (and `keys`), with the counts of merged groups added up, in the order
        of their first group."""
        names = [self.group(v, g) for v, g in zip(table["variable"], table["group"].astype(str), strict=True)]
        columns = ["variable", "group", *keys]
        counts = table.assign(group=names).groupby(columns, sort=False, observed=True).sum(numeric_only=True)
        return counts.reset_index()

    def note(self) -> str:
        """A note for a table that lists merged groups of three or more."""
        merged = []
        for names in self.called.values():
            for together in dict.fromkeys(names.values()):
                parts = [old for old, new in names.items() if new == together]
                if len(parts) > 2:
                    merged.append(f"“{together}”: {', '.join(parts)}.")
        return " ".join(merged)
