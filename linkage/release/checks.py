"""Check released tables for integrity and consistency, as the MIMIC-IV paper does; `disclosure` checks identifiers.

Each check is one row: the claim, the result, and the number of violations. Checks that use only `released_NAME` also
work for tables made by others; the rest compare with `source_NAME`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linkage.engines.duck.engine import DuckDBEngine
from linkage.release.policy import PATIENTS, ReleasePolicy, Table

_DAYS_OF_A_YEAR = 366


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about a release. `found` counts the violations. `passed` is None if there is no limit to check
    against: `found` is then only reported."""

    kind: str
    claim: str
    found: int
    passed: bool | None

    @property
    def result(self) -> str:
        """pass, fail, or reported (a number without a verdict)."""
        return "reported" if self.passed is None else "pass" if self.passed else "fail"


def none_found(kind: str, claim: str, found: int) -> Check:
    """A check that passes if there is no violation."""
    return Check(kind, claim, int(found), not found)


def integrity(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """Every reference resolves, keys are unique, and required values are present."""
    homes = _homes(tables)
    for table in tables:
        released = f"released_{table.name}"
        if table.key:
            key = ", ".join(table.key)
            repeated = f"(SELECT {key} FROM {released} GROUP BY {key} HAVING count(*) > 1) AS repeated"
            yield none_found(
                "integrity",
                f"{table.name}: {' and '.join(table.key)} are unique",
                engine.count(repeated),
            )
        for column in table.columns:
            if column.required:
                missing = engine.count(f"{released} WHERE {column.name} IS NULL")
                yield none_found("integrity", f"{table.name}: {column.name} is never empty", missing)
        for column in table.of_kind("id"):
            home = homes.get(column.name)
            if home and home != table.name:
                orphans = engine.count(
                    f"{released} AS given WHERE given.{column.name} IS NOT NULL AND NOT EXISTS"
                    f" (SELECT 1 FROM released_{home} AS home WHERE home.{column.name} = given.{column.name})",
                )
                yield none_found("integrity", f"{table.name}: every {column.name} is in {home}", orphans)
            first, last = policy.ids[column.id]
            outside = engine.count(f"{released} WHERE {column.name} NOT BETWEEN {first} AND {last}")
            yield none_found("integrity", f"{table.name}: {column.name} is between {first} and {last}", outside)


def _homes(tables: Sequence[Table]) -> dict[str, str]:
    """The table for which each column is the key."""
    return {table.key[0]: table.name for table in tables if len(table.key) == 1}


def consistency(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """Stays do not end before they begin, and deaths happen at possible times."""
    for table in tables:
        if table.start and table.end:
            # Days are compared, because some values have no time of day, and an organ donor's stay starts after death.
            backwards = f"released_{table.name} WHERE CAST({table.end} AS DATE) < CAST({table.start} AS DATE)"
            yield none_found(
                "consistency", f"{table.name}: {table.end} is not before {table.start}", engine.count(backwards)
            )
    yield from _deaths(engine, tables, policy.days_before_discharge)
    for share in policy.shares:
        if share.table in {table.name for table in tables}:
            rows = engine.count(f"released_{share.table}")
            known = engine.count(f"released_{share.table} WHERE {share.column} IS NOT NULL")
            stated = f"{100 * share.at_least:g} % of rows (found {_percent(known, rows)})"
            claim = f"{share.table}: {share.column} is known in {stated}"
            yield Check("consistency", claim, rows - known, known >= share.at_least * rows)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "no rows"


def _deaths(engine: DuckDBEngine, tables: Sequence[Table], tolerance: int) -> Iterator[Check]:
    stays = [table for table in tables if table.discharge and table.end]
    patients = next(table for table in tables if table.name == PATIENTS)
    if not stays or "dod" not in [column.name for column in patients.columns]:
        return
    ends = " UNION ALL ".join(
        f"SELECT subject_id, CAST(coalesce({table.end}, {table.start or table.end}) AS DATE) AS day,"
        f" {f'CAST({table.death} AS DATE)' if table.death else 'CAST(NULL AS DATE)'} AS died FROM released_{table.name}"
        for table in stays
    )
    last = f"(SELECT subject_id, max(day) AS day, min(died) AS died FROM ({ends}) AS stays GROUP BY subject_id) AS last"
    joined = f"released_{PATIENTS} AS patient JOIN {last} ON patient.subject_id = last.subject_id"
    # Count days, because a shift can turn a year of 365 days into one of 366.
    late = engine.count(f"{joined} WHERE days_between(patient.dod, last.day) > {_DAYS_OF_A_YEAR}")
    yield none_found("consistency", f"patients: dod is at most {_DAYS_OF_A_YEAR} days after the last discharge", late)
    before = f"{joined} WHERE days_between(last.day, patient.dod) > {{days}} AND patient.dod IS DISTINCT FROM last.died"
    early = engine.count(before.format(days=tolerance))
    claim = f"patients: dod is at most {tolerance} days before the last discharge, or the death in hospital"
    yield none_found("consistency", claim, early)
    claim = "patients whose dod is before the last discharge by fewer days, which occurs with registry dates"
    yield Check("consistency", claim, engine.count(before.format(days=0)) - early, None)
    without = engine.count(
        f"released_{PATIENTS} AS patient WHERE patient.dod IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM ({ends}) AS stays WHERE stays.subject_id = patient.subject_id)",
    )
    yield none_found("consistency", "patients: no patient without a stay has a dod", without)


def against_source(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """Row counts, and the intervals between each person's times, are those of the source."""
    for table in tables:
        of_people = "SELECT count(DISTINCT person_id) FROM person" if table.name == PATIENTS else ""
        expected = engine.rows(of_people or f"SELECT count(*) FROM source_{table.name}")[0][0]
        found = engine.count(f"released_{table.name}")
        yield none_found("consistency", f"{table.name}: as many rows as the source has", abs(int(expected) - found))
    engine.create(
        "known_as",
        "SELECT person.patient_id, crosswalk.released FROM person JOIN crosswalk ON crosswalk.kind = 'subject_id'"
        " AND crosswalk.true_id = person.person_id",
    )
    before, after = (_days(tables, policy, of_source) for of_source in (True, False))
    for name, days in (("before", before), ("after", after)):
        engine.create(f"days_{name}", _fingerprints(" UNION ALL ".join(days)))
    differing = engine.count(
        "days_before AS before FULL JOIN days_after AS after ON before.person = after.person"
        " WHERE before.fingerprint IS DISTINCT FROM after.fingerprint OR before.times IS DISTINCT FROM after.times",
    )
    engine.drop("known_as", "days_before", "days_after")
    what = "days" if policy.drop_time_of_day else "times"
    yield none_found("consistency", f"every person's intervals between {what} are those of the source", differing)


def _days(tables: Sequence[Table], policy: ReleasePolicy, of_source: bool) -> list[str]:
    """SELECT statements (person, what, moment) for each column of days or times, and for the date of death."""
    prefix, person, join = "released_", "given.subject_id", ""
    if of_source:
        prefix, person = "source_", "known_as.released"
        join = " JOIN known_as ON given.subject_id = known_as.patient_id"
    events = [(table.name, column.name) for table in tables for column in table.of_kind("date", "time")]
    kind = "DATE" if policy.drop_time_of_day else "TIMESTAMP"
    days = [
        f"SELECT {person} AS person, {place} AS what, CAST(CAST(given.{name} AS {kind}) AS TIMESTAMP) AS moment"
        f" FROM {prefix}{table} AS given{join} WHERE given.{name} IS NOT NULL"
        for place, (table, name) in enumerate(events, start=1)
    ]
    if "dod" in [column.name for table in tables for column in table.of_kind("derived")]:
        if of_source:
            given = (
                "(SELECT DISTINCT known_as.released AS person, person.dod FROM person JOIN known_as"
                " ON person.patient_id = known_as.patient_id)"
            )
        else:
            given = f"(SELECT subject_id AS person, dod FROM released_{PATIENTS})"
        days.append(
            f"SELECT given.person, 0 AS what, CAST(given.dod AS TIMESTAMP) AS moment FROM {given} AS given"
            " WHERE given.dod IS NOT NULL"
        )
    return days


def _fingerprints(days: str) -> str:
    """A fingerprint of the multiset of seconds since each person's first day; as a sum, it is independent of order."""
    return (
        f"WITH days AS MATERIALIZED ({days}), first AS"
        " (SELECT person, CAST(CAST(min(moment) AS DATE) AS TIMESTAMP) AS day FROM days GROUP BY person)"
        " SELECT days.person, count(*) AS times,"
        " sum(CAST(hash(days.what, epoch_us(days.moment) // 1000000 - epoch_us(first.day) // 1000000) AS HUGEINT))"
        " AS fingerprint FROM days JOIN first ON days.person = first.person GROUP BY days.person"
    )
