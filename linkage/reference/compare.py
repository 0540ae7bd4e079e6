"""The candidate pairs and their comparison vectors, computed by the library recordlinkage.

Separate from the decisions, which are made without the library.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from linkage.extras import needs
from linkage.method.evidence_levels import MOST_WEIGHED
from linkage.reference.cascade import measure_column
from linkage.reference.frames import by_id
from linkage.rules.cascade import Field
from linkage.values.measures import MEASURES

recordlinkage = needs("recordlinkage")

# Parts of a field that can contradict a pair if the field itself is not known on one side.
_PIECES = {"ssn": ("ssn_last_four",), "birth_date": ("birth_year", "birth_month", "birth_day")}


def candidate_pairs(patients: pd.DataFrame, deaths: pd.DataFrame, keys: Iterable[tuple[str, ...]]) -> pd.MultiIndex:
    """The pairs that agree exactly on all columns of some key; unknown values agree with nothing.

    Both data frames are standardized and indexed by id.
    """
    found: Iterable[tuple[str, str]] = ()
    if len(patients) and len(deaths):  # recordlinkage divides by the number of possible pairs
        index = recordlinkage.Index()
        for key in keys:
            index.block(left_on=list(key), right_on=list(key))
        found = index.index(patients, deaths)
    ordered = sorted(found, key=lambda pair: (by_id(pair[0]), by_id(pair[1])))
    sides = [[pair[0] for pair in ordered], [pair[1] for pair in ordered]]
    return pd.MultiIndex.from_arrays(sides, names=["patient_id", "death_id"])


def keys_with_few_pairs(
    keys: Iterable[tuple[str, ...]], patients: pd.DataFrame, deaths: pd.DataFrame
) -> list[tuple[str, ...]]:
    """The keys on which no more pairs agree than there are records in both files together, or than `MOST_WEIGHED`."""
    found, most = [], min(len(patients) + len(deaths), MOST_WEIGHED)
    for key in keys:
        sides = [frame[list(key)].dropna().value_counts() for frame in (patients, deaths)]
        if int(sides[0].mul(sides[1], fill_value=0).sum()) <= most:
            found.append(key)
    return found


def comparison_vectors(
    pairs: pd.MultiIndex, patients: pd.DataFrame, deaths: pd.DataFrame, fields: Iterable[Field]
) -> pd.DataFrame:
    """Compare all pairs on all fields: one column for the field itself and one for each measure."""
    compare = recordlinkage.Compare()
    for compared in fields:
        columns = _main_columns(compared.name)
        pieces = _PIECES.get(compared.name, ())
        both = [*columns, *pieces]
        compare.compare_vectorized(_each(_sameness(len(columns))), both, both, label=compared.name)
        for name in compared.measures:
            measure = MEASURES[name]
            column = measure.column.format(field=compared.name)
            label = measure_column(compared.name, name)
            compare.compare_vectorized(_each(_known(measure.function)), column, column, label=label)
    vectors: pd.DataFrame = compare.compute(pairs, patients, deaths)
    return vectors


def _main_columns(field_name: str) -> list[str]:
    # The full name ignores the middle name, which many certificates leave out.
    return ["first_name", "last_name"] if field_name == "full_name" else [field_name]


def _each(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """Turn a comparison of two values into one of columns, as recordlinkage expects: the patient's before the
    death's."""

    def compare(*columns: "pd.Series[Any]") -> np.ndarray:
        return np.array([function(*values) for values in zip(*columns, strict=True)], dtype=float)

    return compare


def _known(function: Callable[..., float]) -> Callable[..., float]:
    return lambda left, right: math.nan if left is None or right is None else float(function(left, right))


def _sameness(main: int) -> Callable[..., float]:
    """A function that returns 1 if all main columns are known and equal, NaN if one of them is not known and no known
    part of the field differs, and 0 otherwise. The first `main` columns of a side are its main columns."""

    def same(*values: str | None) -> float:
        half = len(values) // 2
        sides = list(zip(values[:half], values[half:], strict=True))
        if all(left and right for left, right in sides[:main]):
            return float(all(left == right for left, right in sides[:main]))
        conflict = any(left and right and left != right for left, right in sides[main:])
        return 0.0 if conflict else math.nan

    return same
