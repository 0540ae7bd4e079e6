"""Make a release of a finished run, or check tables that are one: everything in memory first, then all files at once.

A failed check means that nothing is written.
"""

import csv
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import linkage.release.build as build
import linkage.release.checks as checks
import linkage.release.crosswalk as crosswalk
import linkage.release.page as page
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, OutputError
from linkage.quoting import quoted_name
from linkage.release.checks import Check
from linkage.release.policy import PATIENTS, ReleasePolicy, Table, read_policy
from linkage.run.output import read_manifest
from linkage.sources.reading import Reading
from linkage.sources.source import Source, source
from linkage.system.folder import claimed
from linkage.version import __version__

MANIFEST, CHECKS, PAGE = "release.json", "checks.csv", "release.md"
CREATE, CONSTRAINTS = "create.sql", "constraints.sql"
_NAMES = ("first_name", "middle_name", "last_name", "former_last_names")
_FORMATS = ("csv.gz", "csv", "parquet")
_SHORTEST_NUMBER, _SHORTEST_NAME = 5, 3
"""Shorter numbers and names stand by chance in times and words, and are not searched for."""


@dataclass(frozen=True)
class Release:
    """What a release holds, or would hold: its checks, rows by table, columns that do not leave, and where it is."""

    folder: Path
    policy: ReleasePolicy
    checks: Sequence[Check]
    years: tuple[int, int]
    rows: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    known_people: int = 0
    new_people: int = 0

    def __str__(self) -> str:
        return page.printed(self)

    @property
    def failed(self) -> list[Check]:
        """The checks that failed."""
        return [check for check in self.checks if check.passed is False]


def make_release(
    run: str | Path,
    output: str | Path,
    policy: str | Path | ReleasePolicy = "mimic_iv",
    *,
    tables: Mapping[str, str | Path] | None = None,
    persons: str | Path | None = None,
    crosswalk_file: str | Path | None = None,
    leave_out_orphans: bool = False,
    format: str = "csv.gz",
) -> Release:
    """Release the tables of a finished run: `run` is its output folder, `output` the folder to share.

    Patients and encounters are those of the run; `tables` names further files by the table of the policy that they
    are, such as {"transfers": "transfers.csv.gz"}. `persons` is a file with the columns patient_id and person_id,
    where several records are of one person. `crosswalk_file` holds the released number of each true one (by default
    beside the run, `RUN.crosswalk.csv`): it is private, and is made where it is missing. Rows of patients whom the run
    does not know fail the release, unless `leave_out_orphans`.

    Raises InputError, OutputError and RulesError; OutputError with the failed checks, when one fails.
    """
    run, output = Path(run), Path(output)
    chosen = policy if isinstance(policy, ReleasePolicy) else read_policy(policy)
    private = Path(crosswalk_file or run.with_name(f"{run.name}.crosswalk.csv"))
    _refuse_beside(output, run, private)
    told = read_manifest(run)
    files = _files(told, chosen, tables or {})
    engine = DuckDBEngine()
    try:
        with claimed(output.resolve(), _is_ours) as put:
            _refuse_foreign(output)
            made = _build(engine, chosen, told, run, output, files, persons, private, leave_out_orphans)
            if made.failed:
                raise OutputError(_refusal(made.failed))
            wanted = [table for table in chosen.tables if table.name in files]
            found: list[Release] = []

            def write(folder: Path) -> None:
                found.append(_write(engine, made, wanted, folder, format, private))

            put(write)
            return found[0]
    finally:
        engine.close()


def check_release(folder: str | Path, policy: str | Path | ReleasePolicy = "mimic_iv") -> Release:
    """Run the checks that need no source on tables in a folder, whoever made them.

    Raises InputError when there is no patients table, or a file cannot be read.
    """
    folder = Path(folder)
    chosen = policy if isinstance(policy, ReleasePolicy) else read_policy(policy)
    found = {table.name: path for table in chosen.tables if (path := _file_of(folder, table.name))}
    if PATIENTS not in found:
        raise InputError(f"{folder} holds no patients table: patients.csv, patients.csv.gz or patients.parquet.")
    engine = DuckDBEngine()
    try:
        tables = [table for table in chosen.tables if table.name in found]
        results = []
        for table in tables:
            results += _load_released(engine, table, source(found[table.name]))
        results += checks.integrity(engine, tables, chosen)
        results += checks.consistency(engine, tables, chosen)
        results += checks.identifiers(engine, tables, chosen, chosen.years)
        rows = {table.name: int(engine.rows(f"SELECT count(*) FROM released_{table.name}")[0][0]) for table in tables}
    finally:
        engine.close()
    return Release(folder, chosen, results, chosen.years, rows)


