"""Comparison as SQL text, first half: the measures of every pair, whether its dates are possible, and its blocking
keys.

Only `level` depends on limits and levels, and nothing on rules, so pairs that are measured once can be decided
repeatedly. Pure, like `agreement_sql`.
"""

from collections.abc import Sequence

from linkage.method.agreement_sql import is_exact, is_not_known, measured, meets, within
from linkage.method.columns import SIDES, column
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Field
from linkage.values.measures import MEASURES

_BREAK = ",\n    "


def measure(
    cascade: Cascade,
    *,
    contacts: bool = True,
    weighed: bool = True,
    keys: bool = True,
    measures: bool = True,
    also: Sequence[str] = (),
    joins: Sequence[str] = (),
    pairs: str = "pair",
    where: str = "",
) -> str:
    """Everything that does not depend on limits, levels or rules: for every pair of `pairs`, the measures, whether the
    dates are possible, and, with `keys`, the blocking keys.

    If the cascade weighs pairs, `weighed` says whether the table `evidence` exists yet. Without `measures`, only the
    other columns are computed. `also` are further columns, and `joins` the joins that these need. `pairs` is the table
    of pairs, or another relation called pair; of them, only those that meet the condition `where` are measured.
    """
    columns = [column for field in cascade.compared for column in _measured_columns(field) if measures]
    columns += [
        *(_records(cascade) if measures else ()),
        *persons(cascade),
        f"{impossible(cascade, contacts)} AS impossible",
        *(_keys(cascade) if keys else ()),
    ]
    columns += [*(f"evidence.{name}" for name in weights(cascade) if weighed), *also]
    joined = "".join(f"\n{join}" for join in joins)
    return (
        f"SELECT\n    pair.patient_id,\n    pair.death_id,\n    {_BREAK.join(columns)}\n"
        f"FROM {pairs}\nJOIN patient ON pair.patient_id = patient.patient_id\n"
        f"JOIN death ON pair.death_id = death.death_id{_extra_joins(cascade, contacts, weighed)}{joined}"
        + (f"\nWHERE {where}" if where else "")
    )


def weights(cascade: Cascade) -> list[str]:
    """The columns of the table `evidence`: the probability of a pair in millionths; its total weight and that of each
    field in thousandths of a bit."""
    if not cascade.weighs:
        return []
    return ["millionths", "bits", "prior_bits", "relatives_bits", *(f"{name}_bits" for name in cascade.fields)]


def remembered(cascade: Cascade) -> str:
    """The columns that `measure` gives, for the pairs of `decided`, from the values stored there."""
    columns = ["patient_id", "death_id", "impossible", *(f"{name}_records" for name in cascade.counted)]
    columns += weights(cascade)
    for field in cascade.compared:
        columns += [f"{field.name}_agreement = '{level}' AS {field.name}_is_{level}" for level in (EXACT, NOT_KNOWN)]
        columns += [f"{field.name}_{measure}" for measure in field.measures]
    met = "instr('; ' || blocking_keys || '; ', '; {}; ') > 0 AS key_{}"
    columns += [met.format("+".join(key), n) for n, key in enumerate(cascade.keys)]
    return f"SELECT\n    {_BREAK.join(columns)}\nFROM decided"


def _measured_columns(field: Field) -> list[str]:
    exact = f"coalesce({is_exact(field)}, FALSE)"
    comparable = " AND ".join([f"NOT {exact}", *_are_known(field)])
    return [
        f"{exact} AS {field.name}_is_exact",
        f"{is_not_known(field)} AS {field.name}_is_not_known",
        # Exact agreement is not measured: most pairs worth comparing agree exactly on most fields.
        *(f"CASE WHEN {comparable} THEN {measured(field, name)} END AS {field.name}_{name}" for name in field.measures),
    ]


def _are_known(field: Field) -> list[str]:
    # A differing name would otherwise contradict two full names one of which lacks that part.
    return [f"NOT {is_not_known(field)}"] if field.kind == "full_name" else []


def level(field: Field) -> str:
    """The column with the level of agreement of a field as a number: 0 if exact, 1 for the first named level and so on,
    then one number for disagreement and one for a field that is not known.

    A measure is computed only for pairs that meet no earlier level.
    """
    disagrees = len(field.levels) + 1
    met = [
        f"WHEN {' AND '.join([*_are_known(field), f'({within(line, measured(field, line.measure))})'])} THEN {number}"
        for number, named in enumerate(field.levels, start=1)
        for line in named.lines
    ]
    cases = [f"WHEN {is_exact(field)} THEN 0", *met, f"WHEN {is_not_known(field)} THEN {disagrees + 1}"]
    return f"CASE {' '.join(cases)} ELSE {disagrees} END AS {field.name}_level"


