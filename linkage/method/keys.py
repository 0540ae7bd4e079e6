"""The blocking keys that a linkage uses: those whose columns both files have, and further ones in small files."""

from collections.abc import Iterable, Sequence

from linkage.errors import InputError
from linkage.method.agreement_sql import Key
from linkage.method.block import PairCounts
from linkage.method.evidence_levels import MOST_WEIGHED
from linkage.rules.cascade import Cascade


def usable_keys(cascade: Cascade, patient_columns: Sequence[str], death_columns: Sequence[str]) -> tuple[Key, ...]:
    """The keys whose columns both files have.

    Raises InputError if there is none.
    """
    usable = of_both_files(cascade.keys, patient_columns, death_columns)
    if not usable:
        keys = "; ".join(" + ".join(key) for key in cascade.keys)
        both = ", ".join(sorted(set(patient_columns) & set(death_columns)))
        raise InputError(
            f"No blocking key of {cascade.name} can be used: {keys}."
            f" Columns that both files have: {both or 'none'}. Map the columns of one such key."
        )
    return usable


def of_both_files(keys: Iterable[Key], patient_columns: Sequence[str], death_columns: Sequence[str]) -> tuple[Key, ...]:
    """The keys whose columns both files have.

    >>> of_both_files([("ssn", "suffix"), ("middle_name",)], ["ssn", "last_name"], ["ssn", "last_name", "middle_name"])
    (('ssn', 'suffix'),)
    """
    return tuple(key for key in keys if all(_has(patient_columns, name) and _has(death_columns, name) for name in key))


def with_few_pairs(counts: PairCounts, keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys on which no more pairs agree than there are records, and no more than `MOST_WEIGHED`."""
    counts.estimate_each(keys)
    most = min(counts.records, MOST_WEIGHED)
    perhaps = [key for key in keys if not counts.are_surely_more(key, most)]
    counts.count_each(perhaps)
    return tuple(key for key in perhaps if counts(key) <= most)


def _has(columns: Sequence[str], name: str) -> bool:
    """Whether a file has values of a part of a key: in its column, or in one of which it is a part."""
    stored = _STORED.get(name, name.removesuffix("_initial").removesuffix("_sound"))
    return any(column in columns for column in (stored, *_MOVED.get(stored, ())))


_STORED = {
    "names_in_either_order": "last_name",
    "initials_in_either_order": "last_name",
    "ssn_last_four": "ssn",
    "ssn_without_last_four": "ssn",
    "birth_year": "birth_date",
    "birth_month": "birth_date",
    "birth_day": "birth_date",
}
_MOVED = {"middle_name": ("first_name",), "suffix": ("last_name", "first_name", "middle_name")}
"""Columns that can contain another value, which is moved out of them: JOHN Q and SMITH JR."""
