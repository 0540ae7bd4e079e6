"""Checks of released tables, of the three kinds that the MIMIC-IV paper names: integrity, consistency, and whether
identifiers are gone.

Each is one row: what is claimed, whether it holds, and the number found against it. Checks of `released_NAME` alone
serve tables that others have made, too; those that need the source compare with `source_NAME`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from linkage.engines import count_rows
from linkage.engines.duck.engine import DuckDBEngine
from linkage.quoting import literal
from linkage.release.policy import PATIENTS, ReleasePolicy, Table

SMALL = 11
"""Groups of fewer people are called small, as in the suppression of small cells."""
MOST_CORRELATED = 0.1
"""Rank correlation, above which the order of rows tells something, unless chance alone gives more for so few rows."""

_DAYS_OF_A_YEAR = 366
_TOLERANCE = 30
"""Days by which a registry's date of death may precede the last discharge: the tolerance of a cascade by default."""


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about a release. `found` counts what speaks against it; `passed` is None where nothing is claimed
    and the number itself is what a reader needs."""

    kind: str
    claim: str
    found: int
    passed: bool | None

    @property
    def result(self) -> str:
        """pass, fail or told."""
        return "told" if self.passed is None else "pass" if self.passed else "fail"


def _none(kind: str, claim: str, found: int) -> Check:
    return Check(kind, claim, int(found), not found)


def integrity(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """Every number resolves, keys are unique, and required values are there."""
    homes = _homes(tables)
    for table in tables:
        released = f"released_{table.name}"
        if table.key:
            key = ", ".join(table.key)
            repeated = f"(SELECT {key} FROM {released} GROUP BY {key} HAVING count(*) > 1) AS repeated"
            yield _none(
                "integrity",
                f"{table.name}: {' and '.join(table.key)} stand on one row each",
                count_rows(engine, repeated),
            )
        for column in table.columns:
            if column.required:
                missing = count_rows(engine, f"{released} WHERE {column.name} IS NULL")
                yield _none("integrity", f"{table.name}: {column.name} is never empty", missing)
        for column in table.of_kind("id"):
            home = homes.get(column.name)
            if home and home != table.name:
                orphans = count_rows(
                    engine,
                    f"{released} AS given WHERE given.{column.name} IS NOT NULL AND NOT EXISTS"
                    f" (SELECT 1 FROM released_{home} AS home WHERE home.{column.name} = given.{column.name})",
                )
                yield _none("integrity", f"{table.name}: every {column.name} is in {home}", orphans)
            first, last = policy.ids[column.id]
            outside = count_rows(engine, f"{released} WHERE {column.name} NOT BETWEEN {first} AND {last}")
            yield _none("integrity", f"{table.name}: {column.name} lies in {first} to {last}", outside)


def _homes(tables: Sequence[Table]) -> dict[str, str]:
    """The table that each number is the key of."""
    return {table.key[0]: table.name for table in tables if len(table.key) == 1}


def consistency(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """Known truths: stays end after they begin, and deaths come when they can."""
    for table in tables:
        if table.start and table.end:
            # A day without an hour says nothing of its hours, and a donor's account begins after a death.
            backwards = f"released_{table.name} WHERE CAST({table.end} AS DATE) < CAST({table.start} AS DATE)"
            yield _none(
                "consistency", f"{table.name}: {table.end} is not before {table.start}", count_rows(engine, backwards)
            )
    yield from _deaths(engine, tables)
    for share in policy.shares:
        if share.table in {table.name for table in tables}:
            rows = count_rows(engine, f"released_{share.table}")
            known = count_rows(engine, f"released_{share.table} WHERE {share.column} IS NOT NULL")
            stated = f"{100 * share.at_least:g} % of rows (found {_percent(known, rows)})"
            claim = f"{share.table}: {share.column} is known in {stated}"
            yield Check("consistency", claim, rows - known, known >= share.at_least * rows)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "no rows"


def _deaths(engine: DuckDBEngine, tables: Sequence[Table]) -> Iterator[Check]:
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
    # After the shift a year of 366 days can lie where one of 365 lay, so that days are counted.
    late = count_rows(engine, f"{joined} WHERE days_between(patient.dod, last.day) > {_DAYS_OF_A_YEAR}")
    yield _none("consistency", f"patients: dod is at most {_DAYS_OF_A_YEAR} days after the last discharge", late)
    before = f"{joined} WHERE days_between(last.day, patient.dod) > {{days}} AND patient.dod IS DISTINCT FROM last.died"
    early = count_rows(engine, before.format(days=_TOLERANCE))
    claim = f"patients: dod is at most {_TOLERANCE} days before the last discharge, or the death in hospital"
    yield _none("consistency", claim, early)
    claim = "patients whose dod is before the last discharge by fewer days, as a registry's date can be"
    yield Check("consistency", claim, count_rows(engine, before.format(days=0)) - early, None)
    without = count_rows(
        engine,
        f"released_{PATIENTS} AS patient WHERE patient.dod IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM ({ends}) AS stays WHERE stays.subject_id = patient.subject_id)",
    )
    yield _none("consistency", "patients: nobody without a stay has a dod", without)


def against_source(engine: DuckDBEngine, tables: Sequence[Table], counts_only: bool = False) -> Iterator[Check]:
    """Counts and intervals are those of the source: every patient's times lie as far apart as they did."""
    for table in tables:
        of_people = "SELECT count(DISTINCT person_id) FROM person" if table.name == PATIENTS else ""
        expected = engine.rows(of_people or f"SELECT count(*) FROM source_{table.name}")[0][0]
        found = count_rows(engine, f"released_{table.name}")
        yield _none("consistency", f"{table.name}: as many rows as the source has", abs(int(expected) - found))
    if counts_only:
        return
    events = [(t, c.name) for t in tables if t.name != PATIENTS for c in t.of_kind("date", "time")]
    if events:
        before = _intervals(
            events, "source_", "person.person_id", " JOIN person ON given.subject_id = person.patient_id"
        )
        after = _intervals(events, "released_", "subject_id", "")
        differing = count_rows(
            engine,
            "(SELECT before.times, before.fingerprint FROM"
            f" ({before}) AS before"
            " JOIN crosswalk ON crosswalk.kind = 'subject_id' AND crosswalk.true_id = before.person"
            f" FULL JOIN ({after}) AS after ON crosswalk.released = after.person"
            " WHERE before.fingerprint IS DISTINCT FROM after.fingerprint OR before.times IS DISTINCT FROM after.times)"
            " AS differing",
        )
        yield _none("consistency", "every patient's intervals between days are those of the source", differing)


