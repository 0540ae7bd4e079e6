"""Evidence as SQL text: how each pair agrees, as one whole number, and what the model is estimated from.

A pair's code holds its level of agreement on every field and, where it agrees on a value exactly, how common that
value is. There are few codes, so that the model is worked out for each of them, in one place and in one order,
whatever engine holds the pairs. Pure, like `agreement_sql`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import indent

from linkage.deciding_sql import agreement, satisfied
from linkage.measuring_sql import measure
from linkage.rules import EXACT, Cascade, Field

DISAGREE, NONE = "disagree", "none"
COUNTED = ("first_name", "last_name", "middle_name", "birth_date")
"""Fields of which a common value weighs less than a rare one. Two persons may share them by chance."""
BUCKETS, STEPS_PER_BIT = 64, 2
"""How common a value is, in half bits: bucket 20 is a value on one of 2 to the power of 10 records."""
SAMPLED = 400
"""Records of each file of which every pair is compared, to see how strangers agree."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A field as the model sees it: its levels of agreement, closest first, of which the last is disagreement.

    The full name has a level only where names stand in each other's place; its first level is that they do not.
    """

    name: str
    levels: tuple[str, ...]


def weighed_fields(cascade: Cascade) -> tuple[Weighed, ...]:
    """The fields that are weighed, in the order of the rule file's fields.

    >>> from linkage.rule_file import read_rules
    >>> [field.name for field in weighed_fields(read_rules("exact"))][:3]
    ['first_name', 'middle_name', 'last_name']
    """
    return tuple(_weighed(field) for field in cascade.fields.values() if field.name != "full_name" or field.levels)


def _weighed(field: Field) -> Weighed:
    named = [level.name for level in field.levels]
    if field.name == "full_name":
        return Weighed(field.name, (NONE, *named))
    return Weighed(field.name, (EXACT, *named, DISAGREE))


def digits(fields: Sequence[Weighed]) -> list[tuple[str, int]]:
    """What a code is made of, the lowest first: each part with how many values it can have."""
    levels = [(field.name, len(field.levels) + 1) for field in fields]  # not known is one value more
    return levels + [(f"{name}_bucket", BUCKETS) for name in COUNTED]


def coded(cascade: Cascade, *, contacts: bool) -> str:
    """Each pair of the table `pair`: its code, whether a rule that asks for no probability accepts it (`plain`), and
    whether time forbids it."""
    plain = " OR ".join(f"coalesce({satisfied(rule)}, FALSE)" for rule in cascade.rules if rule.probability is None)
    measured = indent(measure(cascade, contacts=contacts, weighed=False, also=_buckets(), joins=_joins()), "    ")
    agreed = ",\n        ".join(["measured.*", *agreement(cascade, weighed=False)])
    return (
        f"WITH measured AS (\n{measured}\n),\nagreed AS (\n    SELECT\n        {agreed}\n    FROM measured\n)\n"
        f"SELECT\n    patient_id,\n    death_id,\n    impossible IS NOT NULL AS is_impossible,\n"
        f"    {plain or 'FALSE'} AS plain,\n    {_code(cascade)} AS code\nFROM agreed"
    )


def _code(cascade: Cascade) -> str:
    fields, unit, parts = weighed_fields(cascade), 1, []
    values = {**dict(_levels(cascade, fields)), **_commonness(cascade)}
    for name, radix in digits(fields):
        parts.append(f"CAST({values[name]} AS BIGINT) * {unit}")
        unit *= radix
    return "\n    + ".join(parts)


def _levels(cascade: Cascade, fields: Sequence[Weighed]) -> Iterator[tuple[str, str]]:
    replaced = _replaced(cascade)
    for field in fields:
        last, agreement = len(field.levels), f"{field.name}_agreement"
        named = " ".join(f"WHEN {agreement} = '{level}' THEN {n}" for n, level in enumerate(field.levels))
        if field.name == "full_name":
            yield field.name, f"CASE WHEN NOT {replaced} THEN 0 {named} ELSE 0 END"
        elif field.name in ("first_name", "middle_name", "last_name"):
            yield field.name, f"CASE WHEN {replaced} THEN {last} {named} ELSE {last} END"
        else:
            yield field.name, f"CASE {named} ELSE {last} END"


def _replaced(cascade: Cascade) -> str:
    """Whether the level of the full name takes the place of first, middle and last name."""
    named = [f"'{level.name}'" for level in cascade.fields["full_name"].levels]
    if not named:
        return "FALSE"
    close = " AND ".join(
        f"{name}_agreement IN ({', '.join(repr(level) for level in (EXACT, *_closest(cascade.fields[name])))})"
        for name in ("first_name", "last_name")
    )
    return f"(full_name_agreement IN ({', '.join(named)}) AND NOT ({close}))"


def _closest(field: Field) -> list[str]:
    return [level.name for level in field.levels[:1]]


def _commonness(cascade: Cascade) -> dict[str, str]:
    """How common what agrees exactly is; and of names in each other's place, the commoner of the two."""
    found = {
        f"{name}_bucket": f"CASE WHEN {name}_agreement = '{EXACT}' THEN coalesce(patient_{name}_bucket, 0) ELSE 0 END"
        for name in COUNTED
    }
    both = {side: f"{side}_first_name_bucket + {side}_last_name_bucket" for side in ("patient", "death")}
    for name in ("first_name", "last_name"):
        commoner = (
            f"CASE WHEN {both['patient']} <= {both['death']} THEN patient_{name}_bucket ELSE death_{name}_bucket END"
        )
        plain = found[f"{name}_bucket"].removeprefix("CASE ")
        found[f"{name}_bucket"] = f"CASE WHEN {_replaced(cascade)} THEN coalesce({commoner}, 0) {plain}"
    found["middle_name_bucket"] = found["middle_name_bucket"].replace(
        "CASE ", f"CASE WHEN {_replaced(cascade)} THEN 0 ", 1
    )
    return found


