"""How many relatives of patients are among the pairs: counted where the true partner is known, bounded elsewhere.

Pure, like `evidence_model`.
"""

import math
from collections.abc import Mapping

import numpy as np

from linkage.method.evidence_classes import MATCH, STRANGER, Model, Patterns, density
from linkage.method.evidence_levels import (
    DOUBLES,
    NAMESAKES,
    PRIOR_DEATHS,
    PRIOR_TIED,
    ROUNDS,
    TIED,
    USUAL_RELATIVES,
)
from linkage.method.evidence_model import Limits


def count_relatives(model: Model, others: Patterns, sure_deaths: int, patients: int) -> Mapping[str, float]:
    """Relatives of each kind among the patients for one death, from pairs of sure deaths with other patients.

    A further record of the same person counts as that, not as a relative. Where few deaths are sure, the usual numbers
    decide.
    """
    rates = dict(USUAL_RELATIVES)
    if not len(others.pairs):
        return {kind: rates[kind] * PRIOR_DEATHS / (PRIOR_DEATHS + sure_deaths) for kind in rates}
    by_kind = {kind: density(model, others, kind) for kind in rates}
    again, strangers, doubles = density(model, others, MATCH), density(model, others, STRANGER), DOUBLES
    for _ in range(ROUNDS):
        parts = {kind: rates[kind] * by_kind[kind] for kind in rates}
        total = sum(parts.values()) + doubles * again + patients * strangers
        share = others.pairs / np.maximum(total, 1e-300)
        doubles = (float((doubles * again * share).sum()) + DOUBLES) / max(sure_deaths, 1)
        for kind in rates:
            found = float((parts[kind] * share).sum()) + USUAL_RELATIVES[kind] * PRIOR_DEATHS
            rates[kind] = found / (sure_deaths + PRIOR_DEATHS)
    return rates


def limits_of(rates: Mapping[str, float], sure: int, deaths: int) -> Limits:
    """Bounds on the numbers of relatives, from those counted among the sure deaths.

    For sure deaths the count is used. For the others, the upper bound exceeds the counted rate by two standard
    deviations of a Poisson count, and the lower bound is 0, because the relatives of a death without a partner are less
    often patients. Namesakes of two generations have the counted rate as the lower bound: only the distance between the
    birth dates distinguishes them from one person with a replaced date, and some strangers look like them too.
    """
    counted = {kind: rate * (sure + PRIOR_DEATHS) for kind, rate in rates.items()}
    by_kind = {}
    for kind in (kind for kind in rates if kind not in TIED):
        most = (counted[kind] + 2 * math.sqrt(counted[kind] + 1)) / (sure + PRIOR_DEATHS)
        least = rates[kind] * (deaths if kind == NAMESAKES else sure)
        by_kind[kind] = (least, rates[kind] * sure + most * max(deaths - sure, 0))
    shares = {
        kind: (counted[kind] + usual * PRIOR_TIED) / (counted[other] + PRIOR_TIED)
        for kind, (other, usual) in TIED.items()
    }
    return Limits(by_kind, shares)
