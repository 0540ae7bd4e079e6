"""Build the released tables: only listed columns, with released numbers and shifted dates, ordered by number.

Creates the tables `source_NAME` (listed columns of a file) and `released_NAME`. Nothing is written before the checks.
"""

from collections.abc import Sequence
from datetime import date

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, shown_names
from linkage.printing import counted
from linkage.quoting import literal, quoted_name
from linkage.release.crosswalk import OFFSET, draw_ids, draw_offsets
from linkage.release.policy import FIRST_GROUP, GROUP_YEARS, PATIENTS, Column, ReleasePolicy, Table
from linkage.sources.source import Source


def load_table(engine: DuckDBEngine, table: Table, file: Source) -> tuple[str, ...]:
    """Read a file into `given_NAME`, and its listed columns into `source_NAME`: numbers and listed values as text,
    times as times. Return the columns that are not released.

    Raises InputError if a required column is missing or a time cannot be read.
    """
    given = engine.columns(file)
    found = {column.lower(): column for column in given} | _as_mapped(table, file)
    listed = [column for column in table.columns if column.kind != "derived"]
    for column in listed:
        if column.required and column.name not in found:
            raise InputError(f"{file.name}: column {column.name} of [tables.{table.name}] is missing.")
    read = [f"{_read(column, found.get(column.name))} AS {column.name}" for column in listed]
    engine.load(f"given_{table.name}", file, "SELECT * FROM source")
    engine.create(f"source_{table.name}", f"SELECT {', '.join(read)} FROM given_{table.name}")
    for column in table.of_kind("date", "time", "range"):
        if column.name in found:
            _refuse_unread(engine, table, column, file, found[column.name])
    kept = {found[column.name] for column in table.columns if column.name in found}
    return tuple(shown_names(name for name in given if name not in kept))


def _as_mapped(table: Table, file: Source) -> dict[str, str]:
    """Map the policy's column names to those of a file, using the column mapping of the run."""
    ours = {"patient_id": "subject_id", "sex": "gender"}
    ours |= {"start": table.start, "discharge": table.end, "death_time": table.death}
    names = {column.name for column in table.columns}
    mapped = {ours[name]: theirs for name, theirs in file.columns.items() if ours.get(name) in names}
    return {name: theirs for name, theirs in mapped.items() if isinstance(theirs, str)}


def _read(column: Column, theirs: str | None) -> str:
    text = "CAST(NULL AS VARCHAR)" if theirs is None else f"nullif(trim(text_of({quoted_name(theirs)})), '')"
    match column.kind:
        case "time":
            return f"timestamp_of({text})"
        case "date":
            return f"CAST(timestamp_of({text}) AS DATE)"
        case "range":
            return f"TRY_CAST({text} AS BIGINT)"
    return text


def _refuse_unread(engine: DuckDBEngine, table: Table, column: Column, file: Source, theirs: str) -> None:
    text = f"nullif(trim(text_of({quoted_name(theirs)})), '')"
    given = engine.count(f"given_{table.name} WHERE {text} IS NOT NULL")
    read = engine.count(f"source_{table.name} WHERE {column.name} IS NOT NULL")
    if given != read and column.kind == "range":
        raise InputError(
            f"{file.name}: {given - read:,} values of {column.name} are not whole numbers. Write whole numbers, or"
            " leave them empty: the policy allows nothing else in a release."
        )
    if given != read:
        raise InputError(
            f"{file.name}: {counted(given - read, 'value')} of {column.name} cannot be read as a time. Write them as"
            " 2015-01-31 07:30:00, or leave them empty: a time that cannot be read cannot be shifted."
        )


def give_numbers(engine: DuckDBEngine, policy: ReleasePolicy, tables: Sequence[Table]) -> None:
    """Add released numbers for new patients, stays, and people to `crosswalk`."""
    kinds: dict[str, list[str]] = {"subject_id": ["SELECT person_id AS true_id FROM person"]}
    for table in tables:
        for column in table.of_kind("id"):
            if column.id != "subject_id":
                name = column.name
                kinds.setdefault(column.id, []).append(
                    f"SELECT {name} AS true_id FROM source_{table.name} WHERE {name} IS NOT NULL"
                )
    for kind, selects in kinds.items():
        engine.create("unnumbered", " UNION ".join(selects))
        draw_ids(engine, kind, policy.ids[kind], "SELECT number FROM true_number")
    engine.drop("unnumbered")


def give_offsets(engine: DuckDBEngine, policy: ReleasePolicy, tables: Sequence[Table]) -> tuple[int, int]:
    """Create `lived`, the first and last date of each person, draw offsets for new people, and return the first and
    last year of the release.

    If the hospital's dates reach into the years of the policy (for example, if a release is released again), the years
    are moved forward by centuries until they are later than all true dates, so that true and released dates differ.
    """
    times = [
        f"SELECT person.person_id, CAST(source.{column.name} AS DATE) AS day FROM source_{table.name} AS source"
        f" JOIN person ON source.subject_id = person.patient_id WHERE source.{column.name} IS NOT NULL"
        for table in tables
        for column in table.of_kind("date", "time")
    ]
    times.append("SELECT person_id, dod AS day FROM person WHERE dod IS NOT NULL")
    engine.create(
        "lived",
        f"SELECT person_id, min(day) AS first_date, max(day) AS last_date FROM ({' UNION ALL '.join(times)}) AS days"
        " GROUP BY person_id",
    )
    ((latest,),) = engine.rows("SELECT max(last_date) FROM lived")
    first, last = policy.years
    while latest is not None and latest >= date(first, 1, 1):
        first, last = first + 100, last + 100
    draw_offsets(engine, first, last, policy.keep)
    return first, last


