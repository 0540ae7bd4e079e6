"""Blocking as SQL text: the pairs that agree on a key, and the pairs of a large block that a rule can accept.

Pure, like `agreement_sql`. A block is normally enumerated, each pair marked as acceptable to a rule or not. A block too
large for that is searched rule by rule, with joins on exact fields and on parts of numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from linkage.method.agreement_sql import Key, accepts, meets, same
from linkage.method.columns import column, stored_columns
from linkage.method.crowds import EVERYBODY
from linkage.method.splits import Split, splits_of
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Condition, Rule
from linkage.values.measures import MEASURES

Among = tuple[str, str]
"""The tables, or parenthesized relations, of the patients and deaths between which pairs are made."""


def block(
    cascade: Cascade,
    key: Key,
    earlier: Sequence[Key],
    large: Sequence[Key] = (),
    among: Among = EVERYBODY,
    dense: str = "",
) -> str:
    """The pairs that agree on a key, including those that agree on an earlier key; `distinct` removes duplicates.

    `acceptable` says whether the pair meets every exact requirement of some rule, and so whether it is worth comparing,
    unless an earlier key already implies it; `in_large` says whether the pair also agrees on a large key. A cascade
    that weighs compares every pair, because its model needs the strangers too, except in dense blocks, whose table is
    `dense`: there, only rules that accept pairs by their agreement do so.
    """
    in_large = " OR ".join(meets(other) for other in large) or "FALSE"
    acceptable = "TRUE" if cascade.weighs and not dense else _acceptable(by_agreement(cascade), key, earlier)
    if dense:
        acceptable = f"CASE WHEN dense.c0 IS NULL THEN TRUE ELSE {acceptable} END"
    return (
        f"SELECT patient.patient_id, death.death_id, {acceptable} AS acceptable,"
        f" {in_large} AS in_large\n{_joined(key, (), among)}{_beside(key, dense)}"
    )


def by_agreement(cascade: Cascade) -> Cascade:
    """The cascade without the rules that accept pairs because of their evidence."""
    return replace(cascade, rules=tuple(rule for rule in cascade.rules if not rule.by_evidence))


def _beside(key: Key, dense: str) -> str:
    agree = " AND ".join(f"{column('patient', name)} = dense.c{n}" for n, name in enumerate(key))
    return f"\nLEFT JOIN {dense} AS dense ON {agree}" if dense else ""


def sparse(key: Key, dense: str, among: Among = EVERYBODY) -> str:
    """The pairs of the blocks of a key that are not dense. `dense` is the table of dense blocks, if there are any."""
    where = "\nWHERE dense.c0 IS NULL" if dense else ""
    return f"SELECT patient.patient_id, death.death_id\n{_joined(key, (), among)}{_beside(key, dense)}{where}"


def distinct(blocks: Sequence[str]) -> str:
    """The pairs of several blocks, without duplicates.

    Grouping pairs of ids costs a fraction of testing each pair of a block against every earlier key.
    """
    every = "\n    UNION ALL ".join(f"SELECT * FROM {block}" for block in blocks)
    return (
        "SELECT patient_id, death_id, bool_or(acceptable) AS acceptable, bool_or(in_large) AS in_large\n"
        f"FROM (\n    {every}\n) AS met\nGROUP BY patient_id, death_id"
    )


def walk(cascade: Cascade, key: Key, earlier: Sequence[Key], among: Among = EVERYBODY) -> str:
    """The acceptable pairs of a block that is not stored, except those of earlier keys, found by scanning all its
    pairs."""
    return (
        f"SELECT patient.patient_id, death.death_id\n{_joined(key, earlier, among)}\n"
        f"WHERE {_acceptable(cascade, key, earlier)}"
    )


def _joined(key: Key, earlier: Sequence[Key], among: Among) -> str:
    others = "".join(f"\n    AND NOT {meets(other)}" for other in earlier)
    return f"{_from(among)} ON {same(key)}{others}"


def _from(among: Among) -> str:
    patients, deaths = among
    return f"FROM {aliased('patient', patients)}\nJOIN {aliased('death', deaths)}"


def _acceptable(cascade: Cascade, key: Key, earlier: Sequence[Key]) -> str:
    """What some rule requires of a pair that agrees on a key: its exact fields, and similar numbers."""
    demands = {
        (frozenset(exact - set(key)), _similar_numbers(cascade, rule))
        for rule, exact in ((rule, exact_columns(rule)) for rule in cascade.rules)
        # Pairs that agree on an earlier key are found there.
        if not any(set(other) <= exact for other in earlier)
    }
    least = [
        (exact, numbers)
        for exact, numbers in demands
        if not any(other != (exact, numbers) and other[0] <= exact and other[1] in ("", numbers) for other in demands)
    ]
    if (frozenset(), "") in least:
        return "TRUE"
    cases = []
    for exact, numbers in sorted(least, key=lambda demand: (demand[1] != "", sorted(demand[0]), demand[1])):
        met = [same(sorted(exact))] if exact else []
        cases.append(f"WHEN {' AND '.join([*met, *([f'({numbers})'] if numbers else [])])} THEN TRUE")
    return f"CASE {' '.join(cases)} ELSE FALSE END" if cases else "FALSE"


def _similar_numbers(cascade: Cascade, rule: Rule) -> str:
    """What a rule requires of birth date and SSN short of exact agreement, if both must be known."""
    conditions = [
        f"({_proposed(cascade, condition)}({accepts(cascade.fields[condition.field], condition)}))"
        for condition in rule.agree
        if condition.field in ("birth_date", "ssn")
        and condition.levels != (EXACT,)
        and NOT_KNOWN not in condition.levels
    ]
    return " AND ".join(sorted(conditions))


def _proposed(cascade: Cascade, condition: Condition) -> str:
    """A necessary condition that is cheaper than the measures evaluated after it."""
    field = cascade.fields[condition.field]
    if field.kind != "date" or splits_of(field, condition.levels) is None:
        return ""
    if any(MEASURES[line.measure].column == "{field}_partial" for line in field.lines):
        return ""  # can also be met if the day is not known
    # Every tolerated error affects either the four digits of the year or the four of month and day.
    return f"digits_changed({column('patient', field.name)}, {column('death', field.name)}) <= 4 AND "


def pairs_one_by_one(names: Iterable[str], among: Among = EVERYBODY) -> str:
    """The number of pairs that agree on these columns, by joining on them: cheaper if they are few."""
    return f"SELECT count(*)\n{_from(among)} ON {same(sorted(names))}"


def pairs_agreeing_on(names: Iterable[str], among: Among = EVERYBODY) -> str:
    """The number of pairs that agree on these columns, from group sizes alone."""
    return pairs_of(frozenset((column("patient", name), column("death", name)) for name in names), *among)


def pairs_of(equalities: Split, patients: str = "patient", deaths: str = "death") -> str:
    """The number of pairs that satisfy some equalities, from group sizes of the patients, who are fewer than the
    deaths.

    `patients` and `deaths` are the tables, or relations, of the records to count.
    """
    both = sorted(equalities)
    listed = ", ".join(f"{patient} AS c{n}" for n, (patient, _) in enumerate(both))
    grouped = ", ".join(f"c{n}" for n in range(len(both)))
    known = " AND ".join(f"c{n} IS NOT NULL" for n in range(len(both)))
    agree = " AND ".join(f"{death} = grouped.c{n}" for n, (_, death) in enumerate(both))
    return (
        f"SELECT coalesce(sum(grouped.patients), 0)\nFROM {aliased('death', deaths)}\nJOIN (\n"
        f"    SELECT {grouped}, count(*) AS patients\n"
        f"    FROM (SELECT {listed} FROM {aliased('patient', patients)}) AS named\n"
        f"    WHERE {known} GROUP BY {grouped}\n) AS grouped ON {agree}"
    )


def aliased(side: str, table: str) -> str:
    """A table, or relation, of a side, as it follows FROM."""
    return side if table == side else f"{table} AS {side}"


def within(cascade: Cascade, key: Key, small: Sequence[Key], among: Among = EVERYBODY) -> Iterator[tuple[str, str]]:
    """The records that share a large key with at least one record of the other side, with only the columns that the
    joins can use: the tables `death_within` and `patient_within`, each with its SELECT. The many joins then scan these
    instead of whole files."""
    used = stored_columns(_joined_values(cascade, [key, *small]))
    patients, deaths = (aliased(side, table) for side, table in zip(EVERYBODY, among, strict=True))
    for side, own, other in (("death", deaths, patients), ("patient", patients, "death_within AS death")):
        columns = ", ".join(f"{side}.{name}" for name in (f"{side}_id", *used))
        yield f"{side}_within", f"SELECT {columns}\nFROM {own}\nWHERE EXISTS (SELECT 1 FROM {other} WHERE {same(key)})"


def _joined_values(cascade: Cascade, keys: Iterable[Key]) -> set[str]:
    """The values in the joins of `large_joins`: those of the keys and of exact fields, and dates and numbers of which
    parts are joined."""
    values = {name for key in keys for name in key}
    for rule in cascade.rules:
        values |= exact_columns(rule)
        values |= {condition.field for condition in rule.agree if condition.field in _NUMBERS}
    return values.union(*(pieces for number, pieces in _NUMBERS.items() if number in values))


_NUMBERS = {"birth_date": ("birth_date_partial",), "ssn": ("ssn_last_four",)}
"""The fields of which equal parts are joined, and how they are compared if only a part is known."""


@dataclass(frozen=True, slots=True)
class Join:
    """One join within a large block: exact equalities, and the remaining conditions on the pair."""

    equalities: Split
    condition: str
    rule: str


def large_joins(cascade: Cascade, large: Key, small: Sequence[Key]) -> list[Join]:
    """The exact joins by which each rule finds the pairs of a large block that it can accept.

    Pairs that also agree on a small key are found there, so a rule that requires such a key is left out. A rule whose
    exact fields are only names is joined on parts of its date or SSN, by the lemmas in `splits`.
    """
    joins: set[Join] = set()
    for rule in cascade.rules:
        exact = exact_columns(rule)
        if any(set(key) <= exact for key in small):
            continue
        base = frozenset((column("patient", name), column("death", name)) for name in exact | set(large))
        numbers = [condition for condition in rule.agree if condition.field in _NUMBERS]
        met = " AND ".join(f"({accepts(cascade.fields[c.field], c)})" for c in numbers) or "TRUE"
        pieces = _pieces(cascade, numbers) if exact.isdisjoint(_NUMBERS) else None
        joins |= {Join(base | piece, met, rule.id) for piece in pieces or [frozenset()]}
    return sorted(
        (join for join in joins if not _is_covered(join, joins)),
        key=lambda join: (join.rule, sorted(join.equalities)),
    )


def exact_columns(rule: Rule) -> set[str]:
    """The columns that a rule requires to be exact."""
    exact = {condition.field for condition in rule.agree if condition.levels == (EXACT,)}
    return exact - {"full_name"} | ({"first_name", "last_name"} if "full_name" in exact else set())


def _pieces(cascade: Cascade, numbers: Sequence[Condition]) -> set[Split] | None:
    # Birth dates first, because every record has one.
    for condition in sorted(numbers, key=lambda condition: condition.field):
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
    """The pairs of one join that agree on no small key, among the records of `within`."""
    agree = " AND ".join(f"{patient} = {death}" for patient, death in sorted(join.equalities))
    others = "".join(f"\n    AND NOT {meets(key)}" for key in earlier)
    return (
        f"SELECT patient.patient_id, death.death_id\nFROM patient_within AS patient\n"
        f"JOIN death_within AS death ON {agree}\nWHERE {join.condition}{others}"
    )
