"""Evidence as SQL text: the agreement of each pair as one whole number, and the counts from which the model is
estimated.

The code of a pair contains its level of agreement on every field and, for exact agreement, the frequency of the value;
for similar names, that of the rarer one.
There are few distinct codes, so the model is evaluated once per code, in one place and one order, whichever engine has
the pairs. Pure, like `agreement_sql`.
"""

from collections.abc import Iterator, Sequence
from textwrap import indent

from linkage.method.agreement_sql import meets
from linkage.method.block_sql import exact_columns
from linkage.method.columns import SIDES
from linkage.method.compare_sql import impossible, level, measure
from linkage.method.decide_sql import agreement, satisfied
from linkage.method.evidence_levels import (
    COUNTED,
    HASH_DIGITS,
    NAMES,
    PARTIAL_DATE,
    RARITY_FIELDS,
    RARITY_STEPS,
    SAMPLED,
    STRIKING_KEYS,
    Weighed,
    digits,
    weighed_fields,
)
from linkage.rules.cascade import Cascade, Field


def coded(cascade: Cascade, *, contacts: bool) -> str:
    """For each pair: its code, whether a rule without a limit on probability accepts it (`plain`), and whether its
    dates are impossible."""
    plain = " OR ".join(f"coalesce({satisfied(rule)}, FALSE)" for rule in cascade.rules if rule.probability is None)
    where = worth_weighing(cascade, contacts=contacts)
    measured = measure(
        cascade,
        contacts=contacts,
        weighed=False,
        keys=False,
        measures=bool(plain),
        also=_also(cascade),
        joins=_joins(),
        where=where,
    )
    agreed = _agreed(cascade, measured, agreement(cascade, weighed=False) if plain else [])
    return (
        f"{agreed}\nSELECT\n    patient_id,\n    death_id,\n"
        f"    impossible IS NOT NULL AS is_impossible,\n    {plain or 'FALSE'} AS plain,\n"
        f"    {_code(cascade)} AS code\nFROM agreed"
    )


def coded_pairs(cascade: Cascade, pairs: str) -> str:
    """For each pair of a table, its code alone: strangers are counted by it."""
    measured = measure(
        cascade,
        contacts=False,
        weighed=False,
        keys=False,
        measures=False,
        also=_also(cascade),
        joins=_joins(),
        pairs=f"{pairs} AS pair",
    )
    return f"{_agreed(cascade, measured)}\nSELECT\n    {_code(cascade)} AS code\nFROM agreed"


def _agreed(cascade: Cascade, measured: str, further: Sequence[str] = ()) -> str:
    columns = ",\n        ".join(["measured.*", f"{_replaced(cascade)} AS is_replaced", *further])
    return (
        f"WITH measured AS (\n{indent(measured, '    ')}\n),\n"
        f"agreed AS (\n    SELECT\n        {columns}\n    FROM measured\n)"
    )


def worth_weighing(cascade: Cascade, *, contacts: bool) -> str:
    """The condition on pairs that are weighed: their dates are possible, or they agree on one of `STRIKING_KEYS`.

    Empty, for all pairs, if a rule that accepts pairs by their agreement requires less.
    """
    required = [exact_columns(rule) for rule in cascade.rules if not rule.by_evidence]
    if not all(any(exact.issuperset(key) for key in STRIKING_KEYS) for exact in required):
        return ""
    return " OR ".join([f"{impossible(cascade, contacts)} IS NULL", *map(meets, STRIKING_KEYS)])


def _code(cascade: Cascade) -> str:
    fields, unit, parts = weighed_fields(cascade), 1, []
    values = dict(_levels(fields)) | _commonness(cascade) | {PARTIAL_DATE: _partial_date(cascade)}
    for name, radix in digits(fields):
        parts.append(f"CAST({values[name]} AS BIGINT) * {unit}")
        unit *= radix
    return "\n    + ".join(parts)


def _levels(fields: Sequence[Weighed]) -> Iterator[tuple[str, str]]:
    for field in fields:
        if field.name == "full_name":
            yield field.name, "CASE WHEN is_replaced THEN full_name_level ELSE 0 END"
        elif field.name in NAMES:
            yield field.name, f"CASE WHEN is_replaced THEN {len(field.levels)} ELSE {field.name}_level END"
        else:
            yield field.name, f"{field.name}_level"


