"""Make a release of a finished run, or check released tables.

A release is built and checked in full before its files are written together. If a check fails, nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import linkage.release.build as build
import linkage.release.checks as checks
import linkage.release.crosswalk as crosswalk
import linkage.release.disclosure as disclosure
import linkage.release.page as page
import linkage.release.people as people
import linkage.release.search as search
import linkage.release.unknown_times as unknown_times
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, OutputError
from linkage.printing import counted
from linkage.release.checks import Check
from linkage.release.external_tables import load_table, stray_files
from linkage.release.policy import PATIENTS, ReleasePolicy, Table, read_policy
from linkage.release.writing import MANIFEST, refuse_failed, row_order, write_release
from linkage.run.output import read_manifest
from linkage.sources.make_source import source
from linkage.sources.reading import Reading
from linkage.sources.source import Source
from linkage.system.folder import claimed

_NAMES = ("first_name", "middle_name", "last_name", "former_last_names")
_FORMATS = ("csv.gz", "csv", "parquet")


@dataclass(frozen=True)
class Release:
    """The result of making or checking a release. `print` shows it.

    `folder` holds the tables, and `policy` says what they may contain. `checks` are the checks made, `years` the first
    and last possible year of shifted dates. `rows` is the number of rows of each table. Of a release that was made,
    not only checked, `dropped` are the columns of each table that the policy does not list, `left_out` the numbers of
    rows that were left out, `known_people` and `new_people` the numbers of people who were and were not in the
    crosswalk, and `had_crosswalk` says whether the crosswalk had anybody.

    >>> from linkage.release.checks import none_found
    >>> policy, repeated = read_policy("mimic_iv"), none_found("integrity", "patients: subject_id are unique", 2)
    >>> [check.claim for check in Release(Path("shared"), policy, [repeated], policy.years).failed]
    ['patients: subject_id are unique']
    """

    folder: Path
    policy: ReleasePolicy
    checks: Sequence[Check]
    years: tuple[int, int]
    rows: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    known_people: int = 0
    new_people: int = 0
    had_crosswalk: bool = True

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

    Patients and encounters are those of the run. `tables` gives the files of other tables of the policy, such as
    {"transfers": "transfers.csv.gz"}. `persons` is a file with the columns patient_id and person_id, for records that
    belong to one person. `crosswalk_file` maps true to released numbers (by default `RUN.crosswalk.csv` next to the
    run); it is private, and is created if missing. Rows of patients who are not in the run are an error, unless
    `leave_out_orphans` is set.

    The method is MIMIC-IV's third step, deidentification (Johnson et al., Sci Data 2023): random ids, and all dates of
    a person shifted by one random number of days.

    Raises InputError if a table is missing or not one of the policy, RulesError if the policy is not valid, and
    OutputError if the run cannot be released, the folder has other files, or a check fails; it lists these checks.

    >>> import tempfile
    >>> import pandas as pd
    >>> from linkage import link
    >>> person = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "dob": ["1950-02-11"]})
    >>> stay = {"subject_id": [7], "hadm_id": [1], "admittime": ["2015-01-02 08:00"], "dischtime": ["2015-01-09 12:00"]}
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     patients, admissions = folder / "patients.csv", folder / "admissions.csv"
    ...     person.assign(subject_id=7, gender="F").to_csv(patients, index=False)
    ...     pd.DataFrame(stay).to_csv(admissions, index=False)
    ...     with link(patients, person.assign(death_id=40, death_date="2015-06-01"), encounters=admissions) as run:
    ...         run.write(folder / "out")
    ...     release = make_release(folder / "out", folder / "shared")
    ...     list(pd.read_csv(folder / "shared" / "patients.csv.gz"))
    ['subject_id', 'gender', 'anchor_age', 'anchor_year', 'anchor_year_group', 'dod']
    >>> release.rows, release.failed
    ({'patients': 1, 'admissions': 1}, [])
    """
    run, output = Path(run), Path(output)
    chosen = policy if isinstance(policy, ReleasePolicy) else read_policy(policy)
    private = Path(crosswalk_file or run.with_name(f"{run.name}.crosswalk.csv"))
    _refuse_beside(output, run, private)
    manifest = read_manifest(run)
    files = _files(manifest, chosen, tables or {})
    engine = DuckDBEngine()
    try:
        with claimed(output.resolve(), _is_ours) as put, crosswalk.held(private):
            _refuse_foreign(output)
            made = _build(engine, chosen, manifest, run, output, files, persons, private, leave_out_orphans)
            refuse_failed(made.failed)
            wanted = [table for table in chosen.tables if table.name in files]
            found: list[Release] = []

            def write(folder: Path) -> None:
                found.append(write_release(engine, made, wanted, folder, format, private))

            put(write)
            return found[0]
    finally:
        engine.close()


