"""What a fitted model of evidence gives to each pattern of agreement: bits by field, and odds.

Pure, like `evidence_model`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.method.evidence_classes import MATCH, STRANGER, Floats, Model, Patterns, Whole, density, of_values, rarity
from linkage.method.evidence_levels import (
    LEAST_ALONE,
    LEAST_BITS,
    LESS_BY_CLASS,
    MOST_BITS,
    ONE,
    PER_BIT,
    PRIOR_PAIRS,
    RARITY_FIELDS,
    Weighed,
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
    by_field = {}
    for n, field in enumerate(model.fields):
        m, u = (of_values(model, patterns, n, field, kind) for kind in (MATCH, STRANGER))
        by_field[field.name] = _bits(m / u)
    strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
    prior = np.full(len(patterns.pairs), _bits(np.array([model.matches / strangers]))[0])
    bits = np.sum([prior, *by_field.values()], axis=0, dtype=np.int64)
    # Odds are matches to strangers and relatives: 1 / (1 / odds against strangers + relatives / matches).
    relatives = _bits(1 + _against_relatives(model, patterns) * 2.0 ** (bits / PER_BIT))
    bits = bits - relatives
    odds = _whole(2.0 ** np.clip(bits / PER_BIT, LEAST_BITS, MOST_BITS) * ONE)
    return Scores(odds, bits, prior, -relatives, by_field, _complete(model, patterns))


def neither_has_partner(matches: float, patients: int, deaths: int) -> int:
    """The odds, as a whole number, that neither record of a pair has a partner, relative to records of which any may
    have one.

    `matches` is the expected number of matches between the files. If most records have a partner, two that resemble
    only each other are more likely to be of one person. Files of a few records show little about this, so
    `PRIOR_PAIRS` records without a partner are added to each.

    >>> neither_has_partner(0, 1_000, 1_000), neither_has_partner(500, 980, 980), neither_has_partner(1, 1, 1)
    (65536, 16384, 59443)
    """
    shares = (max(1 - matches / (records + PRIOR_PAIRS), LEAST_ALONE) for records in (patients, deaths))
    return round(ONE * math.prod(shares))


def _bits(ratio: Floats) -> Whole:
    return _whole(np.log2(np.clip(ratio, 1e-30, 1e30)) * PER_BIT)


def _whole(numbers: Floats) -> Whole:
    return np.asarray(np.rint(numbers), dtype=np.int64)


def _against_relatives(model: Model, patterns: Patterns) -> Floats:
    """How likely relatives show a pattern, for each time that pairs of one person do."""
    match = model.matches * density(model, patterns, MATCH)
    of_relatives = (number * density(model, patterns, kind) for kind, number in model.relatives.items())
    return np.asarray(sum(of_relatives, np.zeros(len(match))) / np.maximum(match, 1e-300))


def _complete(model: Model, patterns: Patterns) -> NDArray[np.bool_]:
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    close = np.logical_and.reduce([(at[name] >= 0) & (at[name] <= 1) for name in ("first_name", "last_name")])
    return np.asarray(close & ((at["birth_date"] == 0) | (at["ssn"] == 0)))


def described(model: Model, rates: Mapping[str, float], found: Patterns) -> dict[str, Any]:
    """All estimates, for the manifest. `found` are the patterns of the compared pairs."""
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
        "rarer_of_similar_names": {
            field.name: _by_rarity(model, found, n, field)
            for n, field in enumerate(model.fields)
            if field.name in RARITY_FIELDS
        },
        "names_together": {"+".join(both): round(times, 4) for both, times in model.names_together.items()},
        "sex_of_strangers_of_one_first_name": [round(float(share), 6) for share in model.u_sex_of_namesakes],
    }


def _by_rarity(model: Model, found: Patterns, n: int, field: Weighed) -> dict[str, dict[str, dict[str, float]]]:
    """By level below exact, the estimates for each class of rarity that occurs: names on at most one record in so
    many."""
    m, u, classes = model.m_rarity[field.name], model.u_rarity[field.name], rarity(found, n, field)
    return {
        level: {
            str(LESS_BY_CLASS ** int(one)): _estimate(m[place, one], u[place, one])
            for one in np.unique(classes[found.levels[:, n] == place])
        }
        for place, level in enumerate(field.levels[:-1])
        if place
    }


def _estimate(m: float, u: float) -> dict[str, float]:
    return {"m": round(float(m), 6), "u": float(f"{u:.4g}"), "bits": int(_bits(np.array([m / u]))[0]) / PER_BIT}


def _described(m: Floats, u: Floats, field: Weighed) -> dict[str, dict[str, float]]:
    return {level: _estimate(m[n], u[n]) for n, level in enumerate(field.levels)}