def _refuse_beside(output: Path, run: Path, private: Path) -> None:
    if output.resolve().is_relative_to(run.resolve()) or run.resolve().is_relative_to(output.resolve()):
        raise OutputError(f"{output} and {run} lie in one another. The release must stand apart from the run.")
    if private.resolve().is_relative_to(output.resolve()):
        raise OutputError(f"The crosswalk {private} would lie in the folder that is shared. Name another place.")


def _is_ours(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def _refuse_foreign(output: Path) -> None:
    if output.is_file():
        raise OutputError(f"{output} is a file. Give a folder for the release.")
    if output.is_dir() and any(output.iterdir()) and not _is_ours(output):
        raise OutputError(f"{output} holds files that are no release. Give a new or an empty folder.")


def _files(told: Mapping[str, Any], policy: ReleasePolicy, given: Mapping[str, str | Path]) -> dict[str, Source]:
    """The file of each table of the policy: those that the user names, and those of the run that have its name."""
    names = [table.name for table in policy.tables]
    for name in given:
        if name not in names:
            raise InputError(f"{name} is no table of {policy.name}. Its tables: {', '.join(names)}.")
    files: dict[str, Source] = {}
    patients, _, *encounters = told["inputs"]
    for place, one in [(PATIENTS, patients), *((None, one) for one in encounters)]:
        path = Path(one["path"]) if one["path"] else None
        name = place or (path.name.partition(".")[0].lower() if path else "")
        if path is None or one.get("table") or name not in names or name in given:
            continue
        file = Source(one["file"], path, columns=one["columns"], reading=Reading(**one["declared"]))
        if not path.exists() or file.digest() != one["sha256"]:
            raise OutputError(f"{path} has changed or moved since the run. Run the job again, then release it.")
        files[name] = file
    files |= {name: source(path) for name, path in given.items()}
    if PATIENTS not in files:
        raise InputError("The run's patients are not in a file. Name a table of them: --table patients=FILE.")
    if not set(files) - {PATIENTS}:
        raise InputError(
            f"None of the run's encounters is called {' or '.join(name for name in names if name != PATIENTS)}."
            " Name the tables: --table admissions=FILE."
        )
    return files


def _build(
    engine: DuckDBEngine,
    policy: ReleasePolicy,
    told: Mapping[str, Any],
    run: Path,
    output: Path,
    files: Mapping[str, Source],
    persons: str | Path | None,
    private: Path,
    leave_out_orphans: bool,
) -> Release:
    columns = told["inputs"][0]["columns"]
    tables = [table for table in policy.tables if table.name in files]
    given = {table.name: build.load_table(engine, table, files[table.name]) for table in tables}
    _load_persons(engine, run, persons)
    left_out = _leave_out(engine, tables, leave_out_orphans)
    people = files[PATIENTS]
    birth = columns.get("birth_date")
    build.read_birth_dates(engine, people, columns["patient_id"], birth)
    build.read_anchors(engine, people, columns["patient_id"], birth is not None)
    _load_tokens(engine, policy, files, columns, told)
    known = crosswalk.read_crosswalk(engine, private, policy)
    before = _people(engine)
    build.give_numbers(engine, policy, tables)
    years = build.give_offsets(engine, policy, tables)
    build.build_tables(engine, policy, tables)
    for table in tables:
        order = _order(table)
        engine.create(
            f"placed_{table.name}",
            f"SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM released_{table.name}",
        )
    results = [
        *checks.integrity(engine, tables, policy),
        *checks.consistency(engine, tables, policy),
        *checks.against_source(engine, tables),
        *checks.identifiers(engine, tables, policy, years),
        *checks.order_of_source(engine, tables),
        *checks.offsets(engine),
    ]
    rows = {table.name: int(engine.rows(f"SELECT count(*) FROM released_{table.name}")[0][0]) for table in tables}
    return Release(
        output, policy, results, years, rows,
        {name: one.dropped for name, one in given.items()}, left_out, before if known else 0, _people(engine) - before,
    )  # fmt: skip


def _people(engine: DuckDBEngine) -> int:
    return int(engine.rows("SELECT count(*) FROM crosswalk WHERE kind = 'subject_id'")[0][0])


def _load_persons(engine: DuckDBEngine, run: Path, persons: str | Path | None) -> None:
    """Make `person` (patient_id, person_id, dod): of the run's outcomes, and of the file that merges records."""
    path = _file_of(run, "outcomes")
    if path is None:
        raise OutputError(f"{run} has no outcomes: it was run without encounters. Run the job with them, then release.")
    file = source(path)
    person = "person_id" if "person_id" in engine.columns(file) else "patient_id"
    engine.load("outcome_read", file, f"SELECT patient_id, {person} AS person_id, CAST(dod AS DATE) AS dod FROM source")
    merged = "outcome_read.person_id"
    join = ""
    if persons is not None:
        given = source(persons)
        missing = {"patient_id", "person_id"} - set(engine.columns(given))
        if missing:
            raise InputError(f"{given.name}: column {', '.join(sorted(missing))} is missing. It needs both.")
        text = "nullif(trim(text_of({0})), '') AS {0}"
        engine.load("merged", given, f"SELECT {text.format('patient_id')}, {text.format('person_id')} FROM source")
        merged = "coalesce(merged.person_id, outcome_read.person_id)"
        join = " LEFT JOIN merged ON outcome_read.patient_id = merged.patient_id"
    # A person goes by the lowest record number, so that a merge changes no number that was released before.
    engine.create(
        "person",
        "SELECT patient_id, first_value(patient_id) OVER (PARTITION BY person ORDER BY length(patient_id), patient_id)"
        " AS person_id, min(dod) OVER (PARTITION BY person) AS dod"
        f" FROM (SELECT outcome_read.patient_id, {merged} AS person, outcome_read.dod FROM outcome_read{join}) AS read",
    )
    engine.drop("outcome_read", "merged")


def _leave_out(engine: DuckDBEngine, tables: Sequence[Table], orphans: bool) -> dict[str, int]:
    left_out = {}
    for table in tables:
        declared = build.leave_out(engine, table)
        strange = "NOT EXISTS (SELECT 1 FROM person WHERE person.patient_id = source.subject_id)"
        count = int(engine.rows(f"SELECT count(*) FROM source_{table.name} AS source WHERE {strange}")[0][0])
        if count and not orphans and table.name != PATIENTS:
            raise OutputError(
                f"{table.name}: {count:,} rows are of patients whom the run does not know. Remove them, or leave them"
                " out with --leave-out-orphans. Nothing was written."
            )
        if count:
            engine.create(f"source_{table.name}", f"SELECT * FROM source_{table.name} AS source WHERE NOT ({strange})")
        if count or declared:
            left_out[table.name] = count + declared
    return left_out


def _load_tokens(
    engine: DuckDBEngine,
    policy: ReleasePolicy,
    files: Mapping[str, Source],
    columns: Mapping[str, str],
    told: Mapping[str, Any],
) -> None:
    """Make `true_token` (what, token): words and numbers of the source that identify; and `listed_token`."""
    parts = []
    names = {columns[ours] for ours in _NAMES if ours in columns}
    for table, file in files.items():
        released = {column.name for column in policy.table(table).columns if column.kind in ("values", "range")}
        for name in engine.columns(file):
            if name.lower() in released:
                continue
            what = "name" if table == PATIENTS and name in names else "number"
            parts.append((table, name, what))
    engine.insert("true_token", {"what": [], "token": []}, {"what": "STRING", "token": "STRING"})
    for table, name, what in parts:
        text = f"upper(text_of({quoted_name(name)}))"
        pattern, least = ("[A-Z]+", _SHORTEST_NAME) if what == "name" else ("[A-Z0-9]*[0-9][A-Z0-9]*", _SHORTEST_NUMBER)
        tokens = [f"unnest(regexp_extract_all({text}, '{pattern}'))"]
        if what == "number":  # 987-65-4320 stands for 987654320
            tokens.append(f"unnest(regexp_extract_all(regexp_replace({text}, '[-. ]', '', 'g'), '^[0-9]{{9}}$'))")
        for token in tokens:
            select = (
                f"SELECT '{what}' AS what, token FROM (SELECT DISTINCT {token} AS token FROM given_{table}) AS found"
            )
            engine.create("true_token", f"SELECT * FROM true_token UNION {select} WHERE length(token) >= {least}")
    listed = {word for table in policy.tables for column in table.columns for word in (*column.values, column.name)}
    engine.insert("listed_text", {"text": sorted(listed)}, {"text": "STRING"})
    engine.create(
        "listed_token", "SELECT DISTINCT unnest(regexp_extract_all(upper(text), '[A-Z0-9]+')) AS token FROM listed_text"
    )
    engine.drop("listed_text")


def _order(table: Table) -> str:
    """Rows stand in the order of their random numbers."""
    keys = table.key or tuple(column.name for column in table.of_kind("id"))
    return ", ".join(dict.fromkeys((*keys, *(column.name for column in table.columns))))


def _write(
    engine: DuckDBEngine, made: Release, tables: Sequence[Table], folder: Path, format: str, private: Path
) -> Release:
    """Write the tables, search their bytes, and write what tells of them. Raises OutputError when a search finds."""
    written = []
    for table in tables:
        path = folder / f"{table.name}.{format}"
        order = ", ".join(f"written.{name}" for name in _order(table).split(", "))
        engine.write(f"SELECT {_texts(table)} FROM released_{table.name}", order, path, format)
        written.append(path)
    found = [*made.checks, *_searched(engine, written)]
    release = replace(made, checks=found)
    if release.failed:
        raise OutputError(_refusal(release.failed))
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}
    _put(folder / CHECKS, _csv_of(found))
    _put(
        folder / MANIFEST, json.dumps(page.manifest(release, digests, __version__), indent=2, ensure_ascii=False) + "\n"
    )
    _put(folder / PAGE, page.markdown(release))
    _put(folder / CREATE, page.create_sql(release.policy, tables))
    _put(folder / CONSTRAINTS, page.constraints_sql(tables))
    crosswalk.write_crosswalk(engine, private)  # first: a number in use that nobody notes could be given twice
    return release


