"""How common the values of a field are, in the reference engine."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from linkage.method.evidence_levels import (
    BUCKETS,
    MANY_VALUES,
    STEPS_PER_BIT,
)

Row = Mapping[str, Any]


class Commonness:
    """How common the values of a field are, estimated by Good and Turing's method, in steps of half a bit."""

    def __init__(self, name: str, patients: Iterable[Row], deaths: Iterable[Row]) -> None:
        self._counts = [Counter(row[name] for row in rows if row[name]) for rows in (patients, deaths)]
        self._records = [sum(counts.values()) for counts in self._counts]
        self._shares = [self._estimated(*both) for both in zip(self._counts, self._records, strict=True)]
        alike = sum(count * (count - 1) for counts in self._counts for count in counts.values())
        self.same = (alike + 0.5) / (sum(records * (records - 1) for records in self._records) + 1.0)

    @staticmethod
    def _estimated(counts: Counter[str], records: int) -> dict[int, float]:
        values = Counter(counts.values())
        shares: dict[int, float] = {}
        for number in sorted(values):
            share = number / records
            if values[number] >= MANY_VALUES:
                share = min(share, (number + 1) * (values[number + 1] + 0.5) / values[number] / records)
            shares[number] = max([share, *list(shares.values())[-1:]])
        return shares

    def step(self, value: str | None) -> int | None:
        """The step of a value; None for a value that no record has."""
        sides = [(n, counts[value]) for n, counts in enumerate(self._counts) if value and counts[value]]
        if not sides:
            return None
        share = sum(self._records[n] * self._shares[n][count] for n, count in sides)
        share /= sum(self._records[n] for n, _ in sides)
        return min(max(round(-STEPS_PER_BIT * math.log2(share)), 0), BUCKETS - 1)
