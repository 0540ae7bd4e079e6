"""Disclosure checks of a release: values, ages, days, small groups, and the order of rows and numbers."""

from collections.abc import Iterator, Sequence

from linkage.engines.duck.engine import DuckDBEngine
from linkage.quoting import literal
from linkage.release.checks import Check, none_found
from linkage.release.policy import GROUP_YEARS, PATIENTS, ReleasePolicy, Table

SMALL = 11
"""A group with fewer people is small, as in small-cell suppression."""
MOST_CORRELATED = 0.1
"""Rank correlation above which the order of rows is disclosive, unless chance alone can exceed it for so few rows."""


def identifiers(
    engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy, years: tuple[int, int]
) -> Iterator[Check]:
    """Check that values are listed, and that ages, dates, and the order of rows reveal nothing."""
    kind = "identifiers"
    for table in tables:
        released = f"released_{table.name}"
        for column in table.of_kind("values"):
            listed = ", ".join(map(literal, column.values)) or "NULL"
            other = engine.count(f"{released} WHERE {column.name} IS NOT NULL AND {column.name} NOT IN ({listed})")
            yield none_found(kind, f"{table.name}: {column.name} has only listed values", other)
        for column in table.of_kind("range"):
            first, last = column.range
            other = engine.count(f"{released} WHERE {column.name} NOT BETWEEN {first} AND {last}")
            yield none_found(kind, f"{table.name}: {column.name} is between {first} and {last}", other)
        for column in (*table.of_kind("date", "time"), *(c for c in table.of_kind("derived") if c.name == "dod")):
            outside = f"{column.name} < DATE '{years[0]}-01-01'"
            yield none_found(
                kind,
                f"{table.name}: every {column.name} is in {years[0]} or later",
                engine.count(f"{released} WHERE {outside}"),
            )
    yield from _anchors(engine, tables, years)
    yield from _ages(engine, tables, policy)
    yield from _groups(engine, tables, policy)
    yield from _order(engine, tables)


def _anchors(engine: DuckDBEngine, tables: Sequence[Table], years: tuple[int, int]) -> Iterator[Check]:
    """Check the derived columns: a shifted anchor year, and a group of true years."""
    derived = {column.name for table in tables for column in table.of_kind("derived")}
    if "anchor_year" in derived:
        early = engine.count(f"released_{PATIENTS} WHERE anchor_year < {years[0]}")
        yield none_found("identifiers", f"patients: every anchor_year is {years[0]} or later", early)
    if "anchor_year_group" in derived:
        other = f"anchor_year_group IS NOT NULL AND NOT {is_group('anchor_year_group')}"
        found = engine.count(f"released_{PATIENTS} WHERE {other}")
        yield none_found("identifiers", f"patients: anchor_year_group has only groups of {GROUP_YEARS} years", found)


def is_group(text: str) -> str:
    """The SQL condition that a text is a group of years, such as 2014 - 2016."""
    last = f"TRY_CAST(right({text}, 4) AS INTEGER) = TRY_CAST(left({text}, 4) AS INTEGER) + {GROUP_YEARS - 1}"
    return f"({text} LIKE '____ - ____' AND coalesce({last}, FALSE))"