def _records(cascade: Cascade) -> list[str]:
    """The number of records with the more common of a pair's two names; NULL if either is not known."""
    return [
        f"CASE WHEN patient_{name}_bearers.records >= death_{name}_bearers.records"
        f" THEN patient_{name}_bearers.records WHEN patient_{name}_bearers.records < death_{name}_bearers.records"
        f" THEN death_{name}_bearers.records END AS {name}_records"
        for name in cascade.counted
    ]


def bearers(name: str) -> str:
    """The number of records in both files together with each value of a name.

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
    patient, death = (f"SELECT {_borne(side, name)} AS name FROM {side}" for side in SIDES)
    named = f"    {patient}\n    UNION ALL\n    {death}"
    return f"SELECT name, count(*) AS records\nFROM (\n{named}\n) AS named\nWHERE name IS NOT NULL\nGROUP BY name"


def _borne(side: str, name: str) -> str:
    # A middle name, which many certificates omit, would make every full name look rare.
    return f"{side}.first_name || '|' || {side}.last_name" if name == "full_name" else f"{side}.{name}"


def persons(cascade: Cascade) -> list[str]:
    """Columns with the person of each record, if anything depends on it; they need `person_joins`."""
    sides = _sides_of_persons(cascade)
    return [
        f"coalesce({side}_person.person_id, pair.{side}_id) AS {side}_person"
        if side in sides
        else f"pair.{side}_id AS {side}_person"
        for side in (SIDES if sides else ())
    ]


def person_joins(cascade: Cascade) -> list[str]:
    """The joins of the tables of persons to the pairs."""
    return [
        f"LEFT JOIN {side}_person ON pair.{side}_id = {side}_person.{side}_id" for side in _sides_of_persons(cascade)
    ]


def _sides_of_persons(cascade: Cascade) -> tuple[str, ...]:
    """The sides on which the records of one person count as one, if anything depends on it."""
    if not any(rule.unique for rule in cascade.rules):
        return ()
    return SIDES if cascade.links_persons else ("death",)


def impossible(cascade: Cascade, contacts: bool) -> str:
    """The SQL expression for why the dates of a pair are impossible; NULL if they are not."""
    limits = cascade.plausibility
    birth = column("patient", "birth_date_partial")
    latest = "latest_day(death.death_date_partial)"
    died, born = "substr(death.death_date_partial, 1, 4)", f"substr({birth}, 1, 4)"
    # Days are computed only if the years alone do not decide.
    year, seen, tolerance = f"CAST({died} AS INTEGER)", "year(contact.last_contact)", limits.contact_tolerance_days
    too_early = (
        f"WHEN {year} < {seen} - {tolerance // 365 + 1}"
        f" OR {year} <= {seen} AND days_between(contact.last_contact, {latest}) > {tolerance}"
        " THEN 'death before last contact' "
    )
    return (
        f"CASE {too_early if contacts else ''}WHEN {died} <= {born} AND {latest} < earliest_day({birth})"
        f" THEN 'death before birth' WHEN {year} - CAST({born} AS INTEGER)"
        f" > {limits.oldest_age_years} THEN 'impossible age' END"
    )


def _keys(cascade: Cascade) -> list[str]:
    return [f"{meets(key)} AS key_{n}" for n, key in enumerate(cascade.keys)]


def _extra_joins(cascade: Cascade, contacts: bool, weighed: bool) -> str:
    joins = ["LEFT JOIN contact ON pair.patient_id = contact.patient_id"] if contacts else []
    formal = ("{field}_formal", "{field}_first")
    for field in (f for f in cascade.compared if any(MEASURES[name].column in formal for name in f.measures)):
        for side in SIDES:
            alias = f"{side}_{field.name}_formal"
            joins.append(f"LEFT JOIN nickname AS {alias} ON {side}.{field.name} = {alias}.name")
    for name in cascade.counted:
        for side in SIDES:
            alias = f"{side}_{name}_bearers"
            joins.append(f"LEFT JOIN {name}_bearers AS {alias} ON {_borne(side, name)} = {alias}.name")
    if cascade.weighs and weighed:
        pair = "pair.patient_id = evidence.patient_id AND pair.death_id = evidence.death_id"
        joins.append(f"LEFT JOIN evidence ON {pair}")
    return "".join(f"\n{join}" for join in joins + person_joins(cascade))
