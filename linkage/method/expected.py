"""Expected errors of a run: how many links are false, and how many matches have no link.

These are sums of the probabilities that `weigh` estimates. They need no truth, and are only as good as the model.
"""

from typing import Any

from linkage.engines import Engine
from linkage.method.decide_sql import MILLION
from linkage.rules.cascade import Cascade

SHAPE = 1.0
"""The uncertainty of the model about its own sums: the shape of a gamma distribution with a relative standard deviation
of 1. See docs/decisions/0020-constants-of-the-model.md."""


def count_expected(
    engine: Engine, cascade: Cascade, matches_in_keys: float, matches_per_compared: float
) -> dict[str, Any]:
    """Expected values for the table `link`, overall and by rule.

    `matches_in_keys` is the expected number of matches among all candidates, and `matches_per_compared` the number of
    pairs of one person for each that shares a blocking key.
    """
    by_rule = {
        str(rule): (int(links), int(false))
        for rule, links, false in engine.rows(
            f"SELECT rule, count(*), sum({MILLION} - CAST(floor(coalesce(probability, 0) * {MILLION} + 0.5) AS BIGINT))"
            " FROM link GROUP BY rule"
        )
    }
    linked = engine.rows(
        "SELECT coalesce(sum(decided.millionths), 0) FROM assigned JOIN qualified"
        " ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id"
        " JOIN decided ON qualified.patient_record = decided.patient_id AND qualified.death_record = decided.death_id"
    )[0][0]
    outside = matches_in_keys * (matches_per_compared - 1)
    links, false = (sum(numbers[n] for numbers in by_rule.values()) for n in (0, 1))
    return {
        **_expected(links, false),
        "missed_among_candidates": round(max(matches_in_keys - int(linked) / MILLION, 0.0), 1),
        "missed_outside_candidates": round(outside, 1),
        "missed_outside_interval": list(interval(outside)),
        "by_rule": {rule.id: _expected(*by_rule.get(rule.id, (0, 0))) for rule in cascade.rules},
    }


def _expected(links: int, false_millionths: int) -> dict[str, Any]:
    false = false_millionths / MILLION
    low, high = interval(false)
    return {
        "links": links,
        "false": round(false, 2),
        "false_interval": [low, min(high, links)],
        "ppv": round(1 - false / links, 6) if links else None,
        "ppv_interval": [round(1 - min(n / links, 1.0), 6) for n in (high, low)] if links else None,
    }


def interval(mean: float, shape: float = SHAPE) -> tuple[int, int]:
    """The 95 % interval of a count with this mean, including the model's own error.

    Negative binomial: a Poisson count whose mean follows a gamma distribution.

    >>> interval(0.0), interval(0.7), interval(10.0)
    ((0, 0), (0, 4), (0, 38))
    """
    chance = (shape / (shape + mean)) ** shape
    number, below, low = 0, chance, None
    while below < 0.975:
        if low is None and below >= 0.025:
            low = number
        chance *= (shape + number) / (number + 1) * mean / (shape + mean)
        number += 1
        below += chance
    return number if low is None else low, number