def check_release(folder: str | Path, policy: str | Path | ReleasePolicy = "mimic_iv") -> Release:
    """Run the checks that need no source on released tables in a folder, made by this toolkit or another program.

    Raises InputError if there is no patients table or a file cannot be read, and RulesError if the policy is not valid.

    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     patients = pd.DataFrame({"subject_id": [10_000_001], "gender": ["F"], "phone": ["555-0100"]})
    ...     patients.to_csv(Path(folder) / "patients.csv", index=False)
    ...     [check.claim for check in check_release(folder).failed]
    ['patients: only listed columns']
    """
    folder = Path(folder)
    chosen = policy if isinstance(policy, ReleasePolicy) else read_policy(policy)
    found = {table.name: path for table in chosen.tables if (path := _file_of(folder, table.name))}
    if PATIENTS not in found:
        raise InputError(f"{folder} has no patients table: patients.csv, patients.csv.gz, or patients.parquet.")
    engine = DuckDBEngine()
    try:
        tables = [table for table in chosen.tables if table.name in found]
        results = [stray_files(folder, found.values())]
        for table in tables:
            results += load_table(engine, table, source(found[table.name]))
        results += checks.integrity(engine, tables, chosen)
        results += checks.consistency(engine, tables, chosen)
        results += disclosure.identifiers(engine, tables, chosen, chosen.years)
        rows = {table.name: engine.count(f"released_{table.name}") for table in tables}
    finally:
        engine.close()
    return Release(folder, chosen, results, chosen.years, rows)


def _refuse_beside(output: Path, run: Path, private: Path) -> None:
    if output.resolve().is_relative_to(run.resolve()) or run.resolve().is_relative_to(output.resolve()):
        raise OutputError(
            f"One of {output} and {run} contains the other. Name a folder outside the run for the release."
        )
    if private.resolve().is_relative_to(output.resolve()):
        raise OutputError(f"The crosswalk {private} would be in the folder to share. Name a file elsewhere.")


