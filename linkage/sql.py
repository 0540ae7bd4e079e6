"""A cascade as SQL text: which pairs to make, how to compare them, and which rule each satisfies.

Pure: no connection, no engine, no files. The text is plain SELECT, kept as golden files in
`tests/golden/`, and means the same to every engine that knows the house functions.
"""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent

from linkage.columns import column
from linkage.measures import MEASURES
from linkage.rules import EXACT, NOT_KNOWN, Cascade, Condition, Field, Line, Rule

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


def accepts(field: Field, condition: Condition) -> str:
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
    measured = indent(measure(cascade, contacts=contacts), "    ")
    return f"WITH measured AS (\n{measured}\n),\n{decide(cascade, accepted_only=accepted_only)}"


def measure(cascade: Cascade, *, contacts: bool = True) -> str:
    """What does not depend on limits, levels or rules: the measures of every pair of `pair`, time, and keys met."""
    fields = cascade.compared
    measured = [column for field in fields for column in _measured(field)]
    return (
        "SELECT\n    pair.patient_id,\n    pair.death_id,\n    "
        + _BREAK.join([*measured, *_records(cascade), *persons(cascade), *_times(cascade, contacts), *_keys(cascade)])
        + "\nFROM pair\nJOIN patient ON pair.patient_id = patient.patient_id\n"
        f"JOIN death ON pair.death_id = death.death_id{_extra_joins(cascade, contacts)}"
    )


def remembered(cascade: Cascade) -> str:
    """What `measure` gives, for the pairs of `decided`, from what was written down when they were decided about."""
    columns = ["patient_id", "death_id", "impossible", *(f"{name}_records" for name in cascade.counted)]
    for field in cascade.compared:
        columns += [f"{field.name}_agreement = '{level}' AS {field.name}_is_{level}" for level in (EXACT, NOT_KNOWN)]
        columns += [f"{field.name}_{measure}" for measure in {line.measure: None for line in field.lines}]
    met = "list_contains(string_split(blocking_keys, '; '), '{}') AS key_{}"
    columns += [met.format("+".join(key), n) for n, key in enumerate(cascade.keys)]
    return f"SELECT\n    {_BREAK.join(columns)}\nFROM decided"


def decide(cascade: Cascade, *, accepted_only: bool = True, every_rule: bool = False) -> str:
    """The rest of a WITH that has defined `measured`: agreement by field, and the first rule satisfied.

    Whether a pair is the only one of its kind is judged among the pairs of `measured`. With `every_rule` a pair has a
    row for each rule that it satisfies, not for the first alone.
    """
    agreed = [column for field in cascade.compared for column in _agreed(field)]
    unique = [position for position, rule in enumerate(cascade.rules, start=1) if rule.unique]
    rules = [f"WHEN {_wanted(rule, place)} THEN {place}" for place, rule in enumerate(cascade.rules, start=1)]
    keys = ", ".join(f"CASE WHEN key_{n} THEN '{'+'.join(key)}' END" for n, key in enumerate(cascade.keys))
    kept = "\nWHERE rule_position IS NOT NULL" if accepted_only else ""
    steps = [_step("agreed", agreed, "measured")]
    if unique:
        met = [f"coalesce({_satisfied(cascade.rules[n - 1])}, FALSE) AS meets_{n}" for n in unique]
        steps += [_step("met", met, "agreed"), *_rivals(unique)]
    satisfied = f"CASE{_DEEPER}{_DEEPER.join(rules)}{_DEEPER}END"
    if every_rule:
        each = ", ".join(f"CASE {rule} END" for rule in rules)
        satisfied = f"unnest(list_filter([{each}], lambda rule: rule IS NOT NULL))"
    steps.append(_step("decided", [f"{satisfied} AS rule_position"], f"met{_RIVALS}" if unique else "agreed"))
    return (
        ",\n".join(steps) + f"\nSELECT\n    {_BREAK.join(_kept_columns(cascade))},\n"
        f"    concat_ws('; ', {keys}) AS blocking_keys\nFROM decided{kept}"
    )


def bare(cascade: Cascade, decided: str) -> str:
    """Of the SELECT of decided pairs what assignment needs, without reasons: a fraction of the columns to keep."""
    closeness = [f"{name}_closeness" for name in cascade.closeness]
    needed = ["patient_id", "death_id", "rule_position", "impossible", *closeness]
    return f"SELECT {', '.join(needed)} FROM (\n{decided}\n) AS decided"


_BREAK = ",\n    "
_DEEPER = "\n        "


def _step(name: str, columns: Sequence[str], table: str) -> str:
    listed = f",{_DEEPER}".join(columns)
    return f"{name} AS (\n    SELECT\n        {table.split()[0]}.*,\n        {listed}\n    FROM {table}\n)"


_RIVALS = "".join(
    f"\n    LEFT JOIN {side}_rivals ON met.{side}_person = {side}_rivals.{side}_person" for side in ("patient", "death")
)


def _wanted(rule: Rule, position: int) -> str:
    if not rule.unique:
        return _satisfied(rule)
    # Of a pair that time forbids only the conditions are told: it competes with nobody.
    alone = f"(patient_rivals.alone_{position} AND death_rivals.alone_{position})"
    return f"meets_{position} AND (impossible IS NOT NULL OR {alone})"