def _intervals(events: Sequence[tuple[Table, str]], prefix: str, person: str, join: str) -> str:
    """A fingerprint of the multiset of days since each person's first day: a sum, which no order changes."""
    days = " UNION ALL ".join(
        f"SELECT {person} AS person, CAST(given.{name} AS DATE) AS day, '{table.name} {name}' AS what"
        f" FROM {prefix}{table.name} AS given{join} WHERE given.{name} IS NOT NULL"
        for table, name in events
    )
    return (
        "SELECT CAST(person AS VARCHAR) AS person_text, person, count(*) AS times,"
        " sum(CAST(hash(what, date_diff('day', first, day)) AS HUGEINT)) AS fingerprint"
        f" FROM (SELECT *, min(day) OVER (PARTITION BY person) AS first FROM ({days}) AS days) AS since GROUP BY person"
    )


def identifiers(
    engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy, years: tuple[int, int]
) -> Iterator[Check]:
    """Only listed values, ages and dates that say nothing, and an order of rows that says nothing."""
    kind = "identifiers"
    for table in tables:
        released = f"released_{table.name}"
        for column in table.of_kind("values"):
            listed = ", ".join(map(literal, column.values)) or "NULL"
            other = count_rows(
                engine, f"{released} WHERE {column.name} IS NOT NULL AND {column.name} NOT IN ({listed})"
            )
            yield _none(kind, f"{table.name}: {column.name} holds listed values alone", other)
        for column in table.of_kind("range"):
            first, last = column.range
            other = count_rows(engine, f"{released} WHERE {column.name} NOT BETWEEN {first} AND {last}")
            yield _none(kind, f"{table.name}: {column.name} lies in {first} to {last}", other)
        for column in (*table.of_kind("date", "time"), *(c for c in table.of_kind("derived") if c.name == "dod")):
            outside = f"{column.name} < DATE '{years[0]}-01-01'"
            yield _none(
                kind,
                f"{table.name}: every {column.name} is in {years[0]} or later",
                count_rows(engine, f"{released} WHERE {outside}"),
            )
    yield from _ages(engine, tables, policy)
    yield from _groups(engine, tables, policy)
    yield from _order(engine, tables)


