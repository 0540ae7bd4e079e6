"""A cascade as SQL text: which pairs to make, how to compare them, and which rule each satisfies.

Pure: no connection, no engine, no files. The text is plain SELECT, kept as golden files in
`tests/golden/`, and means the same to every engine that knows the house functions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkage.columns import column
from linkage.measures import MEASURES
from linkage.rules import EXACT, NOT_KNOWN, Cascade, Condition, Field, Line, Rule
from linkage.splits import Split, splits_of

Key = tuple[str, ...]

# A closeness code orders agreement within a field: level, then line of the rule file, then value.
_LEVEL, _LINE, _SIMILARITY = 10_000_000, 100_000, 10_000
# What else of a field can speak against a pair when the field itself is not known.
_CONFLICTS = {"ssn": ("ssn_last_four",), "birth_date": ("birth_year", "birth_month", "birth_day")}


def same(names: Iterable[str]) -> str:
    """Both sides agree exactly on these columns.

    >>> same(["ssn"])
    'patient.ssn = death.ssn'
    """
    return " AND ".join(f"{column('patient', name)} = {column('death', name)}" for name in names)


def meets(key: Key) -> str:
    """Whether a pair meets a key, as TRUE or FALSE and never NULL."""
    return f"coalesce({same(key)}, FALSE)"


def block(cascade: Cascade, key: Key, earlier: Sequence[Key], at_most: int) -> str:
    """The pairs that meet a key and none of the earlier ones, cut off after `at_most` of them.

    `acceptable` says whether the pair meets all that some rule demands exactly, and so whether it is
    worth comparing.
    """
    others = "".join(f"\n    AND NOT {meets(other)}" for other in earlier)
    return (
        f"SELECT patient.patient_id, death.death_id, {_acceptable(cascade, key)} AS acceptable\n"
        f"FROM patient\nJOIN death ON {same(key)}{others}\nLIMIT {at_most}"
    )


def _acceptable(cascade: Cascade, key: Key) -> str:
    """What some rule demands of a pair that meets a key: its exact fields, and similar numbers."""
    demands = {(frozenset(_exact_columns(rule) - set(key)), _telling(cascade, rule)) for rule in cascade.rules}
    least = [
        (exact, telling)
        for exact, telling in demands
        if not any(other != (exact, telling) and other[0] <= exact and other[1] in ("", telling) for other in demands)
    ]
    if (frozenset(), "") in least:
        return "TRUE"
    cases = []
    for exact, telling in sorted(least, key=lambda demand: (demand[1] != "", sorted(demand[0]), demand[1])):
        met = [same(sorted(exact))] if exact else []
        cases.append(f"WHEN {' AND '.join([*met, *([f'({telling})'] if telling else [])])} THEN TRUE")
    return f"CASE {' '.join(cases)} ELSE FALSE END"


def _telling(cascade: Cascade, rule: Rule) -> str:
    """What a rule demands of birth date and SSN short of exact agreement, where both must be known."""
    conditions = [
        f"({_proposed(cascade, condition)}({_accepts(cascade.fields[condition.field], condition)}))"
        for condition in rule.agree
        if condition.field in ("birth_date", "ssn")
        and condition.levels != (EXACT,)
        and NOT_KNOWN not in condition.levels
    ]
    return " AND ".join(sorted(conditions))


def _proposed(cascade: Cascade, condition: Condition) -> str:
    """A common piece, which costs less to see than the measure that it must precede."""
    field = cascade.fields[condition.field]
    splits = splits_of(field, condition.levels)
    if splits is None:
        return ""
    ways = sorted(" AND ".join(f"{patient} = {death}" for patient, death in sorted(split)) for split in splits)
    pieces = "(" + " OR ".join(f"({way})" for way in ways) + ") AND "
    if field.kind != "date" or any(line.measure == "same_year_and_month" for line in field.lines):
        return pieces
    # Every slip touches either the four digits of the year or the four of month and day.
    return f"digits_changed({column('patient', field.name)}, {column('death', field.name)}) <= 4 AND {pieces}"


def pairs_agreeing_on(names: Iterable[str]) -> str:
    """How many pairs agree on these columns, from the sizes of groups alone."""
    names = sorted(names)
    listed = ", ".join(f"{column('death', name)} AS c{n}" for n, name in enumerate(names))
    known = " AND ".join(f"{column('death', name)} IS NOT NULL" for name in names)
    agree = " AND ".join(f"{column('patient', name)} = grouped.c{n}" for n, name in enumerate(names))
    grouped = ", ".join(f"c{n}" for n in range(len(names)))
    return (
        "SELECT coalesce(sum(grouped.deaths), 0)\nFROM patient\nJOIN (\n"
        f"    SELECT {grouped}, count(*) AS deaths\n    FROM (SELECT {listed} FROM death WHERE {known}) AS named\n"
        f"    GROUP BY {grouped}\n) AS grouped ON {agree}"
    )


@dataclass(frozen=True, slots=True)
class Join:
    """One way into a large block: exact equalities, and what the pair must also meet."""

    equalities: Split
    condition: str
    rule: str


def large_joins(cascade: Cascade, large: Key, small: Sequence[Key], split: bool) -> list[Join]:
    """How each rule reaches the pairs of a large block that it can accept.

    Pairs that also meet a small key are found there, so a rule that demands such a key is left out.
    With `split`, a rule whose exact fields are names alone is joined on the pieces of its date or
    SSN instead, by the lemmas in `splits`.
    """
    joins: set[Join] = set()
    for rule in cascade.rules:
        exact = _exact_columns(rule)
        if any(set(key) <= exact for key in small):
            continue
        base = frozenset((column("patient", name), column("death", name)) for name in exact | set(large))
        telling = [condition for condition in rule.agree if condition.field in ("birth_date", "ssn")]
        met = " AND ".join(f"({_accepts(cascade.fields[c.field], c)})" for c in telling) or "TRUE"
        pieces = _pieces(cascade, telling) if split and not exact & {"birth_date", "ssn"} else None
        joins |= {Join(base | piece, met, rule.id) for piece in pieces or [frozenset()]}
    return sorted(
        (join for join in joins if not _is_covered(join, joins)),
        key=lambda join: (join.rule, sorted(join.equalities)),
    )


def _exact_columns(rule: Rule) -> set[str]:
    exact = {condition.field for condition in rule.agree if condition.levels == (EXACT,)}
    return exact - {"full_name"} | ({"first_name", "last_name"} if "full_name" in exact else set())


def _pieces(cascade: Cascade, telling: Sequence[Condition]) -> set[Split] | None:
    # Birth dates first: every record has one.
    for condition in sorted(telling, key=lambda condition: condition.field):
        if pieces := splits_of(cascade.fields[condition.field], condition.levels):
            return pieces
    return None


def _is_covered(join: Join, joins: Iterable[Join]) -> bool:
    return any(
        other != join
        and other.equalities <= join.equalities
        and other.condition in (join.condition, "TRUE")
        and (other.equalities < join.equalities or other.condition != join.condition or other.rule < join.rule)
        for other in joins
    )


def join_select(join: Join, earlier: Sequence[Key]) -> str:
    """The pairs of one join that meet none of the small keys."""
    agree = " AND ".join(f"{patient} = {death}" for patient, death in sorted(join.equalities))
    others = "".join(f"\n    AND NOT {meets(key)}" for key in earlier)
    return (
        f"SELECT patient.patient_id, death.death_id\nFROM patient\nJOIN death ON {agree}\n"
        f"WHERE {join.condition}{others}"
    )


def _line_met(field: Field, line: Line) -> str:
    measure = MEASURES[line.measure]
    value = f"{_value(field, line)}"
    if measure.limit is None:
        return value
    return f"{value} {'>=' if measure.limit == 'at_least' else '<='} {line.limit!r}"


def _value(field: Field, line: Line) -> str:
    measure = MEASURES[line.measure]
    name = measure.column.format(field=field.name)
    return measure.sql.format(patient=column("patient", name), death=column("death", name))


def _is_exact(field: Field) -> str:
    return same(("first_name", "last_name") if field.name == "full_name" else (field.name,))


def _is_not_known(field: Field) -> str:
    names = ("first_name", "last_name") if field.name == "full_name" else (field.name,)
    missing = " OR ".join(f"{side}.{name} IS NULL" for side in ("patient", "death") for name in names)
    conflicts = "".join(
        f" AND NOT coalesce({column('patient', name)} <> {column('death', name)}, FALSE)"
        for name in _CONFLICTS.get(field.name, ())
    )
    return f"({missing}){conflicts}"


def _accepts(field: Field, condition: Condition) -> str:
    """A condition in terms of the two records."""
    ways = {EXACT: _is_exact(field), NOT_KNOWN: _is_not_known(field)}
    accepted = [ways[level] for level in condition.levels if level in ways]
    for level in (found for found in field.levels if found.name in condition.levels):
        accepted += [ways[EXACT], *(f"({_line_met(field, line)})" for line in level.lines)]
    return " OR ".join(dict.fromkeys(accepted))


def compare(cascade: Cascade, *, accepted_only: bool = True, contacts: bool = True) -> str:
    """Compare every pair of the table `pair`: agreement, closeness, first rule satisfied, and time.

    With `accepted_only`, pairs that satisfy no rule are left out.
    """
    fields = cascade.compared
    measured = [column for field in fields for column in _measured(field)]
    agreed = [column for field in fields for column in _agreed(field)]
    rules = "\n        ".join(
        f"WHEN {_satisfied(rule, cascade)} THEN {position}" for position, rule in enumerate(cascade.rules, start=1)
    )
    keys = ", ".join(f"CASE WHEN key_{n} THEN '{'+'.join(key)}' END" for n, key in enumerate(cascade.keys))
    kept = "\nWHERE rule_position IS NOT NULL" if accepted_only else ""
    return (
        "WITH measured AS (\n    SELECT\n        pair.patient_id,\n        pair.death_id,\n        "
        + ",\n        ".join([*measured, *_times(cascade, contacts), *_keys(cascade)])
        + f"\n    FROM pair\n    JOIN patient ON pair.patient_id = patient.patient_id\n"
        f"    JOIN death ON pair.death_id = death.death_id{_extra_joins(fields, contacts)}\n),\nagreed AS (\n"
        "    SELECT\n        *,\n        " + ",\n        ".join(agreed) + "\n    FROM measured\n),\ndecided AS (\n"
        f"    SELECT\n        *,\n        CASE\n        {rules}\n        END AS rule_position\n    FROM agreed\n)\n"
        f"SELECT\n    {_BREAK.join(_kept_columns(cascade))},\n    concat_ws('; ', {keys}) AS blocking_keys\n"
        f"FROM decided{kept}"
    )


_BREAK = ",\n    "


def _measured(field: Field) -> list[str]:
    lines = {line.measure: line for line in field.lines}
    return [
        f"coalesce({_is_exact(field)}, FALSE) AS {field.name}_is_exact",
        f"{_is_not_known(field)} AS {field.name}_is_not_known",
        # What agrees exactly is not measured: most pairs worth comparing agree on most fields.
        *(
            f"CASE WHEN NOT coalesce({_is_exact(field)}, FALSE) THEN {_value(field, line)} END AS {field.name}_{measure}"
            for measure, line in lines.items()
        ),
    ]


def _line_column_met(field: Field, line: Line) -> str:
    way, value = MEASURES[line.measure].limit, f"{field.name}_{line.measure}"
    if way is None:
        return f"coalesce({value}, FALSE)"
    return f"coalesce({value} {'>=' if way == 'at_least' else '<='} {line.limit!r}, FALSE)"


def _agreed(field: Field) -> list[str]:
    exact = f"{field.name}_is_exact"
    columns = [
        f"({' OR '.join([exact, *(_line_column_met(field, line) for line in level.lines)])})"
        f" AS {field.name}_is_{level.name}"
        for level in field.levels
    ]
    text = [f"WHEN {exact} THEN 'exact'"]
    code = [f"WHEN {exact} THEN 0"]
    for number, level in enumerate(field.levels, start=1):
        for place, line in enumerate(level.lines):
            met = _line_column_met(field, line)
            text.append(f"WHEN {met} THEN '{level.name}'")
            code.append(f"WHEN {met} THEN {number * _LEVEL + place * _LINE}{_distance(field, line)}")
    last = len(field.levels) + 1
    text += [f"WHEN {field.name}_is_not_known THEN 'not_known'", "ELSE 'disagree' END"]
    code += [f"WHEN {field.name}_is_not_known THEN {last * _LEVEL}", f"ELSE {(last + 1) * _LEVEL} END"]
    return [
        *columns,
        f"CASE {' '.join(text)} AS {field.name}_agreement",
        f"CASE {' '.join(code)} AS {field.name}_closeness",
    ]


def _distance(field: Field, line: Line) -> str:
    way, value = MEASURES[line.measure].limit, f"{field.name}_{line.measure}"
    if way is None:
        return ""
    if line.measure == "jaro_winkler_similarity":
        return f" + {_SIMILARITY} - CAST(floor({value} * {_SIMILARITY} + 0.5) AS INTEGER)"
    return f" + 100 - {value}" if way == "at_least" else f" + {value}"


def _satisfied(rule: Rule, cascade: Cascade) -> str:
    conditions = []
    for condition in rule.agree:
        flags = [f"{condition.field}_is_{level}" for level in condition.levels]
        conditions.append(flags[0] if len(flags) == 1 else f"({' OR '.join(flags)})")
    return " AND ".join(conditions)


def _times(cascade: Cascade, contacts: bool) -> list[str]:
    """Why time forbids a pair, or NULL."""
    limits = cascade.plausibility
    birth = column("patient", "birth_date_partial")
    latest = "latest_day(death.death_date_partial)"
    too_early = (
        f"WHEN days_between(contact.last_contact, {latest}) > {limits.contact_tolerance_days}"
        " THEN 'death before last contact' "
    )
    return [
        f"CASE {too_early if contacts else ''}WHEN {latest} < earliest_day({birth}) THEN 'death before birth'"
        f" WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) - CAST(substr({birth}, 1, 4) AS INTEGER)"
        f" > {limits.oldest_age_years} THEN 'impossible age' END AS impossible"
    ]


def _keys(cascade: Cascade) -> list[str]:
    return [f"{meets(key)} AS key_{n}" for n, key in enumerate(cascade.keys)]


def _extra_joins(fields: Sequence[Field], contacts: bool) -> str:
    joins = ["LEFT JOIN contact ON pair.patient_id = contact.patient_id"] if contacts else []
    for field in (field for field in fields if any(line.measure == "nickname" for line in field.lines)):
        for side in ("patient", "death"):
            alias = f"{side}_{field.name}_formal"
            joins.append(f"LEFT JOIN nickname AS {alias} ON {side}.{field.name} = {alias}.name")
    return "".join(f"\n    {join}" for join in joins)


def _kept_columns(cascade: Cascade) -> list[str]:
    columns = ["patient_id", "death_id", "rule_position", "impossible"]
    for field in cascade.compared:
        columns.append(f"{field.name}_agreement")
        columns += [f"{field.name}_{measure}" for measure in {line.measure: None for line in field.lines}]
    return columns + [f"{name}_closeness" for name in cascade.closeness]
