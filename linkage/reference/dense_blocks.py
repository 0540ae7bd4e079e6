"""Dense blocks in the reference engine: the candidates that are weighed although they share only common values."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from linkage.method.evidence_levels import MOST_WEIGHED, RECORDS_PER_WEIGHED, STRIKING_KEYS
from linkage.reference.cascade import Vector, rules_held
from linkage.reference.commonness import Row
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Rule

PairOfIds = tuple[str, str]
Values = tuple[str, ...]


def outside_dense_blocks(
    vectors: Mapping[PairOfIds, Vector], patients: Mapping[str, Row], deaths: Mapping[str, Row], cascade: Cascade
) -> tuple[list[PairOfIds], dict[str, int]]:
    """The candidates that agree on a key outside its dense blocks, or that a rule could accept by its agreement.

    The second result is the number of pairs in dense blocks, for each key that has any.

    `vectors` has the comparison vector of every candidate; `patients` and `deaths` have the standardized rows by id.
    """
    if not cascade.weighs:
        return list(vectors), {}
    most = max(MOST_WEIGHED, min(len(patients), len(deaths)) // RECORDS_PER_WEIGHED)
    dense = {key: _dense(key, patients.values(), deaths.values(), most) for key in cascade.keys}
    plain = replace(cascade, rules=tuple(_demands(rule) for rule in cascade.rules if not rule.by_evidence))
    kept = [
        (patient, death)
        for (patient, death), vector in vectors.items()
        if any(
            value is not None and value == _value(key, deaths[death]) and value not in dense[key]
            for key, value in ((key, _value(key, patients[patient])) for key in cascade.keys)
        )
        or rules_held(plain, vector)
    ]
    return kept, {"+".join(key): sum(dense[key].values()) for key in sorted(dense, key="+".join) if dense[key]}


def striking(
    pairs: Iterable[PairOfIds], patients: Mapping[str, Row], deaths: Mapping[str, Row], cascade: Cascade
) -> list[PairOfIds]:
    """Of pairs with impossible dates, those that are weighed all the same, because they agree so strikingly, or because
    a rule that accepts pairs by their agreement requires less."""
    for rule in cascade.rules:
        exact = {condition.field for condition in rule.agree if condition.levels == (EXACT,)}
        if not rule.by_evidence and not exact & {"ssn", "birth_date"}:
            return list(pairs)
    return [
        (patient, death)
        for patient, death in pairs
        if any(
            value is not None and value == _value(key, deaths[death])
            for key, value in ((key, _value(key, patients[patient])) for key in STRIKING_KEYS)
        )
    ]


def _demands(rule: Rule) -> Rule:
    """The rule reduced to exact agreement, and to numbers that must both be known."""
    demands = [
        condition
        for condition in rule.agree
        if condition.levels == (EXACT,)
        or (condition.field in ("birth_date", "ssn") and NOT_KNOWN not in condition.levels)
    ]
    return replace(rule, agree=tuple(demands))


def _dense(key: Values, patients: Iterable[Row], deaths: Iterable[Row], most: float) -> dict[Values, int]:
    """The values of the dense blocks of a key, each with its number of pairs."""
    sides = [Counter(filter(None, (_value(key, row) for row in rows))) for rows in (patients, deaths)]
    both = {value: (sides[0][value], sides[1][value]) for value in sides[0] if sides[1][value]}
    surplus = {
        value: of_patients * of_deaths - min(of_patients, of_deaths) for value, (of_patients, of_deaths) in both.items()
    }
    total = 0
    dense: dict[Values, int] = {}
    for size in sorted(set(surplus.values())):
        blocks = {value: both[value][0] * both[value][1] for value, number in surplus.items() if number == size}
        total += size * len(blocks)
        if total > most:
            dense |= blocks
    return dense


def _value(key: Values, row: Row) -> Values | None:
    values = tuple(row[name] for name in key)
    return None if any(value is None or pd.isna(value) for value in values) else values
