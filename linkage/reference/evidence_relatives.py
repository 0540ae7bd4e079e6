"""How many relatives of patients are among the pairs, in the reference engine."""

import math
from collections import defaultdict
from collections.abc import Mapping

from linkage.method.evidence_levels import DOUBLES, NAMESAKES, PRIOR_DEATHS, PRIOR_TIED, ROUNDS, TIED, USUAL_RELATIVES
from linkage.reference.evidence_model import Agreed, FittedModel


def relatives_per_death(model: FittedModel, others: Mapping[Agreed, int], sure: int, patients: int) -> dict[str, float]:
    """The relatives of each kind among the patients per death, estimated from deaths with a sure match."""
    rates, doubles = dict(USUAL_RELATIVES), DOUBLES
    if not others:
        return {kind: rate * PRIOR_DEATHS / (PRIOR_DEATHS + sure) for kind, rate in rates.items()}
    chances = {agreed: {kind: model.likelihood(agreed, kind) for kind in rates} for agreed in others}
    again = {agreed: model.likelihood(agreed, "match") for agreed in others}
    strangers = {agreed: patients * model.likelihood(agreed, "stranger") for agreed in others}
    for _ in range(ROUNDS):
        found: dict[str, float] = defaultdict(float)
        for agreed, pairs in others.items():
            parts = {kind: rates[kind] * chance for kind, chance in chances[agreed].items()}
            parts["doubles"] = doubles * again[agreed]
            total = max(sum(parts.values()) + strangers[agreed], 1e-300)
            for kind, part in parts.items():
                found[kind] += part / total * pairs
        doubles = (found["doubles"] + DOUBLES) / max(sure, 1)
        rates = {k: (found[k] + USUAL_RELATIVES[k] * PRIOR_DEATHS) / (sure + PRIOR_DEATHS) for k in rates}
    return rates


def limits(
    rates: Mapping[str, float], sure: int, deaths: int
) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """The least and greatest number of relatives of each kind, and the shares of kinds that depend on another."""
    counted = {kind: rate * (sure + PRIOR_DEATHS) for kind, rate in rates.items()}
    limits = {}
    for kind in (kind for kind in rates if kind not in TIED):
        most = (counted[kind] + 2 * math.sqrt(counted[kind] + 1)) / (sure + PRIOR_DEATHS)
        least = rates[kind] * (deaths if kind == NAMESAKES else sure)
        limits[kind] = (least, rates[kind] * sure + most * max(deaths - sure, 0))
    shares = {
        kind: (counted[kind] + share * PRIOR_TIED) / (counted[other] + PRIOR_TIED)
        for kind, (other, share) in TIED.items()
    }
    return limits, shares
