"""Evidence in the reference engine: the same model as `evidence_model`, computed pair by pair in plain Python.

It shares only the constants of the model with the fast engines: levels are taken from the comparison
vectors, values are counted with Counter, and expectation-maximization is a loop over patterns. Weights are rounded to
thousandths of a bit, so that the order of summation does not matter.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from typing import Any

from linkage.method.evidence_levels import (
    HASH_DIGITS,
    LEAST_ALONE,
    ONE,
    PRIOR_PAIRS,
    SAMPLED,
    SIMILAR_TWINS,
    SURE_MILLIONTHS,
)
from linkage.reference.cascade import Vector
from linkage.reference.commonness import Row
from linkage.reference.evidence_levels import PairLevels, levels_complete
from linkage.reference.evidence_model import PairOfIds
from linkage.reference.evidence_reach import KeyReach
from linkage.reference.evidence_relatives import limits, relatives_per_death
from linkage.reference.evidence_weights import PairWeight, WeighingModel
from linkage.reference.frames import by_id
from linkage.reference.further_records import Persons, differing_records, rivals_left, times_again, with_further_records
from linkage.rules.cascade import Cascade


def weigh_pairs(
    vectors: Mapping[PairOfIds, Vector],
    drawn: Mapping[PairOfIds, Vector],
    patients: Mapping[str, Row],
    deaths: Mapping[str, Row],
    cascade: Cascade,
    persons: Persons,
    impossible: Iterable[PairOfIds],
    keys: Sequence[tuple[str, ...]],
) -> tuple[dict[PairOfIds, PairWeight], dict[str, Any], Persons]:
    """The weights of all candidate pairs, the estimates of the model for the manifest, and the persons, joined where
    only the evidence shows that they are one.

    `drawn` are the comparison vectors of the pairs of `drawn_ids`; `persons` maps each patient and each death to its
    person; `impossible` are the pairs that are impossible in time, which are not rivals of others; `keys` are the
    blocking keys.
    """
    levels = PairLevels(cascade)
    model = WeighingModel(levels, drawn, patients, deaths, cascade.ssn.digits)
    found = {
        (patient, death): model.agreed(levels(vector), patients[patient], deaths[death])
        for (patient, death), vector in vectors.items()
    }
    forbidden = set(impossible)
    allowed = [pair for pair in found if pair not in forbidden]
    counts = Counter(found[pair] for pair in allowed)
    reach = KeyReach(levels, keys, model.known)
    model.fit(counts, reach, {}, {})
    again = times_again(model, persons)
    first = _probabilities(model.weights(found), persons, forbidden, ONE, again)
    matches = _expected_matches(first, persons, forbidden)
    probable = (pair for pair in allowed if first[pair].millionths >= SURE_MILLIONTHS)
    sure = {pair for pair in probable if levels_complete(found[pair][0], levels)}
    sure_deaths = {death for _, death in sure}
    others = Counter(found[pair] for pair in allowed if pair[1] in sure_deaths and pair not in sure)
    rates = relatives_per_death(model, others, len(sure_deaths), len(patients))
    model.fit(counts, reach, *limits(rates, len(sure_deaths), len(deaths)))
    alone = [
        max(1 - min(matches, model.compared) / (len(file) + PRIOR_PAIRS), LEAST_ALONE) for file in (patients, deaths)
    ]
    neither = round(ONE * alone[0] * alone[1])
    estimated = {
        "compared_pairs": len(allowed),
        "patterns": len({agreed[0] for agreed in counts}),
        "sure_deaths": len(sure_deaths),
        "neither_has_partner": round(neither / ONE, 6),
        **model.described(rates, list(counts)),
        "differing_records": {
            side: round(each, 6)
            for side, each in zip(("patient", "death"), differing_records(model, persons), strict=True)
        },
    }
    weights = model.weights(found)
    again = times_again(model, persons)
    model.similar_twins = SIMILAR_TWINS
    best = _best(weights, persons, set()), _best(model.weights(found), persons, set())
    together = cascade.links_persons
    persons = with_further_records(persons, best, (patients, deaths), neither, again, patients=together)
    return _probabilities(weights, persons, forbidden, neither), estimated, persons


def drawn_ids(patients: Iterable[str], deaths: Iterable[str], candidates: Iterable[PairOfIds]) -> list[PairOfIds]:
    """All pairs of the records whose ids have the lowest hashes, except candidates."""

    def lowest(ids: Iterable[str]) -> list[str]:
        records = list(ids)
        limit = 16**HASH_DIGITS * SAMPLED // max(len(records), SAMPLED)
        return [one for one in records if int(md5(one.encode()).hexdigest()[:HASH_DIGITS], 16) < limit]

    met = set(candidates)
    pairs = [(patient, death) for patient in lowest(patients) for death in lowest(deaths)]
    return sorted((pair for pair in pairs if pair not in met), key=lambda pair: (by_id(pair[0]), by_id(pair[1])))


def _probabilities(
    weights: Mapping[PairOfIds, tuple[int, PairWeight]],
    persons: Persons,
    forbidden: set[PairOfIds],
    neither: int,
    again: tuple[int, int] = (0, 0),
) -> dict[PairOfIds, PairWeight]:
    best = _best(weights, persons, forbidden)
    totals: tuple[dict[str, int], dict[str, int]] = (defaultdict(int), defaultdict(int))
    for both, odds in best.items():
        for total, person in zip(totals, both, strict=True):
            total[person] += odds
    found = {}
    for (patient, death), (odds, weight) in weights.items():
        both = persons[0][patient], persons[1][death]
        own = best.get(both, 0)
        other_deaths, other_patients = (
            float(total.get(person, 0) - own) for total, person in zip(totals, both, strict=True)
        )
        rivals = max(rivals_left(other_patients, again[0]), rivals_left(other_deaths, again[1]))
        millionths = math.floor(1_000_000.0 * odds / (neither + odds + rivals) + 0.5)
        found[patient, death] = PairWeight(
            millionths, weight.bits, weight.prior_bits, weight.relatives_bits, weight.by_field
        )
    return found


def _best(
    weights: Mapping[PairOfIds, tuple[int, PairWeight]], persons: Persons, forbidden: set[PairOfIds]
) -> dict[PairOfIds, int]:
    """The odds of the best possible pair of records of each two persons."""
    best: dict[PairOfIds, int] = {}
    for (patient, death), (odds, _) in weights.items():
        both = persons[0][patient], persons[1][death]
        if (patient, death) not in forbidden:
            best[both] = max(odds, best.get(both, 0))
    return best


def _expected_matches(
    found: Mapping[PairOfIds, PairWeight],
    persons: Persons,
    forbidden: set[PairOfIds],
) -> float:
    """The expected number of persons with a match."""
    most: dict[PairOfIds, int] = defaultdict(int)
    for (patient, death), weight in found.items():
        if (patient, death) not in forbidden:
            both = persons[0][patient], persons[1][death]
            most[both] = max(most[both], weight.millionths)
    return sum(most.values()) / 1_000_000


def limited(links: Sequence[tuple[int, bool]], ppv: float) -> int:
    """The lowest limit on probability, in millionths, with which the expected PPV is reached; 0 for no limit.

    `links` has the probability of each link in millionths, and whether the limit applies to it.
    """
    fixed = [p for p, is_limited in links if not is_limited]
    open_to_limit = sorted((p for p, is_limited in links if is_limited), reverse=True)
    limit, kept = 1_000_000, fixed if sum(fixed) >= ppv * 1_000_000 * len(fixed) else []
    for place, p in enumerate(open_to_limit):
        kept.append(p)
        last_of_its_kind = place + 1 == len(open_to_limit) or open_to_limit[place + 1] != p
        if last_of_its_kind and sum(kept) >= ppv * 1_000_000 * len(kept):
            limit = p
    return 0 if limit == min(open_to_limit, default=limit) else limit