def _sides(name: str) -> tuple[str, ...]:
    return ("patient", "death") if name in ("first_name", "last_name") else ("patient",)


def _buckets() -> list[str]:
    return [f"{side}_{name}_common.bucket AS {side}_{name}_bucket" for name in COUNTED for side in _sides(name)]


def _joins() -> list[str]:
    return [
        f"LEFT JOIN {name}_common AS {side}_{name}_common ON {side}.{name} = {side}_{name}_common.name"
        for name in COUNTED
        for side in _sides(name)
    ]


def common(bearers: str, records: int) -> str:
    """Each value of a field with its bucket, from a SELECT of values with the number of records that carry each.

    `records` is how many records carry any.

    >>> common("SELECT * FROM bearers", 4)[:86]
    'SELECT name, CASE WHEN records >= 4 THEN 0 WHEN records >= 3 THEN 1 WHEN records >= 2 '
    """
    # Integers decide, so that no engine's logarithm does.
    limits = [math.ceil(records * 2 ** (-(bucket + 0.5) / STEPS_PER_BIT)) for bucket in range(BUCKETS - 1)]
    cases = [
        f"WHEN records >= {limit} THEN {n}" for n, limit in enumerate(limits) if n == 0 or limit < limits[n - 1]
    ]
    return f"SELECT name, CASE {' '.join(cases)} ELSE {BUCKETS - 1} END AS bucket FROM ({bearers}) AS borne"


def sample() -> str:
    """Every pair of `SAMPLED` records of each file. The hash of an id, unlike any order of rows, is the same everywhere."""
    sides = " CROSS JOIN ".join(
        f"(SELECT {side}_id FROM {side} ORDER BY md5({side}_id), {side}_id LIMIT {SAMPLED}) AS {side}_drawn"
        for side in ("patient", "death")
    )
    return f"SELECT patient_id, death_id FROM {sides}"


def levels_only(code: str, fields: Sequence[Weighed]) -> str:
    """A code without how common its values are."""
    return f"{code} % {math.prod(len(field.levels) + 1 for field in fields)}"