def _rivals(unique: Sequence[int]) -> Iterator[str]:
    """For each person and rule, whether all pairs that meet it, and that time allows, are with one other person."""
    for side, other in (("patient", "death"), ("death", "patient")):
        met = [f"CASE WHEN meets_{n} THEN {other}_person END" for n in unique]
        alone = [f"min({pair}) = max({pair}) AS alone_{n}" for n, pair in zip(unique, met, strict=True)]
        listed = f",{_DEEPER}".join([f"{side}_person", *alone])
        any_met = " OR ".join(f"meets_{n}" for n in unique)
        yield (
            f"{side}_rivals AS (\n    SELECT\n        {listed}\n    FROM met\n"
            f"    WHERE impossible IS NULL AND ({any_met})\n    GROUP BY {side}_person\n)"
        )


def _records(cascade: Cascade) -> list[str]:
    """On how many records the commoner of a pair's two names stands; NULL where one is not known."""
    return [
        f"CASE WHEN patient_{name}_bearers.records >= death_{name}_bearers.records"
        f" THEN patient_{name}_bearers.records WHEN patient_{name}_bearers.records < death_{name}_bearers.records"
        f" THEN death_{name}_bearers.records END AS {name}_records"
        for name in cascade.counted
    ]


def bearers(name: str) -> str:
    """How many records of both files together carry each value of a name.

    >>> print(bearers("last_name"))
    SELECT name, count(*) AS records
    FROM (
        SELECT patient.last_name AS name FROM patient
        UNION ALL
        SELECT death.last_name AS name FROM death
    ) AS named
    WHERE name IS NOT NULL
    GROUP BY name
    """
    patient, death = (f"SELECT {_borne(side, name)} AS name FROM {side}" for side in ("patient", "death"))
    named = f"    {patient}\n    UNION ALL\n    {death}"
    return f"SELECT name, count(*) AS records\nFROM (\n{named}\n) AS named\nWHERE name IS NOT NULL\nGROUP BY name"


def _borne(side: str, name: str) -> str:
    # A middle name, which many certificates leave out, would make every full name look rare.
    return f"{side}.first_name || '|' || {side}.last_name" if name == "full_name" else f"{side}.{name}"


def _sides_of_persons(cascade: Cascade) -> tuple[str, ...]:
    """The sides on which records of one person count as one, where anything depends on it."""
    if not any(rule.unique for rule in cascade.rules):
        return ()
    return ("patient", "death") if cascade.duplicates == "link_together" else ("death",)


def persons(cascade: Cascade) -> list[str]:
    """Columns for the person of each record, where anything depends on it; they need `person_joins`."""
    sides = _sides_of_persons(cascade)
    return [
        f"coalesce({side}_person.person_id, pair.{side}_id) AS {side}_person"
        if side in sides
        else f"pair.{side}_id AS {side}_person"
        for side in (("patient", "death") if sides else ())
    ]


def person_joins(cascade: Cascade) -> list[str]:
    """The tables of persons, joined to the pairs."""
    return [
        f"LEFT JOIN {side}_person ON pair.{side}_id = {side}_person.{side}_id" for side in _sides_of_persons(cascade)
    ]


def _measured(field: Field) -> list[str]:
    lines = {line.measure: line for line in field.lines}
    exact = f"coalesce({_is_exact(field)}, FALSE)"
    return [
        f"{exact} AS {field.name}_is_exact",
        f"{_is_not_known(field)} AS {field.name}_is_not_known",
        # What agrees exactly is not measured: most pairs worth comparing agree on most fields.
        *(
            f"CASE WHEN NOT {exact} THEN {_value(field, line)} END AS {field.name}_{measure}"
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


def _satisfied(rule: Rule) -> str:
    conditions = []
    for condition in rule.agree:
        # Not known means that nothing else holds: a partial date may still meet a level.
        flags = [
            f"{condition.field}_agreement = 'not_known'" if level == NOT_KNOWN else f"{condition.field}_is_{level}"
            for level in condition.levels
        ]
        conditions.append(flags[0] if len(flags) == 1 else f"({' OR '.join(flags)})")
    conditions += [f"{rarity.field}_records <= {rarity.at_most}" for rarity in rule.rare]
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


def _extra_joins(cascade: Cascade, contacts: bool) -> str:
    joins = ["LEFT JOIN contact ON pair.patient_id = contact.patient_id"] if contacts else []
    for field in (field for field in cascade.compared if any(line.measure == "nickname" for line in field.lines)):
        for side in ("patient", "death"):
            alias = f"{side}_{field.name}_formal"
            joins.append(f"LEFT JOIN nickname AS {alias} ON {side}.{field.name} = {alias}.name")
    for name in cascade.counted:
        for side in ("patient", "death"):
            alias = f"{side}_{name}_bearers"
            joins.append(f"LEFT JOIN {name}_bearers AS {alias} ON {_borne(side, name)} = {alias}.name")
    return "".join(f"\n{join}" for join in joins + person_joins(cascade))


def _kept_columns(cascade: Cascade) -> list[str]:
    columns = [
        "patient_id",
        "death_id",
        "rule_position",
        "impossible",
        *(f"{name}_records" for name in cascade.counted),
    ]
    for field in cascade.compared:
        columns.append(f"{field.name}_agreement")
        columns += [f"{field.name}_{measure}" for measure in {line.measure: None for line in field.lines}]
    return columns + [f"{name}_closeness" for name in cascade.closeness]