def build_tables(engine: DuckDBEngine, policy: ReleasePolicy, tables: Sequence[Table]) -> None:
    """Create `released_NAME` for each table from `source_NAME`, `person`, `crosswalk`, and `lived`."""
    engine.create(
        "moved",
        "SELECT DISTINCT person.patient_id, number.released AS subject_id, coalesce(days.released, 0) AS offset_days"
        " FROM person JOIN crosswalk AS number ON number.kind = 'subject_id' AND number.true_id = person.person_id"
        f" LEFT JOIN crosswalk AS days ON days.kind = '{OFFSET}' AND days.true_id = person.person_id",
    )
    for table in tables:
        if table.name != PATIENTS:
            engine.create(f"released_{table.name}", _released(policy, table))
    engine.create(f"released_{PATIENTS}", _patients(policy, policy.table(PATIENTS)))


def _released(policy: ReleasePolicy, table: Table) -> str:
    columns, joins = [], []
    for column in table.columns:
        name = column.name
        if column.kind == "id" and column.id == "subject_id":
            columns.append(f"moved.subject_id AS {name}")
        elif column.kind == "id":
            columns.append(f"{name}_number.released AS {name}")
            joins.append(
                f" LEFT JOIN crosswalk AS {name}_number ON {name}_number.kind = '{column.id}'"
                f" AND {name}_number.true_id = source.{name}"
            )
        elif column.kind in ("date", "time"):
            columns.append(f"{shifted(policy, column, f'source.{name}')} AS {name}")
        else:
            columns.append(f"source.{name}")
    return (
        f"SELECT {', '.join(columns)} FROM source_{table.name} AS source"
        f" LEFT JOIN moved ON source.subject_id = moved.patient_id{''.join(joins)}"
    )


def shifted(policy: ReleasePolicy, column: Column, value: str) -> str:
    """The SQL expression for a day or time shifted by the person's offset."""
    if column.kind == "date":
        return f"CAST({value} + to_days(CAST(moved.offset_days AS INTEGER)) AS DATE)"
    day = f"date_trunc('day', {value})" if policy.drop_time_of_day else value
    return f"CAST({day} + to_days(CAST(moved.offset_days AS INTEGER)) AS TIMESTAMP)"


def _patients(policy: ReleasePolicy, table: Table) -> str:
    """One row per person. A person who exceeds the oldest age at any released date is in the oldest group."""
    columns = {column.name: f"given.{column.name}" for column in table.columns if column.kind in ("values", "range")}
    columns |= {
        "subject_id": "moved.subject_id",
        "anchor_age": f"CASE WHEN age_at_last > {policy.oldest} THEN {policy.oldest_as} ELSE age_at_first END",
        "anchor_year": "CAST(year(first_date + to_days(CAST(moved.offset_days AS INTEGER))) AS INTEGER)",
        "anchor_year_group": "year_group",
        "dod": "CAST(dod + to_days(CAST(moved.offset_days AS INTEGER)) AS DATE)",
    }
    listed = ", ".join(f"{columns[column.name]} AS {column.name}" for column in table.columns)
    return f"""
WITH given AS (
    SELECT * FROM (
        SELECT source.*, person.person_id, row_number() OVER (
            PARTITION BY person.person_id ORDER BY length(source.subject_id), source.subject_id
        ) AS place
        FROM source_{PATIENTS} AS source JOIN person ON source.subject_id = person.patient_id
    ) AS placed WHERE place = 1
),
aged AS (
    SELECT
        person.person_id,
        min(person.dod) AS dod,
        any_value(lived.first_date) AS first_date,
        min({_age_on("lived.first_date")}) AS age_at_first,
        max({_age_on("lived.last_date")}) AS age_at_last,
        min({_group_of("lived.first_date")}) AS year_group
    FROM person
    LEFT JOIN lived ON person.person_id = lived.person_id
    LEFT JOIN born ON person.patient_id = born.patient_id
    LEFT JOIN anchored ON person.patient_id = anchored.patient_id
    GROUP BY person.person_id
)
SELECT {listed}
FROM given
JOIN aged ON given.person_id = aged.person_id
JOIN moved ON given.subject_id = moved.patient_id
"""


def _age_on(day: str) -> str:
    # Completed years. Without a birth date, use the age in an earlier release, which refers to its anchor year.
    return f"coalesce(date_sub('year', born.born, {day}), anchored.anchor_age + year({day}) - anchored.anchor_year)"


def _group_of(day: str) -> str:
    start = f"{FIRST_GROUP} + {GROUP_YEARS} * CAST(floor((year({day}) - {FIRST_GROUP}) / {GROUP_YEARS}.0) AS INTEGER)"
    return f"coalesce(anchored.anchor_year_group, ({start}) || ' - ' || ({start} + {GROUP_YEARS - 1}))"


def leave_out(engine: DuckDBEngine, table: Table) -> int:
    """Remove the rows with values listed in the policy's `leave_out`, and return their number."""
    if not table.leave_out:
        return 0
    excluded = " OR ".join(f"{column} IN ({', '.join(map(literal, values))})" for column, values in table.leave_out)
    count = engine.count(f"source_{table.name} WHERE {excluded}")
    engine.create(f"source_{table.name}", f"SELECT * FROM source_{table.name} WHERE NOT coalesce({excluded}, FALSE)")
    return count
