"""Explain why a patient was linked or not. Explanations say how fields agree, and never contain their values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from linkage.engines import Engine
from linkage.errors import InputError
from linkage.method import agreement_sql, decide_sql
from linkage.method.columns import SIDES
from linkage.method.compare_sql import weights
from linkage.method.decide import FATES
from linkage.method.decide_sql import MILLION
from linkage.method.evidence_levels import DISAGREE, PER_BIT
from linkage.printing import counted
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade
from linkage.run.unmet_conditions import closest_rule


@dataclass(frozen=True)
class PairExplained:
    """The explanation of one pair: the agreement of each field, the blocking keys met, and the rule satisfied or the
    missing conditions of the closest rule. `bits` are the weights of fields, if the cascade uses probabilities."""

    death_id: str
    blocking_keys: str
    agreement: dict[str, str]
    rule: str | None
    impossible: str | None
    missing: str
    probability: float | None = None
    bits: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        # The levels of the full name are those of swapped names.
        agree = ", ".join(
            f"{field.replace('_', ' ')} {'disagrees' if level == DISAGREE else level.replace('_', ' ')}"
            for field, level in self.agreement.items()
            if field != "full_name" or level not in (EXACT, NOT_KNOWN, DISAGREE)
        )
        verdict = f"satisfies {self.rule}" if self.rule else f"satisfies no rule; {self.missing}"
        time = f"; but {self.impossible}" if self.impossible else ""
        keys = self.blocking_keys or "none, so it is not a candidate"
        weighed = self._weighed()
        return f"  death {self.death_id}: {verdict}{time}\n    keys met: {keys}\n    {agree}{weighed}"

    def _weighed(self) -> str:
        """The probability and the contribution of each field to it, in bits."""
        if self.probability is None:
            return ""
        parts = ", ".join(f"{name.replace('_', ' ')} {bits:+.3f}" for name, bits in self.bits.items() if bits)
        total = sum(self.bits.values())
        return f"\n    probability {self.probability:.6f}, with its rivals; without them {total:+.3f} bits = {parts}"


@dataclass(frozen=True)
class Explanation:
    """The fate of a patient, with all pairs examined, closest agreement first.

    >>> pair = PairExplained("40", "ssn", {"ssn": "exact", "birth_date": "disagree"}, None, None, "R3 needs birth date")
    >>> print(Explanation("7", "not linked: no rule satisfied", (pair,)))
    Patient 7: not linked: no rule satisfied.
      death 40: satisfies no rule; R3 needs birth date
        keys met: ssn
        ssn exact, birth date disagrees
    """

    patient_id: str
    fate: str
    pairs: tuple[PairExplained, ...]

    def __str__(self) -> str:
        head = f"Patient {self.patient_id}: {self.fate}."
        return "\n".join([head, *(str(pair) for pair in self.pairs)])


def why_not_linked(explained: Explanation, holders: Mapping[str, str]) -> str:
    """A sentence that says why a patient has no link. `holders` maps each linked death to its patient."""
    patient, pairs = f"Patient {explained.patient_id}", explained.pairs
    fate = explained.fate.removeprefix("not linked: ")
    if fate == explained.fate:
        return f"{patient} is {fate}."
    if fate == FATES[0]:
        return f"{patient} shares no blocking key with any death."
    if fate == FATES[1]:
        closest = min(pairs, key=lambda pair: pair.missing.count("("))
        of = "The only candidate is" if len(pairs) == 1 else f"The closest of {len(pairs):,} candidates is"
        return f"{patient} satisfies no rule. {of} death {closest.death_id}: {closest.missing}."
    options = [f"death {pair.death_id} by {pair.rule}{_but(pair, holders)}" for pair in pairs if pair.rule is not None]
    held = " The pairs are tied, so they are held for review." if fate == FATES[4] else ""
    return f"{patient} would be linked to {' or to '.join(options)}.{held}"


def _but(pair: PairExplained, holders: Mapping[str, str]) -> str:
    if pair.impossible:
        return f", but this is impossible in time ({pair.impossible})"
    return f", but it was linked to patient {holders[pair.death_id]}" if pair.death_id in holders else ""


Asked = tuple[str, str | None]
"""A patient and a death; None for every death with which the patient shares a blocking key."""


def explain_patients(engine: Engine, cascade: Cascade, contacts: bool, asked: Sequence[Asked]) -> list[Explanation]:
    """Compare each patient with a death, or with every death that shares a blocking key, in one query.

    Raises InputError if there is no such patient or death.
    """
    ids: dict[str, Sequence[Any]] = {
        "patient_id": [patient for patient, _ in asked],
        "death_id": [death for _, death in asked],
    }
    engine.insert("asked", ids, dict.fromkeys(_IDS, "STRING"))
    for side in SIDES:
        _require(engine, side)
    whole = "(SELECT DISTINCT patient_id FROM asked WHERE death_id IS NULL) AS whole"
    # One join per key, so that each is an equi-join.
    chosen = " UNION ".join([
        "SELECT patient_id, death_id FROM asked WHERE death_id IS NOT NULL",
        *(
            f"SELECT patient.patient_id, death.death_id FROM {whole} JOIN patient"
            f" ON whole.patient_id = patient.patient_id JOIN death ON {agreement_sql.same(key)}"
            for key in cascade.keys
        ),
    ])  # fmt: skip
    pairs: dict[str, list[PairExplained]] = {}
    for patient, pair in _compared(engine, cascade, contacts, chosen):
        pairs.setdefault(patient, []).append(pair)
    fates = _fates(engine)
    engine.drop("asked")
    return [
        Explanation(patient, fates[patient], tuple(pair for pair in pairs.get(patient, ()) if _is_asked(pair, death)))
        for patient, death in asked
    ]


def _is_asked(pair: PairExplained, death: str | None) -> bool:
    return bool(pair.blocking_keys) if death is None else pair.death_id == death


def explain_pairs(
    engine: Engine, cascade: Cascade, contacts: bool, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], PairExplained]:
    """Explain many pairs (patient_id, death_id) at once. Pairs whose patient or death is not in the run are left
    out."""
    patients, deaths = zip(*pairs, strict=True) if (pairs := list(pairs)) else ((), ())
    engine.insert("asked", {"patient_id": patients, "death_id": deaths}, dict.fromkeys(_IDS, "STRING"))
    known = " JOIN ".join(["asked", *(f"{side} ON asked.{side}_id = {side}.{side}_id" for side in SIDES)])
    found = _compared(engine, cascade, contacts, f"SELECT asked.* FROM {known}")
    engine.drop("asked")
    return {(patient, pair.death_id): pair for patient, pair in found}


_IDS = ("patient_id", "death_id")


def _require(engine: Engine, side: str) -> None:
    missing = engine.rows(
        f"SELECT DISTINCT asked.{side}_id FROM asked LEFT JOIN {side} ON asked.{side}_id = {side}.{side}_id"
        f" WHERE asked.{side}_id IS NOT NULL AND {side}.{side}_id IS NULL ORDER BY asked.{side}_id"
    )
    if missing:
        others = f" {len(missing) - 1:,} more requested ids are missing too." if len(missing) > 1 else ""
        raise InputError(
            f"There is no {side} {missing[0][0]} among the rows used. See whether it is listed in rejected.{others}"
        )


def _fates(engine: Engine) -> dict[str, str]:
    """The fate of each patient in the table `asked`."""
    fates = {
        str(patient): f"not linked: {FATES[stage or 0]}"
        for patient, stage in engine.rows(
            "SELECT asked.patient_id, stage FROM asked LEFT JOIN fate ON asked.patient_id = fate.patient_id"
        )
    }
    linked = engine.rows(
        "SELECT link.patient_id, link.death_id, rule, runner_up_death_id, runner_up_rule, margin_rules, margin_field"
        " FROM link WHERE link.patient_id IN (SELECT patient_id FROM asked)"
    )
    for patient, death, rule, second, second_rule, margin, closer in linked:
        fates[str(patient)] = f"linked to death {death} by {rule}, with no runner-up"
        if second is not None:
            gap = f"{counted(margin, 'rule')} apart" if margin else f"less close by {closer.replace('_', ' ')}"
            fates[str(patient)] = (
                f"linked to death {death} by {rule}; the runner-up was a pair with death {second} by {second_rule},"
                f" {gap}"
            )
    return fates


def _compared(engine: Engine, cascade: Cascade, contacts: bool, chosen: str) -> list[tuple[str, PairExplained]]:
    """The pairs of a SELECT (patient_id, death_id), each with its patient, closest agreement first."""
    # Of a crowd of equal records, the run compared only the representatives.
    asked = (
        f"SELECT chosen.patient_id AS asked_patient, chosen.death_id AS asked_death,"
        " coalesce(patient_alike.kept_id, chosen.patient_id) AS patient_id,"
        f" coalesce(death_alike.kept_id, chosen.death_id) AS death_id FROM ({chosen}) AS chosen"
        " LEFT JOIN patient_alike ON chosen.patient_id = patient_alike.patient_id"
        " LEFT JOIN death_alike ON chosen.death_id = death_alike.death_id"
    )
    pairs = f"(SELECT DISTINCT patient_id, death_id FROM ({asked}) AS kept) AS pair"
    select = decide_sql.compare(cascade, accepted_only=False, contacts=contacts, pairs=pairs)
    fields = [field.name for field in cascade.compared]
    columns = [f"{name}_agreement" for name in fields] + [f"{name}_records" for name in cascade.counted]
    columns += weights(cascade)
    listed = ", ".join(f"compared.{column}" for column in columns)
    # Whether a candidate is unique cannot be determined from these pairs, so candidates have the rule that the run
    # stored.
    rows = engine.rows(
        "SELECT pair_asked.asked_patient, pair_asked.asked_death, compared.blocking_keys,"
        " CASE WHEN compared.blocking_keys = '' THEN compared.rule_position ELSE decided.rule_position END AS position,"
        f" compared.impossible, {listed} FROM ({select}) AS compared JOIN ({asked}) AS pair_asked"
        " ON compared.patient_id = pair_asked.patient_id AND compared.death_id = pair_asked.death_id"
        " LEFT JOIN decided"
        " ON compared.patient_id = decided.patient_id AND compared.death_id = decided.death_id"
        " ORDER BY coalesce(position, 1000000), length(asked_death), asked_death"
    )
    last, weighed = 5 + len(fields), 5 + len(fields) + len(cascade.counted)
    return [
        (str(row[0]), _pair(cascade, row[1:5], row[5:last], row[last:weighed], _weights(cascade, row[weighed:])))
        for row in rows
    ]


Weights = tuple[float | None, dict[str, float]]


def _weights(cascade: Cascade, row: Sequence[int | None]) -> Weights:
    """The probability of a pair and its bits; pairs that cannot reach the limit of any rule have none."""
    found = dict(zip(weights(cascade), row, strict=True))
    millionths = found.pop("millionths", None)
    if millionths is None:
        return None, {}
    found.pop("bits")
    return millionths / MILLION, {name.removesuffix("_bits"): (value or 0) / PER_BIT for name, value in found.items()}


def _pair(
    cascade: Cascade,
    row: Sequence[str | int | None],
    agreements: Sequence[str],
    records: Sequence[int | None],
    weighed: Weights,
) -> PairExplained:
    death, keys, position, impossible = row
    agreement = dict(zip((field.name for field in cascade.compared), agreements, strict=True))
    rule = cascade.rules[int(position) - 1].id if position else None
    counted = dict(zip(cascade.counted, records, strict=True))
    missing = "" if position else closest_rule(cascade, agreement, counted, weighed[0])
    return PairExplained(
        str(death), str(keys), agreement, rule, None if impossible is None else str(impossible), missing, *weighed
    )