def _is_ours(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def _refuse_foreign(output: Path) -> None:
    if output.is_file():
        raise OutputError(f"{output} is a file. Give a folder for the release.")
    if output.is_dir() and any(output.iterdir()) and not _is_ours(output):
        raise OutputError(f"{output} contains files that are not a release. Give a new or an empty folder.")


def _files(manifest: Mapping[str, Any], policy: ReleasePolicy, given: Mapping[str, str | Path]) -> dict[str, Source]:
    """The file of each table of the policy: a file that the user gives, or a file of the run with the table's name."""
    names = [table.name for table in policy.tables]
    for name in given:
        if name not in names:
            raise InputError(f"{name} is not a table of {policy.name}. Its tables: {', '.join(names)}.")
    files: dict[str, Source] = {}
    patients, _, *encounters = manifest["inputs"]
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
        raise InputError("The run's patients are not in a file. Name a file for them: --table patients=FILE.")
    if not set(files) - {PATIENTS}:
        raise InputError(
            f"None of the run's encounters is called {' or '.join(name for name in names if name != PATIENTS)}."
            " Name the tables: --table admissions=FILE."
        )
    return files


def _build(
    engine: DuckDBEngine,
    policy: ReleasePolicy,
    manifest: Mapping[str, Any],
    run: Path,
    output: Path,
    files: Mapping[str, Source],
    persons: str | Path | None,
    private: Path,
    leave_out_orphans: bool,
) -> Release:
    tables = [table for table in policy.tables if table.name in files]
    crosswalk.read_crosswalk(engine, private, policy)
    engine.create("earlier_number", f"SELECT released AS number FROM crosswalk WHERE kind <> '{crosswalk.OFFSET}'")
    outcomes = _file_of(run, "outcomes")
    if outcomes is None:
        raise OutputError(f"{run} has no outcomes: it had no encounters. Run the job with encounters, then release.")
    unused = people.load_persons(engine, outcomes, persons)
    dropped = _load_tables(engine, policy, tables, files, manifest)
    left_out = _leave_out(engine, tables, leave_out_orphans)
    emptied = unknown_times.leave_empty(engine, tables, manifest["inputs"][0].get("last_year"))
    everybody = "person JOIN crosswalk ON crosswalk.kind = 'subject_id' AND crosswalk.true_id = person.person_id"
    known, before = (_people(engine, relation) for relation in (everybody, "crosswalk"))
    build.give_numbers(engine, policy, tables)
    years = build.give_offsets(engine, policy, tables)
    build.build_tables(engine, policy, tables)
    results = [*_checked(engine, policy, tables, years), *emptied, *unused]
    rows = {table.name: engine.count(f"released_{table.name}") for table in tables}
    new = _people(engine, everybody) - known
    return Release(output, policy, results, years, rows, dropped, left_out, known, new, had_crosswalk=before > 0)


def _load_tables(
    engine: DuckDBEngine,
    policy: ReleasePolicy,
    tables: Sequence[Table],
    files: Mapping[str, Source],
    manifest: Mapping[str, Any],
) -> dict[str, tuple[str, ...]]:
    """Create `source_NAME` for each table, and tables of birth dates and identifiers; return the dropped columns."""
    search.prepare(engine, policy)
    columns = manifest["inputs"][0]["columns"]
    names = {columns[ours] for ours in _NAMES if ours in columns}
    birth = columns.get("birth_date")
    dropped = {}
    for table in tables:
        dropped[table.name] = build.load_table(engine, table, files[table.name])
        search.load_identifiers(engine, table, names)
        if table.name == PATIENTS:
            people.read_birth_dates(engine, files[PATIENTS], columns["patient_id"], birth, manifest["rules"])
            people.read_anchors(engine, files[PATIENTS], columns["patient_id"], birth is not None)
        engine.drop(f"given_{table.name}")
    return dropped


def _checked(
    engine: DuckDBEngine, policy: ReleasePolicy, tables: Sequence[Table], years: tuple[int, int]
) -> list[Check]:
    for table in tables:
        columns = ", ".join(dict.fromkeys((*row_order(table), *(one.name for one in table.columns))))
        order = ", ".join(row_order(table))
        engine.create(
            f"placed_{table.name}",
            f"SELECT {columns}, row_number() OVER (ORDER BY {order}) AS place FROM released_{table.name}",
        )
    results = [
        *checks.integrity(engine, tables, policy),
        *checks.consistency(engine, tables, policy),
        *checks.against_source(engine, tables, policy),
        *disclosure.identifiers(engine, tables, policy, years),
        *disclosure.order_of_source(engine, tables),
        *disclosure.offsets(engine, policy),
    ]
    engine.drop(*(f"placed_{table.name}" for table in tables))
    return results


def _people(engine: DuckDBEngine, relation: str) -> int:
    return int(engine.rows(f"SELECT count(DISTINCT released) FROM {relation} WHERE kind = 'subject_id'")[0][0])


def _leave_out(engine: DuckDBEngine, tables: Sequence[Table], orphans: bool) -> dict[str, int]:
    left_out = {}
    for table in tables:
        declared = build.leave_out(engine, table)
        strange = "NOT EXISTS (SELECT 1 FROM person WHERE person.patient_id = source.subject_id)"
        count = engine.count(f"source_{table.name} AS source WHERE {strange}")
        if count and not orphans and table.name != PATIENTS:
            raise OutputError(
                f"{table.name}: {counted(count, 'row is', 'rows are')} of patients who are not in the run. Remove"
                " them, or leave them out with --leave-out-orphans. Nothing was written."
            )
        if count:
            engine.create(f"source_{table.name}", f"SELECT * FROM source_{table.name} AS source WHERE NOT ({strange})")
        if count or declared:
            left_out[table.name] = count + declared
    return left_out


def _file_of(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{name}.{format}" for format in _FORMATS)
    return next((path for path in paths if path.is_file()), None)
