"""Evidence: how probable each pattern of agreement is among pairs of one person, of strangers, and of relatives.

Two people can share a name or a date by chance, and more easily a common one. So the probability of exact agreement
among strangers is the frequency of the value. In a family, the last name is shared for another reason.

Pure, like `evidence_model`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.method.evidence_levels import (
    COUNTED,
    HOUSEHOLD,
    NAMESAKES,
    NAMESAKES_SSN,
    SHARED_EXACT,
    STEPS_PER_BIT,
    TWINS,
    TWINS_SSN,
    Weighed,
    digits,
)

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Tables = Mapping[str, Floats]
MATCH, STRANGER, SHARED = "match", "stranger", "shared"
# Where each kind of relatives gets its agreement from; a field that is not named is a stranger's.
KIN: Mapping[str, Mapping[str, str]] = {
    TWINS: {"last_name": MATCH, "birth_date": MATCH},
    TWINS_SSN: {"last_name": MATCH, "birth_date": MATCH, "ssn": SHARED},
    HOUSEHOLD: {"last_name": MATCH, "ssn": SHARED},
    NAMESAKES: {"first_name": MATCH, "middle_name": MATCH, "last_name": MATCH, "sex": MATCH},
    NAMESAKES_SSN: {
        **dict.fromkeys(("first_name", "middle_name", "last_name", "sex"), MATCH),
        "ssn": SHARED,
    },
}


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns of agreement, with one row each and a column per field (-1 if not known), and the number of
    pairs with each. Rows are in the order of their codes."""

    levels: Whole
    pairs: Floats
    buckets: Whole


@dataclass(frozen=True)
class Model:
    """The estimates: by field the probability of each level among pairs of one person (`m`) and of strangers (`u`), the
    agreement on sex of strangers with one first name (`u_sex_of_namesakes`), how much more often than by chance
    strangers share both names (`names_together`), and expected pairs by class. `compared` is the number of pairs of one
    person among the pairs that share a blocking key."""

    fields: tuple[Weighed, ...]
    m: Tables
    u: Tables
    u_sex_of_namesakes: Floats
    names_together: float
    all_pairs: float
    matches: float
    compared: float
    relatives: Mapping[str, float]


def unpack(codes: Sequence[int], fields: Sequence[Weighed], pairs: Sequence[int] | None = None) -> Patterns:
    """The patterns that codes represent."""
    rest = np.array(codes, dtype=np.int64)
    parts: dict[str, Whole] = {}
    for name, radix in digits(fields):
        parts[name], rest = rest % radix, rest // radix
    levels = [np.where(parts[f.name] == len(f.levels), -1, parts[f.name]) for f in fields]
    buckets = [parts[f"{name}_bucket"] for name in COUNTED]
    counts = np.ones(len(rest)) if pairs is None else np.array(pairs, dtype=np.float64)
    return Patterns(np.array(levels, dtype=np.int64).T.reshape(len(rest), len(fields)), counts, np.array(buckets).T)


def source(kind: str, field: str) -> str:
    """Where a class of pairs gets its agreement on a field from."""
    return kind if kind in (MATCH, STRANGER) else KIN[kind].get(field, STRANGER)


def density(model: Model, patterns: Patterns, kind: str, sources: Sequence[str] = (MATCH, STRANGER, SHARED)) -> Floats:
    """The probability of each pattern in a class of pairs, given that the values of one of the two records occur.

    With `sources`, only the fields that get their agreement from there are used.
    """
    product = np.ones(len(patterns.levels))
    for n, field in enumerate(model.fields):
        if source(kind, field.name) in sources:
            product *= of_values(model, patterns, n, field, kind)
    return product


def of_values(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    """The probability of each pattern's level of a field. If two people must share a value by chance, exact agreement
    is as probable as the value is frequent."""
    average = chances(model, patterns, n, field, kind)
    if source(kind, field.name) != STRANGER:
        return average
    levels, of_strangers = patterns.levels[:, n], kind == STRANGER
    frequency = {name: 2.0 ** (-patterns.buckets[:, k] / STEPS_PER_BIT) for k, name in enumerate(COUNTED)}
    if field.name == "full_name":
        both = frequency["first_name"] * frequency["last_name"] if of_strangers else frequency["first_name"]
        close = average if of_strangers else model.u["first_name"][:-1][:2].sum()
        swapped = np.where(np.isin(levels, list(field.with_slips)), close, np.maximum(both, 1e-12))
        return np.where(levels > 0, swapped, average)
    found = np.where(levels == 0, frequency[field.name], average) if field.name in COUNTED else average
    if of_strangers and field.name == "last_name":
        found = np.where(_are_namesakes(model, patterns), found * model.names_together, found)
    return np.asarray(found)


def chances(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    """The probability of each pattern's level of a field, averaged over all values."""
    levels, given = patterns.levels[:, n], source(kind, field.name)
    if given == STRANGER and field.name == "sex":
        return _sex_among_strangers(model, patterns, levels, kind)
    tables = {MATCH: model.m, STRANGER: model.u}.get(given)
    table = _shared(field) if tables is None else tables[field.name]
    return np.where(levels < 0, 1.0, table[np.maximum(levels, 0)])


def _are_namesakes(model: Model, patterns: Patterns) -> NDArray[np.bool_]:
    """Whether both names agree exactly."""
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    return np.asarray((at["first_name"] == 0) & (at["last_name"] == 0))


def _shared(field: Weighed) -> Floats:
    others = len(field.levels) - 1
    return np.array([SHARED_EXACT, *[(1 - SHARED_EXACT) / max(others, 1)] * others])


def _sex_among_strangers(model: Model, patterns: Patterns, levels: Whole, kind: str) -> Floats:
    apart, alike = model.u["sex"], model.u_sex_of_namesakes
    if kind in (TWINS, TWINS_SSN):  # about a third of twins are identical
        apart = (np.array([1.0, 0.0]) + 2 * apart) / 3
    first = patterns.levels[:, [field.name for field in model.fields].index("first_name")]
    at = np.maximum(levels, 0)
    return np.where(levels < 0, 1.0, np.where((first >= 0) & (first <= 1), alike[at], apart[at]))