def _texts(table: Table) -> str:
    columns = []
    for column in table.columns:
        if column.kind == "time":
            columns.append(f"strftime({column.name}, '%Y-%m-%d %H:%M:%S') AS {column.name}")
        else:
            columns.append(column.name)
    return ", ".join(columns)


def _searched(engine: DuckDBEngine, files: Sequence[Path]) -> list[Check]:
    """The files searched as they lie on the disk."""
    for place, path in enumerate(files):
        if path.suffix == ".parquet":
            file = source(path)
            texts = ", ".join(f"text_of({quoted_name(name)})" for name in engine.columns(file))
            line = f"concat_ws(',', {texts})"
        else:
            file = source(path, delimiter="\x1f", quote="")
            (only,) = engine.columns(file)
            line = quoted_name(only)
        engine.load("lines", file, f"SELECT {line} AS line FROM source", append=place > 0)
    ((first, last),) = engine.rows("SELECT min(first_date), max(last_date) FROM lived")
    found = list(checks.leaks(engine, "lines", (first, last) if first else None))
    engine.drop("lines")
    return found


def _refusal(failed: Sequence[Check]) -> str:
    listed = "\n".join(f"  {check.claim}: {check.found:,} against it" for check in failed)
    return f"The release fails {len(failed)} of its checks, so nothing was written:\n{listed}"


