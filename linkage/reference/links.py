"""The reference engine: the whole method, implemented with recordlinkage, jellyfish and pandas.

It is used to verify the fast engines, so it shares the rule file with them but no SQL and no optimization
of the order of rules. It is slow by design; use it for small
files, for teaching, and to obtain candidate pairs and comparison vectors for the classifiers of recordlinkage.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from linkage.reference.cascade import (
    Assigned,
    Pair,
    Walk,
    bearers,
    closeness,
    is_probable_enough,
    is_rare_enough,
    keep_unique,
    rules_held,
    walk,
    why_impossible,
)
from linkage.reference.compare import candidate_pairs, comparison_vectors, keys_with_few_pairs
from linkage.reference.dense_blocks import outside_dense_blocks, striking
from linkage.reference.evidence import drawn_ids, limited, weigh_pairs
from linkage.reference.evidence_weights import PairWeight
from linkage.reference.frames import by_id, people, standard_frame, without_shared_numbers
from linkage.reference.further_records import Persons
from linkage.reference.one_sided_names import without_one_sided_names
from linkage.rules.cascade import EVIDENCE, Cascade


@dataclass(frozen=True)
class ReferenceResult:
    """The links and all intermediate results, sorted by patient id and death id.

    `links` has patient_id, death_id, rule and tie (linked only because of the lowest id); `tied` has the
    pairs held for review, with their rule; `vetoed` the pairs that satisfied a rule but were impossible in
    time, with the reason. `candidates` and `vectors` are objects of recordlinkage: the pairs,
    and for each the fields (1 equal, 0 different, NaN not known) and measures. `evidence` has the weight of each
    candidate, `estimated` the estimates of the model, and `cascade` the limits on probability that were used. `persons`
    maps each patient and each death to its person, and `joined` counts by side the persons who became part of another
    because of their evidence; `impossible` are the candidates that are impossible in time.
    """

    links: pd.DataFrame
    tied: pd.DataFrame
    vetoed: pd.DataFrame
    candidates: pd.MultiIndex
    vectors: pd.DataFrame
    evidence: Mapping[tuple[str, str], PairWeight]
    estimated: Mapping[str, Any]
    cascade: Cascade
    persons: Persons
    joined: tuple[int, int]
    impossible: Sequence[tuple[str, str]]


def reference_links(
    patients: pd.DataFrame,
    deaths: pd.DataFrame,
    cascade: Cascade,
    last_contact: Mapping[str, date] | None = None,
) -> ReferenceResult:
    """Link patients to deaths by a cascade, applying its rules one after the other.

    `patients` and `deaths` have raw text under the canonical column names (`patient_id` or
    `death_id`, `first_name`, `last_name`, `ssn`, `birth_date` ...; all but the id are optional).
    `last_contact` maps patient ids to the last day on which the patient was seen alive.

    >>> from linkage.rules.file import read_rules
    >>> patients = pd.DataFrame({"patient_id": ["7"], "last_name": ["Lee"], "first_name": ["Bill"],
    ...     "birth_date": ["1950-02-11"]})
    >>> deaths = pd.DataFrame({"death_id": ["40", "41"], "last_name": ["LEE", "LEE"],
    ...     "first_name": ["WILLIAM", "ANNA"], "birth_date": ["19500211", "19500211"]})
    >>> reference_links(patients, deaths, read_rules("mimic_iv")).links
      patient_id death_id rule    tie
    0          7       40   R2  False
    """
    patient = standard_frame(patients, "patient_id", cascade, beside=deaths)
    death = standard_frame(deaths, "death_id", cascade, beside=patients)
    patient, death = without_one_sided_names(patient, death, cascade.one_sided_names)
    patient, death = without_shared_numbers(patient, death, cascade.ssn.people_at_most)
    cascade = cascade.using(keys_with_few_pairs(cascade.keys_if_few_pairs, patient, death))
    candidates = candidate_pairs(patient, death, cascade.keys)
    vectors = comparison_vectors(candidates, patient, death, cascade.compared)
    kept, dense = outside_dense_blocks(_rows(vectors), _rows(patient), _rows(death), cascade)
    vectors = vectors.loc[kept]
    persons: Mapping[str, str] = _patient_people(patient, cascade)
    contacts = _last_contact_of_persons(last_contact or {}, persons)
    people_of: Persons = people(patient, of_deaths=False), people(death, of_deaths=True)
    before = len(set(people_of[0].values())), len(set(people_of[1].values()))
    impossible = _impossible(vectors, patient, death, cascade, contacts)
    met = list(vectors.index)
    if cascade.weighs:
        possible_errors = striking(impossible, _rows(patient), _rows(death), cascade)
        vectors = vectors.drop(index=sorted(set(impossible) - set(possible_errors)))
        impossible = possible_errors
    evidence, estimated, people_of = (
        _weigh(vectors, met, patient, death, cascade, people_of, impossible) if cascade.weighs else ({}, {}, people_of)
    )
    if cascade.links_persons:
        persons = people_of[0]
        contacts = _last_contact_of_persons(last_contact or {}, persons)
    sides = persons, people_of[1]
    pairs, vetoed = _decide(vectors, patient, death, cascade, contacts, evidence, sides)
    done = walk(pairs, cascade.rules, cascade.ties)
    if cascade.ppv is not None and any(rule.by_evidence for rule in cascade.rules):
        cascade = _limited(cascade, done, evidence, persons)
        pairs, vetoed = _decide(vectors, patient, death, cascade, contacts, evidence, sides)
        done = walk(pairs, cascade.rules, cascade.ties)
    return ReferenceResult(
        links=_link_table(done, persons),
        tied=_table(("patient_id", "death_id", "rule"), (_named(held)[:3] for held in done.tied)),
        vetoed=_table(("patient_id", "death_id", "reason"), vetoed),
        candidates=candidates,
        vectors=vectors,
        evidence=evidence,
        estimated={**estimated, "dense_blocks": dense} if cascade.weighs else estimated,
        cascade=cascade,
        persons=people_of,
        joined=(before[0] - len(set(people_of[0].values())), before[1] - len(set(people_of[1].values()))),
        impossible=impossible,
    )


def _decide(
    vectors: pd.DataFrame,
    patients: pd.DataFrame,
    deaths: pd.DataFrame,
    cascade: Cascade,
    last_contact: Mapping[str, date],
    evidence: Mapping[tuple[str, str], PairWeight],
    persons: Persons,
) -> tuple[list[Pair], list[tuple[str, str, str]]]:
    """The pairs that satisfy a rule and are possible in time; and those that satisfy a rule but are impossible in time,
    with reasons."""
    patient_of, death_of = persons
    patient_rows, death_rows = _rows(patients), _rows(deaths)
    counts = bearers([*patient_rows.values(), *death_rows.values()], cascade.counted)
    pairs, vetoed = [], []
    for (patient_id, death_id), vector in _rows(vectors).items():
        sides = patient_rows[patient_id], death_rows[death_id]
        held = rules_held(cascade, vector)
        weight = evidence.get((patient_id, death_id))
        rules = frozenset(
            position
            for position in held
            if is_rare_enough(cascade.rules[position], sides, counts)
            and is_probable_enough(cascade.rules[position], weight)
        )
        if not rules:
            continue
        reason = why_impossible(*sides, last_contact.get(patient_id), cascade.plausibility)
        if reason:
            vetoed.append((patient_id, death_id, reason))
            continue
        codes = tuple(_closeness(cascade, name, vector, weight) for name in cascade.closeness)
        pairs.append(Pair(patient_id, death_id, patient_of[patient_id], death_of[death_id], rules, codes))
    return keep_unique(pairs, cascade.rules), vetoed


def _closeness(cascade: Cascade, name: str, vector: Mapping[str, float], weight: PairWeight | None) -> int:
    if name != EVIDENCE:
        return closeness(cascade.fields[name], vector)
    return 10_000_000 if weight is None else -weight.bits


def _weigh(
    vectors: pd.DataFrame,
    met: Iterable[tuple[str, str]],
    patients: pd.DataFrame,
    deaths: pd.DataFrame,
    cascade: Cascade,
    persons: Persons,
    impossible: Sequence[tuple[str, str]],
) -> tuple[dict[tuple[str, str], PairWeight], dict[str, Any], Persons]:
    """The weight of every candidate, and the estimates behind it, from the candidates and from pairs drawn by hash that
    are not among `met`; and the persons."""
    patient_rows, death_rows, found = _rows(patients), _rows(deaths), _rows(vectors)
    drawn = pd.MultiIndex.from_tuples(drawn_ids(patient_rows, death_rows, met), names=["patient_id", "death_id"])
    strangers = _rows(comparison_vectors(drawn, patients, deaths, cascade.compared)) if len(drawn) else {}
    return weigh_pairs(found, strangers, patient_rows, death_rows, cascade, persons, impossible, cascade.keys)


def _impossible(
    vectors: pd.DataFrame,
    patients: pd.DataFrame,
    deaths: pd.DataFrame,
    cascade: Cascade,
    last_contact: Mapping[str, date],
) -> list[tuple[str, str]]:
    """The candidates that are impossible in time."""
    patient_rows, death_rows, limits = _rows(patients), _rows(deaths), cascade.plausibility
    return [
        (patient, death)
        for patient, death in vectors.index
        if why_impossible(patient_rows[patient], death_rows[death], last_contact.get(patient), limits)
    ]


def _limited(
    cascade: Cascade, done: Walk, evidence: Mapping[tuple[str, str], PairWeight], patient_of: Mapping[str, str]
) -> Cascade:
    """The cascade with its limits on probability raised so that the expected PPV is reached. A link counts for each
    record of its patient."""
    assert cascade.ppv is not None
    asked = {rule.id for rule in cascade.rules if rule.by_evidence}
    records = Counter(patient_of.values())
    weights = [
        (evidence[link.pair.patient_id, link.pair.death_id].millionths, link.rule in asked)
        for link in done.links
        for _ in range(records[link.pair.patient])
    ]
    return cascade.raised_to(limited(weights, cascade.ppv) / 1_000_000)


def _rows(frame: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    named = [str(column) for column in frame.columns]
    rows = frame.itertuples(index=False, name=None)
    return {key: dict(zip(named, row, strict=True)) for key, row in zip(frame.index, rows, strict=True)}


def _patient_people(patients: pd.DataFrame, cascade: Cascade) -> dict[str, str]:
    if cascade.links_persons:
        return people(patients, of_deaths=False)
    return {patient_id: patient_id for patient_id in patients.index}


def _last_contact_of_persons(last_contact: Mapping[str, date], persons: Mapping[str, str]) -> dict[str, date]:
    """Map each record to the last contact of any record of the same person."""
    latest: dict[str, date] = {}
    for patient_id, person in persons.items():
        if (day := last_contact.get(patient_id)) and not pd.isna(day):
            latest[person] = max(day, latest.get(person, day))
    return {patient_id: latest[person] for patient_id, person in persons.items() if person in latest}


def _link_table(done: Walk, patient_of: Mapping[str, str]) -> pd.DataFrame:
    """One row per linked patient record; all records of a person share its link."""
    rows = [
        (patient_id, *_named(link)[1:])
        for link in done.links
        for patient_id, person in patient_of.items()
        if person == link.pair.patient
    ]
    return _table(("patient_id", "death_id", "rule", "tie"), rows)


def _named(found: Assigned) -> tuple[str, str, str, bool]:
    return found.pair.patient_id, found.pair.death_id, found.rule, found.tie


def _table(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    ordered = sorted(rows, key=lambda row: (by_id(row[0]), by_id(row[1])))
    return pd.DataFrame(ordered, columns=list(columns))
