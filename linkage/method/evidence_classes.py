"""Evidence: how probable each pattern of agreement is among pairs of one person, of strangers, and of relatives.

Two people can share a name or a date by chance, and more easily a common one. So the probability of exact agreement
among strangers is the frequency of the value. In a family, the last name is shared for another reason.

A misspelled name is usually rare, while two strangers with similar names usually have common ones. So for similar names
each class also has its own distribution of how rare the rarer name is.

Pure, like `evidence_model`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import numpy as np
from numpy.typing import NDArray

from linkage.method.evidence_levels import (
    A_GENERATION,
    ADJACENT,
    COUNTED,
    HOUSEHOLD,
    NAMESAKES,
    NAMESAKES_SSN,
    PARTIAL_DATE,
    PRIOR_PAIRS,
    RARITIES,
    RARITY_FIELDS,
    RARITY_STEPS,
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
_ONE = np.ones(1)
MATCH, STRANGER, SHARED, NEXT = "match", "stranger", "shared", "next"
BY_CHANCE = (STRANGER, SHARED, NEXT)
# Where each kind of relatives gets its agreement from; a field that is not named is a stranger's.
KIN: Mapping[str, Mapping[str, str]] = {
    TWINS: {"last_name": MATCH, "birth_date": MATCH, "ssn": NEXT},
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
    pairs with each. Rows are in the order of their codes. `partial` says whether one of two birth dates is partial;
    None if none is. `similar` and `rarities` keep what was asked about a field, because each round of the fit asks
    again."""

    levels: Whole
    pairs: Floats
    buckets: Whole
    partial: NDArray[np.bool_] | None = None
    similar: dict[str, NDArray[np.bool_]] = dataclass_field(default_factory=dict)
    rarities: dict[str, Whole] = dataclass_field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """The estimates: by field the probability of each level among pairs of one person (`m`) and of strangers (`u`), the
    probability of each class of rarity of similar names, a row per level (`m_rarity` and `u_rarity`), the agreement on
    sex of strangers with one first name (`u_sex_of_namesakes`), how much more often than by chance
    strangers share two names (`names_together`), and expected pairs by class. `compared` is the number of pairs of one
    person among the pairs that share a blocking key; `complete_dates` is the share of pairs with two complete birth
    dates among those whose birth dates can be compared; `similar_twins` is the share of twins whose first names are
    similar for another reason than chance."""

    fields: tuple[Weighed, ...]
    m: Tables
    u: Tables
    m_rarity: Tables
    u_rarity: Tables
    u_sex_of_namesakes: Floats
    names_together: Mapping[tuple[str, str], float]
    all_pairs: float
    matches: float
    compared: float
    relatives: Mapping[str, float]
    complete_dates: float = 1.0
    similar_twins: float = 0.0


def unpack(codes: Sequence[int], fields: Sequence[Weighed], pairs: Sequence[int] | None = None) -> Patterns:
    """The patterns that codes represent."""
    rest = np.array(codes, dtype=np.int64)
    parts: dict[str, Whole] = {}
    for name, radix in digits(fields):
        parts[name], rest = rest % radix, rest // radix
    levels = [np.where(parts[f.name] == len(f.levels), -1, parts[f.name]) for f in fields]
    buckets = [parts[f"{name}_bucket"] for name in COUNTED]
    counts = np.ones(len(rest)) if pairs is None else np.array(pairs, dtype=np.float64)
    by_field = np.array(levels, dtype=np.int64).T.reshape(len(rest), len(fields))
    return Patterns(by_field, counts, np.array(buckets).T, parts[PARTIAL_DATE] == 1)


def source(kind: str, field: str) -> str:
    """Where a class of pairs gets its agreement on a field from."""
    return kind if kind in (MATCH, STRANGER) else KIN[kind].get(field, STRANGER)


def density(model: Model, patterns: Patterns, kind: str, sources: Sequence[str] = (MATCH, *BY_CHANCE)) -> Floats:
    """The probability of each pattern in a class of pairs, given that the values of one of the two records occur.

    With `sources`, only the fields that get their agreement from there are used.
    """
    product = np.ones(len(patterns.levels))
    for n, field in enumerate(model.fields):
        if source(kind, field.name) in sources:
            product *= of_values(model, patterns, n, field, kind)
    return product


def match_densities(model: Model, patterns: Patterns, kinds: Sequence[str]) -> dict[str, Floats]:
    """For each class of pairs, the `density` of the fields on which it agrees like pairs of one person."""
    of_match = {f.name: of_values(model, patterns, n, f, MATCH) for n, f in enumerate(model.fields)}
    found = {}
    for kind in kinds:
        found[kind] = np.ones(len(patterns.levels))
        for name, of_values_alike in of_match.items():
            if source(kind, name) == MATCH:
                found[kind] *= of_values_alike
    return found