def _replaced(cascade: Cascade) -> str:
    """Whether the level of the full name replaces those of first, middle and last name."""
    named = len(cascade.fields["full_name"].levels)
    if not named:
        return "FALSE"
    close = (f"{name}_level <= {min(len(cascade.fields[name].levels), 1)}" for name in RARITY_FIELDS)
    return f"(full_name_level BETWEEN 1 AND {named} AND NOT ({' AND '.join(close)}))"


def _commonness(cascade: Cascade) -> dict[str, str]:
    """The frequency of a value that agrees exactly; for swapped names, that of the more common one, and for similar
    names, the class of that of the rarer one."""
    patients, deaths = (f"{side}_first_name_bucket + {side}_last_name_bucket" for side in SIDES)
    found = {}
    for name in COUNTED:
        swapped = "WHEN is_replaced THEN 0 " if name in NAMES else ""
        if name in RARITY_FIELDS:
            commoner = f"CASE WHEN {patients} <= {deaths} THEN patient_{name}_bucket ELSE death_{name}_bucket END"
            swapped = f"WHEN is_replaced THEN coalesce({commoner}, 0) "
        found[f"{name}_bucket"] = f"CASE {swapped}{_of_values(cascade.fields[name])}ELSE 0 END"
    return found


def _of_values(field: Field) -> str:
    exact = f"WHEN {field.name}_level = 0 THEN coalesce(patient_{field.name}_bucket, 0) "
    if field.name not in RARITY_FIELDS or not field.levels:
        return exact
    rarer = f"greatest(patient_{field.name}_bucket, death_{field.name}_bucket)"
    similar = f"{field.name}_level BETWEEN 1 AND {len(field.levels)}"
    return f"{exact}WHEN {similar} THEN coalesce({rarer} - {rarer} % {RARITY_STEPS}, 0) "


def _sides(name: str) -> tuple[str, ...]:
    return SIDES if name in RARITY_FIELDS else ("patient",)


def _partial_date(cascade: Cascade) -> str:
    not_known = len(cascade.fields["birth_date"].levels) + 2
    return f"CASE WHEN lacks_birth_date AND birth_date_level < {not_known} THEN 1 ELSE 0 END"


def _also(cascade: Cascade) -> list[str]:
    """Further columns of a pair, for its code."""
    buckets = [f"{side}_{name}_common.bucket AS {side}_{name}_bucket" for name in COUNTED for side in _sides(name)]
    levels = map(level, cascade.compared)
    return [*levels, *buckets, "(patient.birth_date IS NULL OR death.birth_date IS NULL) AS lacks_birth_date"]


def _joins() -> list[str]:
    return [
        f"LEFT JOIN {name}_common AS {side}_{name}_common ON {side}.{name} = {side}_{name}_common.name"
        for name in COUNTED
        for side in _sides(name)
    ]


def value_counts(name: str) -> str:
    """The number of patients and of deaths with each value of a field."""
    counts = " UNION ALL ".join(
        f"SELECT {side}.{name} AS name, {patients} AS patients, {1 - patients} AS deaths FROM {side}"
        for side, patients in (("patient", 1), ("death", 0))
    )
    return (
        f"SELECT name, sum(patients) AS patients, sum(deaths) AS deaths FROM ({counts}) AS borne"
        " WHERE name IS NOT NULL GROUP BY name"
    )


def sample(patients: int, deaths: int) -> str:
    """All pairs of about `SAMPLED` records drawn from each file.

    Records are drawn by the hash of their id, which does not depend on row order.

    >>> drawn_below(1_600), drawn_below(100)
    ('400000', 'g')
    """
    sides = " CROSS JOIN ".join(
        f"(SELECT {side}_id FROM {side} WHERE substr(md5({side}_id), 1, {HASH_DIGITS}) < '{drawn_below(records)}')"
        f" AS {side}_drawn"
        for side, records in (("patient", patients), ("death", deaths))
    )
    return f"SELECT patient_id, death_id FROM {sides}"


def drawn_below(records: int) -> str:
    """The upper bound on the hash that selects about `SAMPLED` of the given number of records, or all of them if
    fewer."""
    if records <= SAMPLED:
        return "g"  # greater than every hexadecimal digit
    return f"{16**HASH_DIGITS * SAMPLED // records:0{HASH_DIGITS}x}"
