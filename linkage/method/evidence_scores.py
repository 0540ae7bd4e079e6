"""What a fitted model of evidence gives to each pattern of agreement: bits by field, and odds.

Pure, like `evidence_model`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.method.evidence_levels import (
    COUNTED,
    LEAST_BITS,
    MOST_BITS,
    ONE,
    PER_BIT,
    STEPS_PER_BIT,
    Weighed,
)
from linkage.method.evidence_model import (
    KIN,
    MATCH,
    STRANGER,
    Floats,
    Model,
    Patterns,
    Whole,
    are_namesakes,
    chances,
    density,
)


@dataclass(frozen=True)
class Scores:
    """The weight of each pattern: odds as whole numbers (`ONE` is 1), and thousandths of a bit.

    `prior`, `relatives` and `by_field` add up to `bits`. `complete` patterns agree on names and on a number.
    """

    odds: Whole
    bits: Whole
    prior: Whole
    relatives: Whole
    by_field: Mapping[str, Whole]
    complete: NDArray[np.bool_]


def score(model: Model, patterns: Patterns) -> Scores:
    """The weight of each pattern against strangers, field by field, and against relatives."""
    by_field = {f.name: _bits(_field_ratio(model, patterns, n, f)) for n, f in enumerate(model.fields)}
    strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
    prior = np.full(len(patterns.pairs), _bits(np.array([model.matches / strangers]))[0])
    bits = np.sum([prior, *by_field.values()], axis=0, dtype=np.int64)
    # Odds are matches to strangers and relatives: 1 / (1 / odds against strangers + relatives / matches).
    relatives = _bits(1 + _against_relatives(model, patterns) * 2.0 ** (bits / PER_BIT))
    bits = bits - relatives
    odds = _whole(2.0 ** np.clip(bits / PER_BIT, LEAST_BITS, MOST_BITS) * ONE)
    return Scores(odds, bits, prior, -relatives, by_field, _complete(model, patterns))


def _bits(ratio: Floats) -> Whole:
    return _whole(np.log2(np.clip(ratio, 1e-30, 1e30)) * PER_BIT)


def _whole(numbers: Floats) -> Whole:
    return np.asarray(np.rint(numbers), dtype=np.int64)


def _field_ratio(model: Model, patterns: Patterns, n: int, field: Weighed) -> Floats:
    m, u = (chances(model, patterns, n, field, kind) for kind in (MATCH, STRANGER))
    by_value = _by_value(model, patterns, n, field, u)
    if field.name == "last_name":
        by_value = np.where(are_namesakes(model, patterns), by_value * model.names_together, by_value)
    return np.asarray(m / by_value)


def _by_value(
    model: Model, patterns: Patterns, n: int, field: Weighed, u: Floats, *, of_one_family: bool = False
) -> Floats:
    """Among strangers, exact agreement is as probable as the value is frequent; in a family the last name is the
    same."""
    levels = patterns.levels[:, n]
    share = {name: 2.0 ** (-patterns.buckets[:, k] / STEPS_PER_BIT) for k, name in enumerate(COUNTED)}
    if field.name == "full_name":
        both = share["first_name"] if of_one_family else share["first_name"] * share["last_name"]
        close = model.u["first_name"][:-1][:2].sum() if of_one_family else u
        same = np.where(levels > 0, np.maximum(both, 1e-12), u)
        return np.where(np.isin(levels, list(field.with_slips)), close, same)
    return np.where(levels == 0, share[field.name], u) if field.name in COUNTED else u


def _against_relatives(model: Model, patterns: Patterns) -> Floats:
    """How likely relatives show a pattern, for each time that pairs of one person do."""
    match = model.matches * density(model, patterns, MATCH)
    total = np.zeros(len(patterns.pairs))
    for kind, number in model.relatives.items():
        chance = np.full(len(patterns.pairs), number)
        for n, field in enumerate(model.fields):
            found = chances(model, patterns, n, field, kind)
            if KIN[kind].get(field.name, STRANGER) == STRANGER:
                found = _by_value(model, patterns, n, field, found, of_one_family=True)
            chance *= found
        total += chance
    return np.asarray(total / np.maximum(match, 1e-300))


def _complete(model: Model, patterns: Patterns) -> NDArray[np.bool_]:
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    close = np.logical_and.reduce([(at[name] >= 0) & (at[name] <= 1) for name in ("first_name", "last_name")])
    return np.asarray(close & ((at["birth_date"] == 0) | (at["ssn"] == 0)))


def described(model: Model, rates: Mapping[str, float]) -> dict[str, Any]:
    """All estimates, for the manifest."""
    strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
    return {
        "matches": round(model.matches, 2),
        "matches_per_compared": round(max(model.matches / max(model.compared, 0.5), 1.0), 6),
        "prior_bits": int(_bits(np.array([model.matches / strangers]))[0]) / PER_BIT,
        "relatives": {
            kind: {"per_death": round(rates[kind], 6), "pairs": round(number, 2)}
            for kind, number in model.relatives.items()
        },
        "fields": {field.name: _described(model.m[field.name], model.u[field.name], field) for field in model.fields},
        "names_together": round(model.names_together, 4),
        "sex_of_strangers_of_one_first_name": [round(float(share), 6) for share in model.u_sex_of_namesakes],
    }


def _described(m: Floats, u: Floats, field: Weighed) -> dict[str, dict[str, float]]:
    bits = _bits(m / u)
    return {
        level: {"m": round(float(m[n]), 6), "u": float(f"{u[n]:.4g}"), "bits": int(bits[n]) / PER_BIT}
        for n, level in enumerate(field.levels)
    }