def _ages(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    patients = next(table for table in tables if table.name == PATIENTS)
    if not {"anchor_age", "anchor_year"} <= {column.name for column in patients.columns}:
        return
    released = f"released_{PATIENTS}"
    wrong = f"{released} WHERE anchor_age > {policy.oldest} AND anchor_age <> {policy.oldest_as} OR anchor_age < 0"
    yield _none(
        "identifiers",
        f"patients: no age over {policy.oldest} but {policy.oldest_as}, which stands for all of them",
        count_rows(engine, wrong),
    )
    days = [
        f"SELECT subject_id, {column.name} AS day FROM released_{table.name}"
        for table in tables
        for column in table.of_kind("date", "time")
    ]
    days.append(f"SELECT subject_id, CAST(dod AS TIMESTAMP) AS day FROM {released}")
    older = (
        f"{released} AS patient JOIN (SELECT subject_id, max(year(day)) AS last_year FROM"
        f" ({' UNION ALL '.join(days)}) AS days GROUP BY subject_id) AS last ON patient.subject_id = last.subject_id"
        f" WHERE patient.anchor_age <= {policy.oldest}"
        f" AND patient.anchor_age + last.last_year - patient.anchor_year > {policy.oldest} + 1"
    )
    yield _none("identifiers", f"patients: no date tells an age over {policy.oldest}", count_rows(engine, older))


def _groups(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """The people of small groups: told, because what is small enough is for an expert to say."""
    held = {column.name: table.name for table in reversed(tables) for column in table.columns}
    chosen = [name for name in policy.groups if name in held]
    if not chosen:
        return
    joins, columns = [], []
    for name in chosen:
        if held[name] == PATIENTS:
            columns.append(f"patient.{name}")
            continue
        columns.append(f"{name}_of.{name}")
        joins.append(
            f" LEFT JOIN (SELECT subject_id, min({name}) AS {name} FROM released_{held[name]} GROUP BY subject_id)"
            f" AS {name}_of ON patient.subject_id = {name}_of.subject_id"
        )
    sizes = (
        f"SELECT count(*) AS people FROM released_{PATIENTS} AS patient{''.join(joins)} GROUP BY {', '.join(columns)}"
    )
    smallest, people = engine.rows(
        f"SELECT min(people), coalesce(sum(CASE WHEN people < {SMALL} THEN people END), 0) FROM ({sizes}) AS sized"
    )[0]
    named = ", ".join(chosen)
    yield Check(
        "identifiers", f"people in groups under {SMALL} of {named} (smallest group: {smallest or 0})", int(people), None
    )


def _order(engine: DuckDBEngine, tables: Sequence[Table]) -> Iterator[Check]:
    """The place of a row says nothing of when things happened: rows stand in the order of random numbers."""
    for table in tables:
        times = [column.name for column in table.of_kind("date", "time")]
        times += ["anchor_year"] if "anchor_year" in [column.name for column in table.of_kind("derived")] else []
        if "anchor_year_group" in [column.name for column in table.of_kind("derived")]:
            times.append("anchor_year_group")
        for name in times:
            yield _correlated(
                engine, f"{table.name}: the order of rows does not follow {name}",
                f"SELECT place AS these, {name} AS those FROM placed_{table.name} WHERE {name} IS NOT NULL",
            )  # fmt: skip


def order_of_source(engine: DuckDBEngine, tables: Sequence[Table]) -> Iterator[Check]:
    """Released numbers do not follow the order of the true ones, nor that of the rows of the source."""
    kinds = dict.fromkeys(column.id for table in tables for column in table.of_kind("id"))
    for kind in kinds:
        yield _correlated(
            engine,
            f"released numbers of {kind} do not follow the true ones",
            f"SELECT released AS these, row_number() OVER (ORDER BY length(true_id), true_id) AS those"
            f" FROM crosswalk WHERE kind = '{kind}'",
        )


def _correlated(engine: DuckDBEngine, claim: str, pairs: str) -> Check:
    """Spearman's rank correlation, in thousandths."""
    ranked = (
        f"SELECT rank() OVER (ORDER BY these) AS these, rank() OVER (ORDER BY those) AS those FROM ({pairs}) AS pairs"
    )
    rows, found = engine.rows(f"SELECT count(*), corr(these, those) FROM ({ranked}) AS ranked")[0]
    known = found is not None and found == found
    strength = abs(float(found)) if known else 0.0
    # Under no correlation the standard error is about one over the root of the rows.
    most = max(MOST_CORRELATED, 5 / max(int(rows) - 1, 1) ** 0.5)
    return Check("identifiers", f"{claim} (rank correlation in thousandths)", round(1000 * strength), strength <= most)


def offsets(engine: DuckDBEngine) -> Iterator[Check]:
    """Everybody's dates moved, and not by the same days."""
    people, zero, different = engine.rows(
        "SELECT count(*), count(CASE WHEN released = 0 THEN 1 END), count(DISTINCT released) FROM crosswalk"
        " WHERE kind = 'offset_days'"
    )[0]
    yield _none("identifiers", "no offset of dates is 0", zero)
    fewest = min(int(people), 2) if people < 100 else people**0.5
    yield Check(
        "identifiers",
        f"offsets are spread (different offsets of {people:,} people)",
        int(different),
        different >= fewest,
    )


def leaks(engine: DuckDBEngine, lines: str, true_span: tuple[date, date] | None) -> Iterator[Check]:
    """Search the bytes of all files, given as the table `lines` (line), for true identifiers and true dates.

    `true_token` holds the words and numbers of the source that identify; `listed_token` the words that a policy lists.
    """
    engine.create(
        "released_token",
        "SELECT DISTINCT unnest(regexp_extract_all(upper(line), '[A-Z0-9]+')) AS token FROM " + lines,
    )
    for what, claim in (
        ("number", "no number of a patient, a stay or a person of the source stands in any file"),
        ("name", "no name of a patient of the source stands in any file"),
    ):
        found = count_rows(
            engine,
            "released_token JOIN true_token ON released_token.token = true_token.token"
            f" WHERE true_token.what = '{what}'"
            " AND NOT EXISTS (SELECT 1 FROM listed_token WHERE listed_token.token = released_token.token)",
        )
        yield _none("identifiers", claim, found)
    if true_span:
        engine.create(
            "released_day",
            "SELECT DISTINCT unnest(regexp_extract_all(line, '[0-9]{4}-[0-9]{2}-[0-9]{2}')) AS day FROM " + lines,
        )
        found = count_rows(engine, f"released_day WHERE day BETWEEN '{true_span[0]}' AND '{true_span[1]}'")
        yield _none("identifiers", "no date of the years of the source stands in any file", found)
        engine.drop("released_day")
    engine.drop("released_token")