def _csv_of(found: Sequence[Check]) -> str:
    from io import StringIO

    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["kind", "check", "result", "found"])
    rows.writerows([check.kind, check.claim, check.result, check.found] for check in found)
    return text.getvalue()


def _put(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def _file_of(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{name}.{format}" for format in _FORMATS)
    return next((path for path in paths if path.is_file()), None)


def _load_released(engine: DuckDBEngine, table: Table, file: Source) -> list[Check]:
    """Read a table that is a release into `released_NAME`; what cannot be read, and what is not listed, is counted."""
    found = {column.lower(): column for column in engine.columns(file)}
    extra = [name for name in found if name not in {column.name for column in table.columns}]
    types = {"id": "BIGINT", "date": "DATE", "range": "BIGINT", "values": "VARCHAR"}
    derived = {"anchor_age": "BIGINT", "anchor_year": "BIGINT", "anchor_year_group": "VARCHAR", "dod": "DATE"}
    read, unread = [], []
    for column in table.columns:
        text = f"nullif(trim(text_of({quoted_name(found[column.name])})), '')" if column.name in found else "NULL"
        kind = types.get(column.kind, derived.get(column.name, "TIMESTAMP"))
        value = {"TIMESTAMP": f"timestamp_of({text})", "DATE": f"CAST(timestamp_of({text}) AS DATE)"}.get(
            kind, f"TRY_CAST({text} AS {kind})"
        )
        read.append(f"{value} AS {column.name}")
        unread.append(f"CASE WHEN {text} IS NOT NULL AND {value} IS NULL THEN 1 ELSE 0 END")
    rows = f"SELECT {', '.join(read)}, {' + '.join(unread)} AS unread FROM source"
    engine.load(f"placed_{table.name}", file, rows)
    number = engine.row_numbers(f"placed_{table.name}")
    engine.create(f"placed_{table.name}", f"SELECT *, {number} AS place FROM placed_{table.name}")
    engine.create(f"released_{table.name}", f"SELECT * FROM placed_{table.name}")
    ((bad,),) = engine.rows(f"SELECT coalesce(sum(unread), 0) FROM placed_{table.name}")
    return [
        Check("identifiers", f"{table.name}: holds listed columns alone", len(extra), not extra),
        Check("integrity", f"{table.name}: every value is of its column's type", int(bad), not bad),
    ]