def _ages(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    patients = next(table for table in tables if table.name == PATIENTS)
    if not {"anchor_age", "anchor_year"} <= {column.name for column in patients.columns}:
        return
    released = f"released_{PATIENTS}"
    wrong = f"{released} WHERE anchor_age > {policy.oldest} AND anchor_age <> {policy.oldest_as}"
    yield none_found(
        "identifiers",
        f"patients: no age over {policy.oldest} except {policy.oldest_as}, which replaces all of them",
        engine.count(wrong),
    )
    born_later = engine.count(f"{released} WHERE anchor_age < 0")
    yield none_found("identifiers", "patients: no age below 0", born_later)
    days = [
        f"SELECT subject_id, CAST({column.name} AS DATE) AS day FROM released_{table.name}"
        for table in tables
        for column in table.of_kind("date", "time")
    ]
    if "dod" in {column.name for column in patients.columns}:
        days.append(f"SELECT subject_id, dod AS day FROM {released}")
    # Calendar years give an age only to within one year, because the birthday is unknown; completed years between two
    # days are more precise.
    older = (
        f"{released} AS patient JOIN (SELECT subject_id, min(day) AS first_day, max(day) AS last_day FROM"
        f" ({' UNION ALL '.join(days)}) AS days GROUP BY subject_id) AS lived"
        f" ON patient.subject_id = lived.subject_id WHERE patient.anchor_age <= {policy.oldest}"
        f" AND (patient.anchor_age + year(lived.last_day) - patient.anchor_year > {policy.oldest} + 1"
        f" OR patient.anchor_age + date_sub('year', lived.first_day, lived.last_day) > {policy.oldest})"
    )
    yield none_found("identifiers", f"patients: no date reveals an age over {policy.oldest}", engine.count(older))


def _groups(engine: DuckDBEngine, tables: Sequence[Table], policy: ReleasePolicy) -> Iterator[Check]:
    """Report the people in small groups, without a verdict: an expert decides what is too small."""
    table_of = {column.name: table.name for table in reversed(tables) for column in table.columns}
    chosen = [name for name in policy.groups if name in table_of]
    if not chosen:
        return
    joins, columns = [], []
    for name in chosen:
        if table_of[name] == PATIENTS:
            columns.append(f"patient.{name}")
            continue
        columns.append(f"{name}_of.{name}")
        joins.append(
            f" LEFT JOIN (SELECT subject_id, min({name}) AS {name} FROM released_{table_of[name]} GROUP BY subject_id)"
            f" AS {name}_of ON patient.subject_id = {name}_of.subject_id"
        )
    sizes = (
        f"SELECT count(*) AS people FROM released_{PATIENTS} AS patient{''.join(joins)} GROUP BY {', '.join(columns)}"
    )
    smallest, people = engine.rows(
        f"SELECT min(people), coalesce(sum(CASE WHEN people < {SMALL} THEN people END), 0) FROM ({sizes}) AS sized"
    )[0]
    named = ", ".join(chosen)
    yield Check("identifiers", f"people in groups under {SMALL} of {named}", int(people), None)
    yield Check("identifiers", f"people in the smallest group of {named}", int(smallest or 0), None)


def _order(engine: DuckDBEngine, tables: Sequence[Table]) -> Iterator[Check]:
    """Check that row order and numbers do not reveal when events happened, in shifted time or in true time (known to
    the group of anchor years)."""
    patients = next(table for table in tables if table.name == PATIENTS)
    derived = {column.name for column in patients.of_kind("derived")}
    dated = {"anchor_year", "anchor_year_group"} <= derived
    for table in tables:
        placed = f"placed_{table.name}"
        people = int(engine.rows(f"SELECT count(DISTINCT subject_id) FROM {placed}")[0][0])
        times = [column.name for column in table.of_kind("date", "time")]
        if table.name == PATIENTS:
            times += [name for name in ("anchor_year", "anchor_year_group") if name in derived]
        for name in times:
            pairs = f"SELECT place AS these, {name} AS those FROM {placed} WHERE {name} IS NOT NULL"
            yield _correlated(engine, f"{table.name}: the order of rows does not follow {name}", pairs, people)
        if not dated:
            continue
        time = "anchor_year_group" if table.name == PATIENTS else (table.start or next(iter(times), ""))
        true = _true_time(placed, table, time) if time else ""
        if true and table.name != PATIENTS:
            claim = f"{table.name}: the order of rows does not follow the true years of {time}"
            yield _correlated(engine, claim, f"SELECT place AS these, those FROM ({true}) AS timed", people)
        if true and len(table.key) == 1:
            claim = f"{table.name}: {table.key[0]} does not follow the true years"
            yield _correlated(engine, claim, f"SELECT number AS these, those FROM ({true}) AS timed", people)


def _true_time(placed: str, table: Table, time: str) -> str:
    """A SELECT (place, number, those): the true time of a row, to within the years of a group."""
    key = table.key[0] if len(table.key) == 1 else "place"
    year = "TRY_CAST(left({}.anchor_year_group, 4) AS INTEGER)"
    if table.name == PATIENTS:
        return f"SELECT given.place, given.{key} AS number, {year.format('given')} AS those FROM {placed} AS given"
    moved = f"{year.format('patient')} - patient.anchor_year"
    days = f"date_diff('day', DATE '1970-01-01', CAST(given.{time} AS DATE)) + 365.2425 * ({moved})"
    return (
        f"SELECT given.place, given.{key} AS number, {days} AS those FROM {placed} AS given"
        f" JOIN released_{PATIENTS} AS patient ON given.subject_id = patient.subject_id WHERE given.{time} IS NOT NULL"
        " AND patient.anchor_year_group IS NOT NULL"
    )


def order_of_source(engine: DuckDBEngine, tables: Sequence[Table]) -> Iterator[Check]:
    """Check that the order of released numbers does not follow that of the true numbers."""
    kinds = dict.fromkeys(column.id for table in tables for column in table.of_kind("id"))
    for kind in kinds:
        yield _correlated(
            engine,
            f"released numbers of {kind} do not follow the true ones",
            f"SELECT released AS these, row_number() OVER (ORDER BY length(true_id), true_id) AS those"
            f" FROM crosswalk WHERE kind = '{kind}'",
        )


def _correlated(engine: DuckDBEngine, claim: str, pairs: str, people: int | None = None) -> Check:
    """Spearman's rank correlation, in thousandths. Rows of one person may be adjacent and share an offset, so at most
    `people` rows count as independent."""
    ranked = (
        f"SELECT rank() OVER (ORDER BY these) AS these, rank() OVER (ORDER BY those) AS those FROM ({pairs}) AS pairs"
        " WHERE those IS NOT NULL"
    )
    rows, found = engine.rows(f"SELECT count(*), corr(these, those) FROM ({ranked}) AS ranked")[0]
    known = found is not None and found == found
    strength = abs(float(found)) if known else 0.0
    # Without correlation, the standard error is about 1 / sqrt(number of independent rows).
    independent = int(rows) if people is None else min(int(rows), people)
    most = max(MOST_CORRELATED, 5 / max(independent - 1, 1) ** 0.5)
    return Check("identifiers", f"{claim} (rank correlation in thousandths)", round(1000 * strength), strength <= most)


def offsets(engine: DuckDBEngine, policy: ReleasePolicy) -> Iterator[Check]:
    """Check that the dates of all people are shifted, by different numbers of days."""
    people, zero, different = engine.rows(
        "SELECT count(*), count(CASE WHEN released = 0 THEN 1 END), count(DISTINCT released) FROM crosswalk"
        " WHERE kind = 'offset_days'"
    )[0]
    yield none_found("identifiers", "no offset of dates is 0", zero)
    fewest = min(int(people), 2) if people < 100 else people**0.5
    if "season" in policy.keep:  # then there is about one possible offset per year
        fewest = min(fewest, (policy.years[1] - policy.years[0]) / 4)
    yield Check("identifiers", "offsets are spread (different offsets)", int(different), different >= fewest)
