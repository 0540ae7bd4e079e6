"""The files that describe a release: a page, a manifest, and SQL to load it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from linkage.printing import counted
from linkage.printing import table as text_table
from linkage.release.policy import PATIENTS, Column, ReleasePolicy, Table

if TYPE_CHECKING:
    from linkage.release.release import Release

NOTICE = (
    "Dates were shifted and identifiers were removed or replaced. Shifted dates are not HIPAA's Safe Harbor, which"
    " allows only the year of a date (45 CFR 164.514(b)(2)). To share these tables, you need an expert determination"
    " (164.514(b)(1)), or a limited data set with a data use agreement (164.514(e))."
)
TO_DETERMINE = (
    "whether the small groups listed below can be linked with other data to identify a person",
    "whether public events, such as a known accident, can be recognized by their intervals and times of day",
    "whether the listed values, such as names of wards, are acceptable in combination",
    "who may receive the tables, and under which agreement",
)
_GIVES_AWAY = {
    "weekday": "Offsets are whole weeks: they reveal the true weekday of every event, and only one offset in seven is"
    " possible.",
    "season": "Offsets are whole years: they reveal the true season of every event, and few offsets are possible.",
}


_OF_32_BITS = 2**31


def manifest(release: "Release", digests: Mapping[str, str], version: str) -> dict[str, Any]:
    """A record of the release with counts only: no number, name, or date of the source, and no data of the registry."""
    policy = release.policy
    return {
        "notice": NOTICE,
        "policy": {"name": policy.name, "title": policy.title},
        "dates": {"years": list(release.years), "keep": list(policy.keep), "time_of_day": _hours(policy)},
        "age": {"oldest": policy.oldest, "older_as": policy.oldest_as},
        "rows": dict(release.rows),
        "columns_dropped": {name: list(columns) for name, columns in release.dropped.items()},
        "rows_left_out": dict(release.left_out),
        "people": {"known_from_an_earlier_release": release.known_people, "new": release.new_people},
        "checks": {
            result: sum(check.result == result for check in release.checks) for result in ("pass", "fail", "reported")
        },
        "files": dict(digests),
        "versions": {"linkage": version},
    }


def printed(release: "Release") -> str:
    """The checks as a table, the columns and rows left out, and the location of the release."""
    rows = [[check.kind, check.claim, check.result, f"{check.found:,}"] for check in release.checks]
    failed = len(release.failed)
    parts = [
        text_table([["kind", "check", "result", "found"], *rows], right=[3]),
        f"{len(release.checks)} checks: {failed} failed." if failed else f"{len(release.checks)} checks, none failed.",
    ]
    for name, columns in release.dropped.items():
        if columns:
            parts.append(f"{name}: columns left out: {', '.join(columns)}.")
    for name, count in release.left_out.items():
        parts.append(
            f"{name}: {counted(count, 'row')} left out: the patient is not in the run, or leave_out lists a value."
        )
    if not release.had_crosswalk:
        parts.append(
            "NO CROSSWALK OF AN EARLIER RELEASE: all numbers and offsets are new. Nothing in this release can be joined"
            " to an earlier one."
        )
    counts = ", ".join(f"{name} {rows:,}" for name, rows in release.rows.items())
    parts.append(f"Rows in {release.folder}: {counts}.")
    return "\n".join(parts)


def _hours(policy: ReleasePolicy) -> str:
    return "dropped" if policy.drop_time_of_day else "kept"


def markdown(release: "Release") -> str:
    """The page that accompanies the tables."""
    policy = release.policy
    given = [_GIVES_AWAY[keep] for keep in policy.keep]
    given += [] if policy.drop_time_of_day else ["Times of day are the true ones."]
    lines = [
        f"# {policy.title}", "", NOTICE, "",
        "## What was done", "",
        "- Numbers of patients and stays were replaced by random numbers.",
        f"- All dates of a person were shifted by the same number of days, into the years {release.years[0]} to"
        f" {release.years[1]}. Intervals are unchanged. People cannot be compared in calendar time.",
        "- A date of death is given when it is at most one year after the last discharge."
        f" Ages over {policy.oldest} are {policy.oldest_as}, also for people who reach that age within these tables.",
        "- Columns and values that the policy does not list were left out.",
        *(f"- {text}" for text in given), "",
        "## What an expert has to determine", "",
        *(f"- {text[0].upper()}{text[1:]}." for text in TO_DETERMINE), "",
        "## Tables", "",
        "| table | rows | columns left out | rows left out |", "|---|--:|---|--:|",
        *(
            f"| {name} | {rows:,} | {', '.join(release.dropped.get(name, ())) or 'none'} |"
            f" {release.left_out.get(name, 0):,} |"
            for name, rows in release.rows.items()
        ), "",
        "## Checks", "",
        "| kind | check | result | found |", "|---|---|---|--:|",
        *(f"| {check.kind} | {check.claim} | {check.result} | {check.found:,} |" for check in release.checks), "",
    ]  # fmt: skip
    return "\n".join(lines)


def create_sql(policy: ReleasePolicy, tables: Sequence[Table], format: str) -> str:
    """Statements that create the tables in PostgreSQL."""
    made = []
    for table in tables:
        columns = ",\n".join(
            f"  {column.name} {_type_of(policy, column)}{' NOT NULL' if column.required else ''}"
            for column in table.columns
        )
        made.append(f"CREATE TABLE {table.name} (\n{columns}\n);")
    loads = "\n".join(
        f"--   \\copy {table.name} FROM PROGRAM 'gzip -dc {table.name}.csv.gz' WITH (FORMAT csv, HEADER)"
        for table in tables
    )
    if format == "parquet":
        loads = "--   psql reads CSV: release the tables with --format csv.gz, or use a program that reads Parquet."
    head = f"-- {policy.title}\n-- Create the tables, load them in psql, then run constraints.sql:\n{loads}\n\n"
    return head + "\n\n".join(made) + "\n"


def _type_of(policy: ReleasePolicy, column: Column) -> str:
    match column.kind:
        case "id" | "range":
            least, most = policy.ids[column.id] if column.kind == "id" else column.range
            return "INTEGER" if least >= -_OF_32_BITS and most < _OF_32_BITS else "BIGINT"
        case "time":
            return "TIMESTAMP(0)"
        case "date":
            return "DATE"
        case "values":
            longest = max((len(value) for value in column.values), default=1)
            return f"VARCHAR({longest})"
    return {"dod": "DATE", "anchor_year_group": "VARCHAR(20)"}.get(column.name, "SMALLINT")


def constraints_sql(policy: ReleasePolicy, tables: Sequence[Table]) -> str:
    """Keys and constraints, to be added after the tables are loaded."""
    homes = {table.key[0]: table.name for table in tables if len(table.key) == 1}
    lines = [f"ALTER TABLE {table.name} ADD PRIMARY KEY ({', '.join(table.key)});" for table in tables if table.key]
    for table in tables:
        for column in table.of_kind("id"):
            home = homes.get(column.name)
            if home and home != table.name:
                lines.append(
                    f"ALTER TABLE {table.name} ADD FOREIGN KEY ({column.name}) REFERENCES {home} ({column.name});"
                )
        if table.start and table.end:
            lines.append(
                f"ALTER TABLE {table.name} ADD CHECK (CAST({table.end} AS DATE) >= CAST({table.start} AS DATE));"
            )
    names = {column.name for column in next(t for t in tables if t.name == PATIENTS).columns}
    if "anchor_age" in names:
        lines.append(f"ALTER TABLE {PATIENTS} ADD CHECK (anchor_age BETWEEN 0 AND {policy.oldest_as});")
    return "\n".join(lines) + "\n"
