"""Comparison as SQL text, second half: agreement by field, and the first rule that each measured pair satisfies.

Pure, like `agreement_sql`.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from textwrap import indent

from linkage.method.agreement_sql import within
from linkage.method.columns import SIDES
from linkage.method.compare_sql import measure, weights
from linkage.quoting import literal
from linkage.rules.cascade import EVIDENCE, NOT_KNOWN, Cascade, Field, Line, Rule
from linkage.values.measures import MEASURES

# A closeness code orders the agreement of a field: by level, then by line of the rule file, then by value.
_LEVEL, _LINE, _SIMILARITY = 10_000_000, 100_000, 10_000
MILLION = 1_000_000
"""Probabilities are whole numbers of millionths, because engines can differ in the last bit of a fraction."""
_BREAK = ",\n    "
_DEEPER = "\n        "


def compare(cascade: Cascade, *, accepted_only: bool = True, contacts: bool = True, pairs: str = "pair") -> str:
    """Compare every pair of the table `pair`, or of another relation of that name: agreement, closeness, first rule
    satisfied, and whether its dates are possible.

    With `accepted_only`, pairs that satisfy no rule are left out.
    """
    measured = indent(measure(cascade, contacts=contacts, pairs=pairs), "    ")
    return f"WITH measured AS (\n{measured}\n),\n{decide(cascade, accepted_only=accepted_only)}"


def decide(cascade: Cascade, *, accepted_only: bool = True, every_rule: bool = False) -> str:
    """The rest of a query whose WITH defines `measured`: agreement by field, and the first rule satisfied.

    Whether a pair is unique is determined among the pairs of `measured`. With `every_rule`, a pair has one row for each
    rule that it satisfies, not only for the first.
    """
    closeness = [f"{name}_closeness" for name in cascade.closeness]
    columns = ["patient_id", "death_id", "rule_position", "impossible", *reasons(cascade), *closeness]
    agreed = agreement(cascade)
    unique = [position for position, rule in enumerate(cascade.rules, start=1) if rule.unique]
    rules = [f"WHEN {_wanted(rule, place)} THEN {place}" for place, rule in enumerate(cascade.rules, start=1)]
    keys = ", ".join(f"CASE WHEN key_{n} THEN '{'+'.join(key)}' END" for n, key in enumerate(cascade.keys))
    kept = "\nWHERE rule_position IS NOT NULL" if accepted_only else ""
    steps = [_step("agreed", agreed, "measured")]
    if unique:
        steps += _judged_together(cascade, unique, accepted_only)
    satisfied = f"CASE{_DEEPER}{_DEEPER.join(rules)}{_DEEPER}END"
    if every_rule:
        each = ", ".join(f"CASE {rule} END" for rule in rules)
        satisfied = f"unnest(list_filter([{each}], lambda rule: rule IS NOT NULL))"
    steps.append(_step("decided", [f"{satisfied} AS rule_position"], f"met{_RIVALS}" if unique else "agreed"))
    return (
        ",\n".join(steps) + f"\nSELECT\n    {_BREAK.join(columns)},\n"
        f"    concat_ws('; ', {keys}) AS blocking_keys\nFROM decided{kept}"
    )


def _judged_together(cascade: Cascade, unique: Sequence[int], accepted_only: bool) -> Iterator[str]:
    """CTEs that mark which rules with `unique` each pair meets, and whether it has rivals under each of them.

    Pairs that no rule accepts are removed by a join with the rules, not by WHERE. DuckDB 2.0 evaluates a WHERE
    expression twice, and inlines a CTE without a join at every reference; `met` has three references.
    """
    met = [f"coalesce({satisfied(cascade.rules[n - 1])}, FALSE) AS meets_{n}" for n in unique]
    if not accepted_only:
        yield _step("met", met, "agreed")
    else:
        yield _step("flagged", met, "agreed")
        every = [
            f"WHEN {f'meets_{place}' if rule.unique else satisfied(rule)} THEN {place}"
            for place, rule in enumerate(cascade.rules, start=1)
        ]
        yield _step("placed", [f"CASE{_DEEPER}{_DEEPER.join(every)}{_DEEPER}END AS place"], "flagged")
        rules = ", ".join(f"({place})" for place in range(1, len(cascade.rules) + 1))
        yield _step("met", [], f"placed\n    JOIN (VALUES {rules}) AS rule(number) ON placed.place = rule.number")
    yield from _rivals(unique)


def agreement(cascade: Cascade, *, weighed: bool = True) -> list[str]:
    """The columns of agreement and closeness by field for a measured pair and, if evidence is weighed, its
    closeness."""
    asked = {
        (condition.field, level) for rule in cascade.rules for condition in rule.agree for level in condition.levels
    }
    found = [column for field in cascade.compared for column in _agreed(cascade, field, asked)]
    if cascade.weighs and weighed:
        found.append(f"coalesce(-bits, {_LEVEL}) AS {EVIDENCE}_closeness")  # a pair without evidence ranks last
    return found


def reasons(cascade: Cascade) -> list[str]:
    """The columns that say why a pair satisfies a rule: evidence, how rare its names are, agreement by field, and
    measures."""
    columns = [*weights(cascade), *(f"{name}_records" for name in cascade.counted)]
    for field in cascade.compared:
        columns += [f"{field.name}_agreement", *(f"{field.name}_{measure}" for measure in field.measures)]
    return columns


def rule_id(cascade: Cascade, position: str) -> str:
    """The id of the rule at a position.

    >>> from linkage import read_rules
    >>> rule_id(read_rules("exact"), "rule_position")
    "CASE rule_position WHEN 1 THEN 'E1' WHEN 2 THEN 'E2' WHEN 3 THEN 'E3' END"
    """
    ids = " ".join(f"WHEN {n} THEN {literal(rule.id)}" for n, rule in enumerate(cascade.rules, start=1))
    return f"CASE {position} {ids} END"


def bare(cascade: Cascade, decided: str) -> str:
    """The SELECT of only those columns of decided pairs that assignment needs: a small part of all columns."""
    closeness = [f"{name}_closeness" for name in cascade.closeness]
    needed = ["patient_id", "death_id", "rule_position", "impossible", *closeness]
    return f"SELECT {', '.join(needed)} FROM (\n{decided}\n) AS decided"


def _step(name: str, columns: Sequence[str], table: str) -> str:
    listed = f",{_DEEPER}".join([f"{table.split()[0]}.*", *columns])
    return f"{name} AS (\n    SELECT\n        {listed}\n    FROM {table}\n)"


_RIVALS = "".join(f"\n    LEFT JOIN {side}_rivals ON met.{side}_person = {side}_rivals.{side}_person" for side in SIDES)


def _wanted(rule: Rule, position: int) -> str:
    if not rule.unique:
        return satisfied(rule)
    # A pair with impossible dates has no rivals, so only its conditions count.
    alone = f"(patient_rivals.alone_{position} AND death_rivals.alone_{position})"
    return f"meets_{position} AND (impossible IS NOT NULL OR {alone})"


def _rivals(unique: Sequence[int]) -> Iterator[str]:
    """For each person and rule, whether all pairs that meet the rule and have possible dates are with one other
    person."""
    for side, other in (("patient", "death"), ("death", "patient")):
        met = [f"CASE WHEN meets_{n} THEN {other}_person END" for n in unique]
        alone = [f"min({pair}) = max({pair}) AS alone_{n}" for n, pair in zip(unique, met, strict=True)]
        listed = f",{_DEEPER}".join([f"{side}_person", *alone])
        any_met = " OR ".join(f"meets_{n}" for n in unique)
        yield (
            f"{side}_rivals AS (\n    SELECT\n        {listed}\n    FROM met\n"
            f"    WHERE impossible IS NULL AND ({any_met})\n    GROUP BY {side}_person\n)"
        )


def _agreed(cascade: Cascade, field: Field, asked: Collection[tuple[str, str]]) -> list[str]:
    """The agreement of a field, whether it meets each level that a rule asks for, and its closeness if that ranks
    pairs."""
    exact, columns = f"{field.name}_is_exact", []
    for level in (one for one in field.levels if (field.name, one.name) in asked):
        met = [exact, *(_met(field, line) for line in level.lines)]
        columns.append(f"({' OR '.join(met)}) AS {field.name}_is_{level.name}")
    met = [f"WHEN {_met(field, line)} THEN '{level.name}'" for level in field.levels for line in level.lines]
    text = [f"WHEN {exact} THEN 'exact'", *met, f"WHEN {field.name}_is_not_known THEN 'not_known'"]
    columns.append(f"CASE {' '.join(text)} ELSE 'disagree' END AS {field.name}_agreement")
    return [*columns, _closeness(field)] if field.name in cascade.closeness else columns


def _closeness(field: Field) -> str:
    code, last = [f"WHEN {field.name}_is_exact THEN 0"], len(field.levels) + 1
    for number, level in enumerate(field.levels, start=1):
        code += [
            f"WHEN {_met(field, line)} THEN {number * _LEVEL + place * _LINE}{_distance(field, line)}"
            for place, line in enumerate(level.lines)
        ]
    code.append(f"WHEN {field.name}_is_not_known THEN {last * _LEVEL}")
    return f"CASE {' '.join(code)} ELSE {(last + 1) * _LEVEL} END AS {field.name}_closeness"


def _met(field: Field, line: Line) -> str:
    return f"coalesce({within(line, f'{field.name}_{line.measure}')}, FALSE)"


def _distance(field: Field, line: Line) -> str:
    way, value = MEASURES[line.measure].limit, f"{field.name}_{line.measure}"
    if way is None:
        return ""
    if line.measure == "jaro_winkler_similarity":
        return f" + {_SIMILARITY} - CAST(floor({value} * {_SIMILARITY} + 0.5) AS INTEGER)"
    return f" + 100 - {value}" if way == "at_least" else f" + {value}"


def millionths(probability: float) -> int:
    """The least number of millionths that is at least this probability.

    >>> millionths(0.9), millionths(0.1234567)
    (900000, 123457)
    """
    return math.ceil(round(probability * MILLION, 6))


def satisfied(rule: Rule) -> str:
    """The condition of a rule on the columns of an agreed pair."""
    conditions = []
    for condition in rule.agree:
        # By agreement, not by FIELD_is_not_known: a partial date is not known, but can meet a level.
        flags = [
            f"{condition.field}_agreement = 'not_known'" if level == NOT_KNOWN else f"{condition.field}_is_{level}"
            for level in condition.levels
        ]
        conditions.append(flags[0] if len(flags) == 1 else f"({' OR '.join(flags)})")
    conditions += [f"{rarity.field}_records <= {rarity.at_most}" for rarity in rule.rare]
    if rule.probability is not None:
        conditions.append(f"millionths >= {millionths(rule.probability)}")
    return " AND ".join(conditions)
