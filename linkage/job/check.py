"""Looking at a job before it is run: everything is read and standardised, nothing is linked.

It says what a run would do and what looks wrong. Shares and counts alone: no value of an identifier.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.engines import Engine, count_rows
from linkage.engines.duck.engine import DuckDBEngine
from linkage.job.concerns import concerns
from linkage.job.job import Job
from linkage.method.account import Stopwatch
from linkage.method.censor import NO_COVERAGE
from linkage.method.coverage import guess_coverage
from linkage.method.records import DEATH_COLUMNS, PATIENT_COLUMNS, Loaded, trimmed
from linkage.quoting import literal
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.run.opening import open_duckdb, prepare
from linkage.run.reading_summary import columns_not_used, forms_of_dates, hints, lost_values, rules_out_of_reach
from linkage.run.summary import share, table
from linkage.sources.source import Source, told_sources
from linkage.values.dates import EARLIEST_YEAR
from linkage.values.names import SEXES

_SIDES = {"patient": PATIENT_COLUMNS, "death": DEATH_COLUMNS}
_IN_TABLE = {"death_date": "death_date_partial"}
_NOT_COUNTED = ("void",)


def check(job: Job) -> str:
    """Read everything that a job names, link nothing, and say what looks wrong.

    Raises InputError and RulesError where a run would.
    """
    cascade = read_rules(job.rules)
    sources = told_sources(job.patients, job.deaths, list(job.encounters), {})
    engine = open_duckdb(job.memory, job.threads, sources)
    try:
        ready = prepare(engine, cascade, sources, job.groups, Stopwatch(), "")
        loaded = ready.loaded
        counts = {"cleaned": ready.cleaning}
        columns = _columns(engine, sources, loaded, counts)
        wrong = concerns(engine, sources, loaded, columns)
        parts = [
            _intent(engine, job, cascade, ready.keys, bool(loaded[2:])),
            rules_out_of_reach(cascade, loaded),
            _rows(engine, loaded),
            _table_of_columns(columns),
            _duplicates(engine, loaded, ready.persons),
            _spans(engine, loaded),
            forms_of_dates(loaded),
            columns_not_used(loaded),
            hints(counts, loaded),
            "\n".join(["What looks wrong", *(f"  {concern}" for concern in wrong)])
            if wrong
            else "Nothing looks wrong.",
        ]
    finally:
        engine.close()
    return "\n\n".join(part for part in parts if part)


def _intent(engine: Engine, job: Job, cascade: Cascade, keys: Sequence[Sequence[str]], mortality: bool) -> str:
    lines = [f"A run would link by {cascade.name} ({len(cascade.rules)} rules), with {job.engine}."]
    lines.append(f"Candidates agree on one of: {'; '.join(' + '.join(key) for key in keys)}.")
    if mortality:
        lines.append(_coverage(engine, job))
        lines.append(f"A year would count from the last discharge, anchor {job.policy.anchor}.")
    target = f", and into schema {job.target.schema} of a PostgreSQL server" if job.target else ""
    lines.append(f"It would be written to {job.folder}{target}.")
    return "\n".join(lines)


def _coverage(engine: Engine, job: Job) -> str:
    first, last = job.policy.coverage_first, job.policy.coverage_last
    if first and last:
        return f"Registry coverage: {first} to {last} (stated)."
    guess = guess_coverage(engine)
    if guess.last == NO_COVERAGE:
        return "Registry coverage: none, because no date of death can be read. Nobody would be said to be alive."
    return f"Registry coverage: {first or guess.first} to {last or guess.last} (a guess: {guess.how})."


def _rows(engine: Engine, loaded: Sequence[Loaded]) -> str:
    rows = [["file", "rows", "used", "rejected", "because"]]
    for one in loaded:
        reasons = [
            f"{reason} {number:,}"
            for file, reason, number in engine.rows(
                "SELECT file, reason, count(*) FROM rejected GROUP BY file, reason ORDER BY file, reason"
            )
            if file == one.name
        ]
        rows.append([one.name, f"{one.rows:,}", f"{one.used:,}", f"{one.rejected:,}", "; ".join(reasons)])
    return table(rows, right=[1, 2, 3])


def _columns(
    engine: DuckDBEngine, sources: Sequence[Source], loaded: Sequence[Loaded], counts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """For each column that was found: rows, values missing, and values lost by reason."""
    found = []
    for (side, wanted), source, one in zip(_SIDES.items(), sources, loaded, strict=False):
        for ours in wanted:
            if ours in one.columns and ours not in (f"{side}_id", *_NOT_COUNTED):
                column = _IN_TABLE.get(ours, ours)
                known = f"coalesce({column}, {column}_partial)" if ours == "birth_date" else column
                unknown = count_rows(engine, f"{side} WHERE {known} IS NULL")
                lost = lost_values(counts["cleaned"].get(side, {}).get(column, {}))
                if ours == "sex" and (unread := _sexes_not_read(engine, source, one.columns[ours])):
                    lost = {"neither M, F, 1 nor 2": unread}
                found.append(_column(one, ours, unknown, lost))
    for one in loaded[2:]:
        for ours, number in one.times_not_read.items():
            found.append(_column(one, ours, number, {"not a time": number}))
    return found


def _sexes_not_read(engine: DuckDBEngine, source: Source, column: str) -> int:
    """How many rows hold a word in the column of the sex that is none for a man or a woman."""
    text = f"upper({trimmed(column)})"
    codes = ", ".join(map(literal, SEXES))
    frame = engine.frame(f"SELECT count(*) FILTER (WHERE {text} NOT IN ({codes})) AS unread FROM source", source)
    return int(frame["unread"].iloc[0])


def _column(one: Loaded, ours: str, unknown: int, lost: Mapping[str, int]) -> dict[str, Any]:
    return {
        "file": one.name,
        "name": one.columns[ours],
        "ours": ours,
        "rows": one.rows if "not a time" in lost else one.used,
        "missing": max(unknown - sum(lost.values()), 0),
        "lost": lost,
    }


def _table_of_columns(columns: Sequence[Mapping[str, Any]]) -> str:
    rows = [["file", "column", "read as", "missing", "not readable or dummy", "because"]]
    for column in columns:
        lost = sum(column["lost"].values())
        told = "; ".join(f"{reason} {share(n, column['rows'])}" for reason, n in sorted(column["lost"].items()))
        missing, bad = share(column["missing"], column["rows"]), share(lost, column["rows"])
        rows.append([column["file"], column["name"], column["ours"], missing, bad, told])
    return table(rows, right=[3, 4])


def _duplicates(engine: Engine, loaded: Sequence[Loaded], persons: Mapping[str, int]) -> str:
    rows = [["file", "duplicates", "records", "share"]]
    for side, one in zip(_SIDES, loaded, strict=False):
        rows.append([one.name, "of one person", f"{persons[side]:,}", share(persons[side], one.used)])
        if "ssn" in one.columns:
            ((several,),) = engine.rows(
                f"SELECT count(*) FROM {side} WHERE ssn IN (SELECT ssn FROM {side}_repeated_ssn)"
            )
            rows.append([one.name, "with the SSN of another row", f"{several:,}", share(several, one.used)])
    return table(rows, right=[2, 3])


def _spans(engine: Engine, loaded: Sequence[Loaded]) -> str:
    """The years that dates span, without the hundredth part at either end: nobody's own date."""
    rows = [["file", "dates", "from", "to"]]
    for side, one in zip(_SIDES, loaded, strict=False):
        for ours in ("birth_date", "death_date"):
            if ours in one.columns:
                column = "birth_date" if ours == "birth_date" else "death_date_partial"
                rows.append([one.name, one.columns[ours], *_years(engine, side, f"substr({column}, 1, 4)")])
    if len(loaded) > 2:
        rows.append(["encounters", "discharge or start", *_years(engine, "encounter", _YEAR_OF_STAY)])
    return table(rows, right=[])


_YEAR_OF_STAY = "strftime(coalesce(discharge_time, start_time, death_time), '%Y')"


def _years(engine: Engine, name: str, year: str) -> tuple[str, str]:
    ((first, last),) = engine.rows(
        f"SELECT quantile_disc(year, 0.01), quantile_disc(year, 0.99) FROM (SELECT {year} AS year FROM {name}) AS dated"
        f" WHERE year >= '{EARLIEST_YEAR}'"
    )
    return str(first or "-"), str(last or "-")
