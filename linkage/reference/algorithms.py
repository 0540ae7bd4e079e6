"""Blocking and comparison for users of recordlinkage: an algorithm for its `Index`, and features for its `Compare`.

All of them take raw columns and standardize the values themselves. If a value is not known (empty, a
placeholder, a dummy number, not a date), the result is `missing_value` (default NaN), never that of a disagreement.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from linkage.errors import InputError, did_you_mean
from linkage.extras import needs
from linkage.reference.compare import candidate_pairs, keys_with_few_pairs
from linkage.reference.frames import standard_frame, without_shared_numbers
from linkage.reference.one_sided_names import without_one_sided_names
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.values.date_forms import date_form
from linkage.values.dates import standard_date
from linkage.values.given_names import formal_names
from linkage.values.measure_functions import day_and_month_swapped, digits_changed, digits_transposed
from linkage.values.measures import MEASURES
from linkage.values.names import sound, standard_name
from linkage.values.nicknames import nickname_table
from linkage.values.ssn import Ssn, SsnPolicy, standard_ssn

_base = needs("recordlinkage.base")

NAME_MEASURES = ("jaro_winkler_similarity", "nickname", "name_part", "initial", "sounds_alike")


class CascadeBlock(_base.BaseIndexAlgorithm):  # type: ignore[misc, name-defined]  # recordlinkage ships no types
    """Pairs of records that agree exactly on all columns of at least one blocking key of a cascade.

    `rules` is a shipped cascade, the path of a rule file, or a Cascade. `columns` maps the column names of the toolkit
    to those of the data frames, such as {"first_name": "given_name"}; `columns_right` to those of the second
    data frame, if they differ. Raises RulesError, and ValueError when an index is not unique.

    >>> import recordlinkage
    >>> people = pd.DataFrame({"last_name": ["Lee", "LEE ", "Roe"], "birth_date": ["1950-02-11"] * 3})
    >>> index = recordlinkage.Index([CascadeBlock("mimic_iv")])
    >>> index.index(people).tolist()
    [(1, 0)]
    """

    def __init__(
        self,
        rules: str | Cascade = "mimic_iv",
        columns: Mapping[str, str] | None = None,
        columns_right: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.cascade = rules if isinstance(rules, Cascade) else read_rules(rules)
        self.columns, self.columns_right = columns or {}, columns_right or columns or {}

    def _link_index(self, left: pd.DataFrame, right: pd.DataFrame) -> pd.MultiIndex:
        return _labeled(self._positions(left, right), left, right)

    def _dedup_index(self, frame: pd.DataFrame) -> pd.MultiIndex:
        pairs = [(one, other) for one, other in self._positions(frame, frame) if one > other]
        return _labeled(pairs, frame, frame)

    def _positions(self, left: pd.DataFrame, right: pd.DataFrame) -> list[tuple[int, int]]:
        lefts, rights = _renamed(left, self.columns), _renamed(right, self.columns_right)
        two_files = left is not right  # a file cannot confirm its own last names
        one = standard_frame(lefts, "position", self.cascade, beside=rights if two_files else None)
        other = standard_frame(rights, "position", self.cascade, beside=lefts if two_files else None)
        one, other = without_one_sided_names(one, other, self.cascade.one_sided_names)
        one, other = without_shared_numbers(one, other, self.cascade.ssn.people_at_most)
        few = keys_with_few_pairs(self.cascade.keys_if_few_pairs, one, other)
        pairs = candidate_pairs(one, other, self.cascade.using(few).keys)
        return [(int(first), int(second)) for first, second in pairs]


def _renamed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The data frame as text under the column names of the toolkit, with the position of each row."""
    missing = [theirs for theirs in columns.values() if theirs not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise InputError(f"columns names {missing[0]!r}, which is not in the frame. Columns found: {found}.")
    renamed = frame.rename(columns={theirs: ours for ours, theirs in columns.items()})
    texts = {name: [_text(value) for value in renamed[name]] for name in renamed.columns}
    return pd.DataFrame({**texts, "position": range(len(frame))}, dtype=object)


def _labeled(pairs: Sequence[tuple[int, int]], left: pd.DataFrame, right: pd.DataFrame) -> pd.MultiIndex:
    sides = [left.index[[one for one, _ in pairs]], right.index[[other for _, other in pairs]]]
    return pd.MultiIndex.from_arrays(sides)


class _Known(_base.BaseCompareFeature):  # type: ignore[misc, name-defined]  # as above
    """Compares values that are known on both sides, and gives `missing_value` for others."""

    def __init__(self, left_on: str, right_on: str, missing_value: float = math.nan, label: str | None = None) -> None:
        super().__init__(left_on, right_on, label=label)
        self.missing_value = missing_value

    @abstractmethod
    def _read(self, text: str) -> Any:
        """The standardized value of a text; None when it is not known."""

    @abstractmethod
    def _agree(self, left: Any, right: Any) -> float:
        """The agreement of two known values."""

    def _compute_vectorized(self, left: "pd.Series[Any]", right: "pd.Series[Any]") -> np.ndarray:
        read = cache(self._read)
        return np.array([self._compared(read, *pair) for pair in zip(left, right, strict=True)], dtype=float)

    def _compared(self, read: Callable[[str], Any], *values: Any) -> float:
        left, right = (None if (text := _text(value)) is None else read(text) for value in values)
        return self.missing_value if left is None or right is None else self._agree(left, right)


def _text(value: Any) -> str | None:
    if pd.isna(value):
        return None
    # pandas stores a column of integers with missing values as floats.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class CompareDate(_Known):
    """Compares dates of any type and format: 1 for the same day, `similar` for a clerical error, 0 for another day.

    Clerical errors are day and month swapped, one digit changed, or two adjacent digits transposed. If a
    month or day is not known, dates that agree in the known parts are similar. `form` is the format of
    ambiguous dates, such as DD/MM/YYYY.

    >>> import recordlinkage
    >>> left = pd.DataFrame({"born": ["1950-02-11", "1950-02-11", None]})
    >>> right = pd.DataFrame({"born": ["11FEB1950", "11/02/1950", "1950-02-11"]})
    >>> compare = recordlinkage.Compare([CompareDate("born", "born", label="born")])
    >>> compare.compute(pd.MultiIndex.from_arrays([range(3)] * 2), left, right)["born"].tolist()
    [1.0, 0.5, nan]
    """

    def __init__(
        self, left_on: str, right_on: str, similar: float = 0.5, form: str = "MM/DD/YYYY", **options: Any
    ) -> None:
        super().__init__(left_on, right_on, **options)
        self.similar, self.form = similar, date_form(form)
        self.not_known = read_rules("mimic_iv").fields["birth_date"].not_known

    def _read(self, text: str) -> str | None:
        return standard_date(text, self.not_known, self.form).digits

    def _agree(self, left: str, right: str) -> float:
        known = [(left[place], right[place]) for place in (slice(4), slice(4, 6), slice(6, 8))]
        partial_dates = [pair for pair in known if "00" in pair]
        if partial_dates:
            return self.similar if all(one == other for one, other in known if "00" not in (one, other)) else 0.0
        return _digits_agree(left, right, self.similar, day_and_month_swapped)


class CompareSsn(_Known):
    """Compares social security numbers: 1 for the same, `similar` for a clerical error, 0 for others.

    Clerical errors are one digit changed or two adjacent digits transposed. If one side has only the last
    four digits, numbers are similar when these agree. Dummies and numbers that were never issued are not
    known; `digits` is the length of a number, for other countries.
    """

    def __init__(self, left_on: str, right_on: str, similar: float = 0.5, digits: int = 9, **options: Any) -> None:
        super().__init__(left_on, right_on, **options)
        self.similar, self.policy = similar, SsnPolicy(digits=digits)
        self.not_known = read_rules("mimic_iv").fields["ssn"].not_known

    def _read(self, text: str) -> Ssn | None:
        found = standard_ssn(text, self.not_known, self.policy)
        return found if found.last_four else None

    def _agree(self, left: Ssn, right: Ssn) -> float:
        if left.ssn is None or right.ssn is None:
            return self.similar if left.last_four == right.last_four else 0.0
        return _digits_agree(left.ssn, right.ssn, self.similar)


def _digits_agree(left: str, right: str, similar: float, *others: Callable[[str, str], bool]) -> float:
    if left == right:
        return 1.0
    slip = digits_changed(left, right) <= 1 or any(slip(left, right) for slip in (digits_transposed, *others))
    return similar if slip else 0.0


class CompareName(_Known):
    """Compares names by one measure of the toolkit: Jaro-Winkler similarity, or 1 and 0 for a nickname, a shared part
    of a compound name, an initial, or the same sound.

    `given` says that these are first or middle names. Raises InputError for a measure that does not compare names.

    >>> names = pd.Series(["Bill", "García-López", "Unknown"])
    >>> CompareName("name", "name", "nickname")._compute_vectorized(names, pd.Series(["WILLIAM", "LOPEZ", "Roe"]))
    array([ 1.,  0., nan])
    """

    def __init__(
        self,
        left_on: str,
        right_on: str,
        measure: str = "jaro_winkler_similarity",
        given: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(left_on, right_on, **options)
        if measure not in NAME_MEASURES:
            allowed = ", ".join(NAME_MEASURES)
            raise InputError(
                f"measure = {measure!r} does not compare names. Allowed: {allowed}."
                + did_you_mean(measure, NAME_MEASURES)
            )
        self.measure, self.given = measure, given
        self.not_known = read_rules("mimic_iv").fields["first_name" if given else "last_name"].not_known

    def _read(self, text: str) -> Any:
        name = standard_name(text, self.not_known, given=self.given)
        if name.name is None:
            return None
        if self.measure == "nickname":
            return formal_names(name.name, nickname_table())
        if self.measure == "name_part":
            return list(name.parts)
        return sound(name.name) if self.measure == "sounds_alike" else name.name

    def _agree(self, left: Any, right: Any) -> float:
        return float(MEASURES[self.measure].function(left, right))
