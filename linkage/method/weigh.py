"""Weigh: the probability that the two records of each compared pair belong to one person, estimated from the two files.

A step between block and compare, for cascades that use a probability or rank by evidence. SQL counts patterns of
agreement, `evidence_model` estimates the weights, `evidence_scores` gives the odds of each pattern, and
`probability_sql` the probability of each pair given its rivals. Tables made here:
`evidence` (patient_id, death_id, probability in millionths, and thousandths of a bit by field), and a new `pair` with
only the pairs that a rule can still accept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from linkage.engines import Engine
from linkage.method.agreement_sql import Key
from linkage.method.columns import SIDES
from linkage.method.crowds import standing_for, times
from linkage.method.decide_sql import MILLION
from linkage.method.evidence_counts import count_namesakes, count_values
from linkage.method.evidence_levels import (
    COUNTED,
    ONE,
    SIMILAR_TWINS,
    SURE_MILLIONTHS,
    Weighed,
    weighed_fields,
)
from linkage.method.evidence_sql import coded, coded_pairs, sample
from linkage.method.further_records import FurtherRecords, further_records, join_further_records
from linkage.method.probability_sql import OTHERS, claims, counted_for_all, expected_matches, probabilities
from linkage.rules.cascade import Cascade

if TYPE_CHECKING:
    from linkage.method.evidence_classes import Model, Patterns, Whole
    from linkage.method.evidence_scores import Scores

KEPT_MILLIONTHS = 1_000
"""Less probable pairs are not kept, unless a rule without a limit on probability accepts them."""


def weigh(
    engine: Engine,
    cascade: Cascade,
    keys: Sequence[Key],
    *,
    contacts: bool,
    patients: int,
    deaths: int,
    crowded: bool = False,
) -> tuple[dict[str, Any], float, dict[str, tuple[int, int]]]:
    """From `pair` make `evidence`, and a new `pair` with only the pairs that a rule can still accept.

    `keys` are the blocking keys that both files have. `patients` and `deaths` are the numbers of records
    used; `contacts` says whether last contacts are known. If files are `crowded`, a pair counts once for each pair of
    records that it represents.

    Returns the estimates of the model for the manifest, the expected number of matches among all candidates, and what
    `join_further_records` joined.
    """
    # NumPy takes a while to import; only this step needs it.
    from linkage.method.evidence_scores import described, neither_has_partner

    estimates = _estimate(engine, cascade, keys, contacts=contacts, patients=patients, deaths=deaths, crowded=crowded)
    model, matches = estimates.model, min(estimates.first_matches, estimates.model.compared)
    neither = neither_has_partner(matches, patients, deaths)
    _put_weights(engine, model, estimates.codes, crowded=crowded, parts=cascade.fields)
    each = estimates.further.differing(model)
    again, together = estimates.further.times_again(each, model.matches), cascade.links_persons
    joined = join_further_records(engine, neither, again, patients=together, crowded=crowded)
    if joined and crowded:
        engine.create("coded", counted_for_all())
    if joined:
        engine.create("claim", claims(crowded=crowded))
    engine.create("probability", probabilities(neither, crowded=crowded))
    matches = _put_evidence(engine, cascade, crowded=crowded)
    engine.create("pair", "SELECT patient_id, death_id FROM evidence")
    engine.drop("coded", "weight", "claim", "sure")
    estimated = {
        "compared_pairs": int(estimates.found.pairs.sum()),
        "patterns": len(set(map(tuple, estimates.found.levels.tolist()))),
        "sure_deaths": estimates.sure_deaths,
        "neither_has_partner": round(neither / ONE, 6),
        **described(model, estimates.relatives, estimates.found),
        "differing_records": {side: round(one, 6) for side, one in zip(SIDES, each, strict=True)},
    }
    return estimated, matches, joined


@dataclass(frozen=True, slots=True)
class _Estimates:
    """The fitted model, and what it was estimated from.

    `found` are the patterns of the compared pairs, and `codes` all of their codes. `first_matches` is the expected
    number of matches by the first fit. `relatives` counts them by kind for each death, from `sure_deaths` whose partner
    is nearly certain.
    """

    model: "Model"
    found: "Patterns"
    codes: Sequence[int]
    first_matches: float
    relatives: Mapping[str, float]
    sure_deaths: int
    further: FurtherRecords


def _estimate(
    engine: Engine,
    cascade: Cascade,
    keys: Sequence[Key],
    *,
    contacts: bool,
    patients: int,
    deaths: int,
    crowded: bool,
) -> _Estimates:
    """Fit the model twice: first without relatives, which are then counted among the pairs whose records have another
    partner. Makes `coded`, the code of each pair, and `sure`."""
    from linkage.method.evidence_classes import unpack
    from linkage.method.evidence_model import fit, known_shares, start
    from linkage.method.evidence_reach import reach_of
    from linkage.method.evidence_relatives import count_relatives, limits_of

    fields, pairs = weighed_fields(cascade), "sum(times)" if crowded else "count(*)"
    same_value, namesakes = count_values(engine), count_namesakes(engine)
    _code_pairs(engine, cascade, contacts=contacts, patients=patients, deaths=deaths, crowded=crowded)
    drawn = unpack(*_counted(engine, fields, "drawn"))
    model = start(fields, drawn, same_value, namesakes, cascade.ssn.digits, patients, deaths)
    found = unpack(*_counted(engine, fields, "coded WHERE NOT is_impossible", pairs))
    reach = reach_of(cascade, fields, keys, known_shares(drawn))
    model = fit(model, found, reach)
    codes = [int(row[0]) for row in engine.rows("SELECT DISTINCT code FROM coded ORDER BY code")]
    further = further_records(engine, patients, deaths)
    _put_weights(engine, model, codes, crowded=crowded)
    # The first fit takes some relatives for matches; with them, each record of a person counts.
    again = further.times_again(further.differing(model), model.matches)
    engine.create("probability", probabilities(ONE, again, crowded=crowded))
    matches, sure = _expected_matches(engine, crowded=crowded), _find_sure(engine, crowded=crowded)
    relatives = count_relatives(model, unpack(*_counted(engine, fields, OTHERS, pairs)), sure, patients)
    engine.drop("drawn", *(f"{name}_common" for name in COUNTED))
    model = fit(model, found, reach, limits_of(relatives, sure, deaths))
    return _Estimates(model, found, codes, matches, relatives, sure, further)


def _code_pairs(engine: Engine, cascade: Cascade, *, contacts: bool, patients: int, deaths: int, crowded: bool) -> None:
    """Make `coded`, the code of each compared pair, and `drawn`, those of pairs drawn at random."""
    engine.create("coded", coded(cascade, contacts=contacts))
    if crowded:
        engine.create("coded", counted_for_all())
    _draw(engine, cascade, patients, deaths, crowded=crowded)


def _draw(engine: Engine, cascade: Cascade, patients: int, deaths: int, *, crowded: bool) -> None:
    """Make `drawn`: the agreement of pairs drawn at random. Pairs that share a blocking key are excluded, so that
    hardly any is of one person."""
    patient, death, alike = "drawn.patient_id", "drawn.death_id", ""
    if crowded:
        patient, death = f"coalesce(patient_alike.kept_id, {patient})", f"coalesce(death_alike.kept_id, {death})"
        alike = "".join(f" LEFT JOIN {side}_alike ON drawn.{side}_id = {side}_alike.{side}_id" for side in SIDES)
    engine.create(
        "drawn_pair",
        f"SELECT drawn.* FROM ({sample(patients, deaths)}) AS drawn{alike} LEFT JOIN pair AS met"
        f" ON {patient} = met.patient_id AND {death} = met.death_id WHERE met.patient_id IS NULL",
    )
    engine.create("drawn", coded_pairs(cascade, "drawn_pair"))
    engine.drop("drawn_pair")


def _counted(
    engine: Engine, fields: tuple[Weighed, ...], relation: str, pairs: str = "count(*)"
) -> tuple[Sequence[int], tuple[Weighed, ...], Sequence[int]]:
    rows = engine.rows(f"SELECT code, {pairs} AS pairs FROM {relation} GROUP BY code ORDER BY code")
    return [int(row[0]) for row in rows], fields, [int(row[1]) for row in rows]


def _put_weights(
    engine: Engine,
    model: "Model",
    codes: Sequence[int],
    *,
    crowded: bool,
    parts: Collection[str] = (),
) -> None:
    """Make `weight`, what each code weighs, and `claim`, the pairs that are not hopeless. `parts` are the fields of
    which `weight` tells the parts, so that they can be reported, beside the odds by which records are joined."""
    import numpy as np

    from linkage.method.evidence_classes import unpack
    from linkage.method.evidence_scores import score

    scores = score(model, unpack(codes, model.fields))
    columns: dict[str, Any] = {"code": np.array(codes), "odds": scores.odds, "is_complete": scores.complete}
    if parts:
        joining = score(replace(model, similar_twins=SIMILAR_TWINS), unpack(codes, model.fields)).odds
        columns |= {"bits": scores.bits, "joining": joining, **_by_part(parts, scores)}
    engine.insert("weight", columns, dict.fromkeys(columns, "BIGINT") | {"is_complete": "BOOLEAN"})
    engine.create("claim", claims(crowded=crowded))


def _by_part(fields: Collection[str], scores: "Scores") -> "dict[str, Whole]":
    nothing = scores.bits * 0
    return {
        "prior_bits": scores.prior,
        "relatives_bits": scores.relatives,
        **{f"{name}_bits": scores.by_field.get(name, nothing) for name in fields},
    }


def _find_sure(engine: Engine, *, crowded: bool) -> int:
    """Make `sure`, the pairs that are nearly certainly of one person. Returns the number of their deaths."""
    engine.create(
        "sure",
        f"SELECT patient_id, death_id FROM probability WHERE may_be_sure AND millionths >= {SURE_MILLIONTHS}",
    )
    if not crowded:
        return int(engine.rows("SELECT count(DISTINCT death_id) FROM sure")[0][0])
    found = f"SELECT coalesce(sum({times(sides=('death',))}), 0) FROM (SELECT DISTINCT death_id FROM sure) AS known"
    join = f" LEFT JOIN {standing_for('death')} AS death_crowd ON known.death_id = death_crowd.kept_id"
    return int(engine.rows(found + join)[0][0])


def _put_evidence(engine: Engine, cascade: Cascade, *, crowded: bool) -> float:
    """Make `evidence`. Returns the expected number of matches among all candidates."""
    asked = [round(rule.probability * MILLION) for rule in cascade.rules if rule.probability is not None]
    kept = min([KEPT_MILLIONTHS, *asked])
    names = ", ".join(f"weight.{name}_bits" for name in ("prior", "relatives", *cascade.fields))
    engine.create(
        "evidence",
        f"SELECT probability.patient_id, probability.death_id, probability.millionths, weight.bits, {names}"
        " FROM probability JOIN weight ON probability.code = weight.code"
        f" WHERE probability.plain OR probability.millionths >= {kept}",
    )
    expected = _expected_matches(engine, crowded=crowded)
    engine.drop("probability")
    return expected


def _expected_matches(engine: Engine, *, crowded: bool) -> float:
    return int(engine.rows(expected_matches(crowded=crowded))[0][0]) / MILLION
