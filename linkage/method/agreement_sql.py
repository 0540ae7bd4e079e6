"""Agreement of two records as SQL text: whether they share a blocking key, and whether they satisfy a condition of a
rule.

Pure: no connection, no engine, no files. This module and those built on it generate plain SELECT statements, kept as
golden files in `tests/golden/`, that have the same meaning in every engine with the toolkit's SQL functions.
"""

from collections.abc import Iterable

from linkage.method.columns import SIDES, column, has_several
from linkage.rules.cascade import EXACT, NOT_KNOWN, Condition, Field, Line
from linkage.values.measures import LISTS, MEASURES

Key = tuple[str, ...]

# Partial values that can contradict a pair when the field itself is not known.
_CONFLICTS = {"ssn": ("ssn_last_four",), "birth_date": ("birth_year", "birth_month", "birth_day")}


def same(names: Iterable[str]) -> str:
    """The condition that both sides agree exactly on these columns.

    >>> same(["ssn"])
    'patient.ssn = death.ssn'
    """
    return " AND ".join(f"{column('patient', name)} = {column('death', name)}" for name in names)


def meets(key: Key) -> str:
    """Whether a pair agrees on a key, as TRUE or FALSE and never NULL."""
    return f"coalesce({same(key)}, FALSE)"


def accepts(field: Field, condition: Condition) -> str:
    """A condition of a rule, as SQL on the columns of the two records."""
    ways = {EXACT: is_exact(field), NOT_KNOWN: is_not_known(field)}
    accepted = [ways[level] for level in condition.levels if level in ways]
    for level in (found for found in field.levels if found.name in condition.levels):
        accepted += [ways[EXACT], *(f"({within(line, measured(field, line.measure))})" for line in level.lines)]
    return " OR ".join(dict.fromkeys(accepted))


def measured(field: Field, name: str) -> str:
    """The value of a measure for a field of the two records."""
    measure = MEASURES[name]
    compared = measure.column.format(field=field.name)
    value = measure.sql.format(patient=column("patient", compared), death=column("death", compared))
    if measure.column not in LISTS:
        return value
    # Nearly all names are one word without a nickname, and comparing two lists takes far longer than two texts.
    several, equal = has_several(compared), same((field.name,))
    return f"CASE WHEN {several} THEN {value} ELSE {equal} END" if several else equal


def within(line: Line, value: str) -> str:
    """Whether the value of a measure is within the limit of a line.

    >>> within(Line("levenshtein_distance", 2), "last_name_levenshtein_distance")
    'last_name_levenshtein_distance <= 2'
    """
    way = MEASURES[line.measure].limit
    return value if way is None else f"{value} {'>=' if way == 'at_least' else '<='} {line.limit!r}"


def is_exact(field: Field) -> str:
    """The condition that the two records agree exactly on a field."""
    return same(("first_name", "last_name") if field.name == "full_name" else (field.name,))


def is_not_known(field: Field) -> str:
    """The condition that a field is not known on a side, and that its partial values do not contradict the pair."""
    names = ("first_name", "last_name") if field.name == "full_name" else (field.name,)
    missing = " OR ".join(f"{side}.{name} IS NULL" for side in SIDES for name in names)
    conflicts = " OR ".join(
        f"coalesce({column('patient', name)} <> {column('death', name)}, FALSE)"
        for name in _CONFLICTS.get(field.name, ())
    )
    # CASE evaluates the conflicts only if a value is missing; AND would evaluate them for every pair.
    return f"CASE WHEN {missing} THEN NOT ({conflicts}) ELSE FALSE END" if conflicts else f"({missing})"