def of_values(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    """The probability of each pattern's level of a field. If two people must share a value by chance, exact agreement
    is as probable as the value is frequent."""
    average = chances(model, patterns, n, field, kind)
    if field.name in RARITY_FIELDS:
        average *= _rarity_among(model, patterns, n, field, kind)
    if source(kind, field.name) != STRANGER:
        return average
    levels, of_strangers = patterns.levels[:, n], kind == STRANGER
    frequency = {name: 2.0 ** (-patterns.buckets[:, k] / STEPS_PER_BIT) for k, name in enumerate(COUNTED)}
    frequency["birth_date"] *= model.complete_dates
    if field.name == "full_name":
        both = frequency["first_name"] * frequency["last_name"] if of_strangers else frequency["first_name"]
        close = average if of_strangers else model.u["first_name"][:-1][:2].sum()
        swapped = np.where(np.isin(levels, list(field.with_slips)), close, np.maximum(both, 1e-12))
        return np.where(levels > 0, swapped, average)
    found = np.where(levels == 0, frequency[field.name], average) if field.name in COUNTED else average
    if field.name == "middle_name" or (of_strangers and field.name == "last_name"):
        found = np.minimum(found * _together(model, patterns, field.name), 1.0)
    return np.asarray(found)


def _rarity_among(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    """The probability of each pattern's rarity of two similar names, given their level; 1 for all other names."""
    table = (model.u_rarity if source(kind, field.name) == STRANGER else model.m_rarity)[field.name]
    similar, classes = _are_similar(patterns, n, field), patterns.levels[:, n] * RARITIES + rarity(patterns, n, field)
    return _at(np.where(similar, classes, -1), table.ravel())


def rarity(patterns: Patterns, n: int, field: Weighed) -> Whole:
    """The class of rarity of the rarer of two similar names; 0 for names that are equal, different, or not known."""
    if field.name not in patterns.rarities:
        classes = patterns.buckets[:, COUNTED.index(field.name)] // RARITY_STEPS
        patterns.rarities[field.name] = np.where(_are_similar(patterns, n, field), classes, 0)
    return patterns.rarities[field.name]


def rarities(patterns: Patterns, pairs: Floats, n: int, field: Weighed, usual: Floats | None = None) -> Floats:
    """How often pairs with similar names have each class of rarity, a row per level of the field.

    `pairs` are the pairs with each pattern. Levels with few pairs follow `usual`; without it, the average of all
    levels, and a class that no pair has counts as half a pair.
    """
    similar, classes = _are_similar(patterns, n, field), len(field.levels) * RARITIES
    place = patterns.levels[similar, n] * RARITIES + rarity(patterns, n, field)[similar]
    found = np.bincount(place, pairs[similar], classes).reshape(-1, RARITIES)
    if usual is None:
        average = (found.sum(axis=0) + 0.5) / (found.sum() + 0.5 * RARITIES)
        prior = np.maximum(PRIOR_PAIRS * average, 0.5)
    else:
        prior = PRIOR_PAIRS * usual
    return np.asarray((found + prior) / (found + prior).sum(axis=1, keepdims=True))


def _are_similar(patterns: Patterns, n: int, field: Weighed) -> NDArray[np.bool_]:
    """Whether names agree at a level below exact."""
    if field.name not in patterns.similar:
        levels = patterns.levels[:, n]
        patterns.similar[field.name] = np.asarray((levels > 0) & (levels < len(field.levels) - 1))
    return patterns.similar[field.name]


def chances(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    """The probability of each pattern's level of a field, averaged over all values."""
    levels, given = patterns.levels[:, n], source(kind, field.name)
    if given == STRANGER and field.name == "sex":
        return _sex_among_strangers(model, patterns, levels, kind)
    if given in (SHARED, NEXT):
        table = _shared(field) if given == SHARED else _more_similar(model.u[field.name], ADJACENT)
    else:
        table = (model.m if given == MATCH else model.u)[field.name]
    if kind in (TWINS, TWINS_SSN) and field.name == "first_name":
        table = _more_similar(table, model.similar_twins)
    if kind in (NAMESAKES, NAMESAKES_SSN) and field.generation is not None:
        table = _a_generation_apart(table, field.generation, model.complete_dates)
    return _at(levels, table)


def _at(places: Whole, table: Floats) -> Floats:
    """The values at places of a table; 1 at the place -1."""
    return np.concatenate([table, _ONE])[places]


def _together(model: Model, patterns: Patterns, name: str) -> Floats:
    """How much more often than by chance strangers share a name, given the names before it that they share."""
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    times = np.ones(len(patterns.levels))
    for (one, other), factor in model.names_together.items():
        if name == other:
            times *= np.where((at[one] == 0) & (at[other] == 0), factor, 1.0)
    return times


def _shared(field: Weighed) -> Floats:
    others = len(field.levels) - 1
    return np.array([SHARED_EXACT, *[(1 - SHARED_EXACT) / max(others, 1)] * others])


def _more_similar(u: Floats, share: float) -> Floats:
    """The levels of strangers, of whom a further share agrees at the first level below exact: adjacent SSNs, or names
    that were chosen together."""
    similar = u * (1 - share)
    similar[1] += share
    return similar


def _a_generation_apart(table: Floats, place: int, complete: float) -> Floats:
    """The levels of two birth dates of namesakes: as of strangers, but if complete and not similar, usually a
    generation apart."""
    apart, dissimilar = table.copy(), table[place] + table[-1]
    share = A_GENERATION * complete
    apart[place], apart[-1] = share * dissimilar, (1 - share) * dissimilar
    return apart


def _sex_among_strangers(model: Model, patterns: Patterns, levels: Whole, kind: str) -> Floats:
    apart, alike = model.u["sex"], model.u_sex_of_namesakes
    if kind in (TWINS, TWINS_SSN):  # about a third of twins are identical
        apart = (np.array([1.0, 0.0]) + 2 * apart) / 3
    first = patterns.levels[:, [field.name for field in model.fields].index("first_name")]
    at = np.maximum(levels, 0)
    return np.where(levels < 0, 1.0, np.where((first >= 0) & (first <= 1), alike[at], apart[at]))
