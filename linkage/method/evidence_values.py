"""Evidence: how common the values of a field are among strangers, from the counts of both files.

Pure, like `evidence_model`.
"""

import math
from collections.abc import Mapping, Sequence

from linkage.method.evidence_levels import BUCKETS, MANY_VALUES, STEPS_PER_BIT


def commonness(histogram: Mapping[int, int], records: int) -> dict[int, float]:
    """The frequency of a value among strangers, by the number of records of one file that have it.

    `histogram` has, for each such number, the number of values. A value on one record of a small file is less frequent
    than 1 in that file's size: if ten values or more have the same number of records, the Good-Turing estimate (Good
    1953) is used.

    >>> {n: round(share, 4) for n, share in commonness({1: 90, 2: 9, 40: 1}, 148).items()}
    {1: 0.0014, 2: 0.0135, 40: 0.2703}
    """
    shares, least = {}, 0.0
    for number in sorted(histogram):
        share = number / records
        if histogram[number] >= MANY_VALUES:
            share = min(share, (number + 1) * (histogram.get(number + 1, 0) + 0.5) / histogram[number] / records)
        least = shares[number] = max(least, share)
    return shares


def buckets(
    counts: Sequence[tuple[int, int]], shares: tuple[Mapping[int, float], Mapping[int, float]], records: tuple[int, int]
) -> list[int]:
    """The bucket of values with these numbers of patients and deaths, in steps of `STEPS_PER_BIT`."""
    found = []
    for both in counts:
        share = sum(n * table[c] for c, table, n in zip(both, shares, records, strict=True) if c) / max(
            sum(n for c, n in zip(both, records, strict=True) if c), 1
        )
        found.append(min(max(round(-STEPS_PER_BIT * math.log2(share)), 0), BUCKETS - 1))
    return found
