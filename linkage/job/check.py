"""Check a job before it is run: everything is read and standardized, nothing is linked.

The output says what a run would do and what looks wrong. It has only shares and counts: no value of an identifier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.concerns.columns import columns_read
from linkage.concerns.find import what_looks_wrong
from linkage.engines import Engine
from linkage.errors import without_cause
from linkage.job.job import Job
from linkage.method.columns import SIDES
from linkage.method.coverage import covered, is_stated
from linkage.method.linking import Linking
from linkage.method.records import Loaded
from linkage.printing import share, table
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.rules.policy import NO_COVERAGE
from linkage.run.prepare import open_duckdb, prepare
from linkage.run.progress import Stopwatch
from linkage.run.reading_summary import (
    columns_not_used,
    forms_of_dates,
    hints,
    ids_made,
    registry_changes,
    rows_forgiven,
    rules_out_of_reach,
)
from linkage.sources.column_names import shown_name
from linkage.sources.make_source import run_sources
from linkage.values.dates import EARLIEST_YEAR


@dataclass(frozen=True)
class Checked:
    """The result of checking a job: the whole text, and the list of what looks wrong. For an example, see `check`."""

    text: str
    concerns: Sequence[str]


@without_cause
def check(job: Job) -> Checked:
    """Read everything that a job names, without linking, and report what looks wrong.

    Raises InputError and RulesError under the same conditions as a run.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from linkage.job.job import read_job
    >>> person = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]})
    >>> with tempfile.TemporaryDirectory() as name:
    ...     patients, deaths = Path(name, "patients.csv"), Path(name, "deaths.csv")
    ...     person.assign(patient_id=7).to_csv(patients, index=False)
    ...     person.assign(death_id=40).to_csv(deaths, index=False)
    ...     files = [("patients.file", str(patients)), ("deaths.file", str(deaths)), ("output.folder", f"{name}/out")]
    ...     found = check(read_job(None, files))
    >>> print(found.text.splitlines()[0])
    A run would link by mimic_iv (10 rules), with duckdb.
    """
    cascade = read_rules(job.rules)
    sources = run_sources(job.patients, job.deaths, list(job.encounters), {})
    engine = open_duckdb(job.memory, job.threads, sources)
    try:
        linking = Linking(engine, cascade, sources, job.groups)
        ready = prepare(linking, Stopwatch())
        loaded = ready.loaded
        counts = {"cleaned": linking.cleaning}
        columns = columns_read(engine, loaded, linking.cleaning)
        parts = [
            _intent(engine, job, cascade, linking.keys, bool(loaded[2:])),
            rules_out_of_reach(cascade, loaded),
            _rows(engine, loaded),
            _table_of_columns(columns),
            _duplicates(engine, loaded, linking.persons),
            _spans(engine, loaded),
            registry_changes(loaded),
            ids_made(loaded),
            rows_forgiven(loaded),
            forms_of_dates(loaded),
            columns_not_used(loaded),
            hints(counts, loaded),
            what_looks_wrong(ready.concerns) or "Nothing looks wrong.",
        ]
    finally:
        engine.close()
    return Checked("\n\n".join(part for part in parts if part), ready.concerns)


def _intent(engine: Engine, job: Job, cascade: Cascade, keys: Sequence[Sequence[str]], mortality: bool) -> str:
    lines = [f"A run would link by {cascade.name} ({len(cascade.rules)} rules), with {job.engine}."]
    lines.append(f"Candidates agree on one of: {'; '.join(' + '.join(key) for key in keys)}.")
    if mortality:
        lines.append(_coverage(engine, job))
        lines.append(f"The year of follow-up would start at the last discharge, anchor {job.policy.anchor}.")
    else:
        lines.append("There are no encounters: the run would make links, but no dates of death.")
    target = f", and into schema {job.target.schema} of a PostgreSQL server" if job.target else ""
    lines.append(f"It would be written to {job.folder}{target}.")
    return "\n".join(lines)


def _coverage(engine: Engine, job: Job) -> str:
    policy, how = covered(engine, job.policy, job.study)
    if policy.coverage_last == NO_COVERAGE:
        return "Registry coverage: none, because no date of death can be read. No patient would be reported as alive."
    reasons = how if is_stated(job.policy, job.study) else f"inferred: {how}"
    return f"Registry coverage: {policy.coverage_first} to {policy.coverage_last} ({reasons})."


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


def _table_of_columns(columns: Sequence[Mapping[str, Any]]) -> str:
    rows = [["file", "column", "read as", "missing", "not readable or dummy", "because"]]
    for column in columns:
        lost = sum(column["lost"].values())
        reasons = "; ".join(f"{reason} {share(n, column['rows'])}" for reason, n in sorted(column["lost"].items()))
        missing, bad = share(column["missing"], column["rows"]), share(lost, column["rows"])
        rows.append([column["file"], column["name"], column["ours"], missing, bad, reasons])
    return table(rows, right=[3, 4])


def _duplicates(engine: Engine, loaded: Sequence[Loaded], persons: Mapping[str, int]) -> str:
    rows = [["file", "duplicates", "records", "share"]]
    for side, one in zip(SIDES, loaded, strict=False):
        rows.append([one.name, "of one person", f"{persons[side]:,}", share(persons[side], one.used)])
        if "ssn" in one.columns:
            ((several,),) = engine.rows(
                f"SELECT count(*) FROM {side} WHERE ssn IN (SELECT ssn FROM {side}_repeated_ssn)"
            )
            rows.append([one.name, "with the SSN of another row", f"{several:,}", share(several, one.used)])
    return table(rows, right=[2, 3])


def _spans(engine: Engine, loaded: Sequence[Loaded]) -> str:
    """The years that dates span, without the lowest and highest 1 %, so that no single person's date is shown."""
    rows = [["file", "dates", "from", "to"]]
    for side, one in zip(SIDES, loaded, strict=False):
        for ours in ("birth_date", "death_date"):
            if ours in one.columns:
                column = "birth_date" if ours == "birth_date" else "death_date_partial"
                rows.append([one.name, shown_name(one.columns[ours]), *_years(engine, side, f"substr({column}, 1, 4)")])
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
