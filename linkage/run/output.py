"""Writing a run: all its files at once or none, readable by their owner alone.

What is written here becomes the output folder only when it is complete: see `folder`.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.errors import OutputError
from linkage.method.censor_sql import OUTCOME_PERSON
from linkage.method.decide import FATES
from linkage.quoting import quoted_name
from linkage.run import snapshot
from linkage.sources.column_names import shown_name
from linkage.sources.source import Source
from linkage.system.folder import MARK, claimed, held, was_interrupted
from linkage.version import __version__

if TYPE_CHECKING:
    from linkage.run.result import Linkage

FORMATS = ("csv.gz", "parquet")
MANIFEST = "manifest.json"
REPORT_FILES = ("report.html", "report.md", "report.json")
# A report may be killed too; see `report.writing`.
_OF_REPORTS = {*REPORT_FILES, *(f"{name}.writing" for name in REPORT_FILES), ".report.writing", ".report.ready", MARK}
_OURS = {MANIFEST, snapshot.FOLDER, *_OF_REPORTS} | {
    f"{name}.{format}"
    for name in ("links", "outcomes", "release", "review", "rejected", "patients")
    for format in FORMATS
}
_BY_PATIENT = "length(written.patient_id), written.patient_id"
_VERSIONS = ("duckdb", "jellyfish", "anyascii", "nicknames", "zlib-ng")


def table_select(run: "Linkage", name: str) -> str:
    """The SELECT of an output table, in an order that does not depend on the order of the input."""
    return f"SELECT * FROM ({_rows_of(run, name)}) AS written ORDER BY {_order_of(name)}"


def _order_of(name: str) -> str:
    if name == "review":
        return (
            f"written.patient_id IS NULL, {_BY_PATIENT}, coalesce(length(written.death_id), 0), written.death_id,"
            " written.kind,"
            " written.hospital_date, written.doubt"
        )
    return "written.file, written.row_number, written.reason" if name == "rejected" else _BY_PATIENT


def _rows_of(run: "Linkage", name: str) -> str:
    if name != "outcomes":
        tables = {"links": "SELECT * FROM link", "release": "SELECT patient_id, dod FROM outcome"}
        return tables.get(name, f"SELECT * FROM {name}")
    fates = " ".join(f"WHEN {stage} THEN '{fate}'" for stage, fate in enumerate(FATES))
    groups = "".join(f", patient.{column} AS {quoted_name(group)}" for column, group in run.loaded[0].groups.items())
    join = " JOIN patient ON outcome.patient_id = patient.patient_id" if groups else ""
    person = ""
    if run.cascade.links_persons:
        person = f", coalesce(patient_person.person_id, outcome.patient_id) AS {OUTCOME_PERSON}"
        join += " LEFT JOIN patient_person ON outcome.patient_id = patient_person.patient_id"
    return (
        f"SELECT outcome.*, CASE coalesce(fate.stage, 0) {fates} END AS fate{person}{groups}"
        f" FROM outcome LEFT JOIN fate ON outcome.patient_id = fate.patient_id{join}"
    )


def table_names(run: "Linkage") -> tuple[str, ...]:
    """The tables of this run: without encounters there are no outcomes."""
    mortality = ("outcomes", "release") if run.has_mortality else ()
    return ("links", *mortality, "review", "rejected")


def check_folder(folder: Path, sources: Iterable[Source] = ()) -> None:
    """Refuse, before any work, a folder that cannot be written, or that contains other files or one of the sources.

    Raises OutputError.
    """
    for path in (path for source in sources if source.path is not None for path in (source.path, *source.later)):
        if path.resolve().is_relative_to(folder.resolve()):
            raise OutputError(
                f"{folder} contains an input, {path.name}, and a run replaces the whole folder. Choose another."
            )
        if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
            raise OutputError(
                f"{folder} is in the input folder {path.name}, where the next run would read it as input. Give another."
            )
    if folder.exists():
        if not folder.is_dir():
            raise OutputError(f"{folder} is a file. Give a folder for the output.")
        # A run leaves its manifest next to its tables: without one, a table with such a name is not from a run.
        ours = _OURS if _is_whole(folder) else _OF_REPORTS
        foreign = sorted(path.name for path in folder.iterdir() if path.name not in (*ours, MARK))
        if foreign:
            raise OutputError(
                f"{folder} contains files that no run has written, such as {foreign[0]}. Choose a new or an empty"
                " folder, or move them: a run replaces the whole folder."
            )
    if folder.is_mount():
        raise OutputError(f"{folder} is a whole file system, which cannot be replaced. Give a folder inside it.")


def what_is_replaced(folder: Path) -> str:
    """What a run into a folder replaces, in words; empty for a folder that is new or empty."""
    if not _is_whole(folder):
        return ""
    day = date.fromtimestamp((folder / MANIFEST).stat().st_mtime)
    also = [
        what
        for what, name in (("its report", REPORT_FILES[0]), ("its snapshot", snapshot.FOLDER))
        if (folder / name).exists()
    ]
    return f"{folder} holds the output of a run of {day}; this run replaces {' and '.join(['it', *also])}."


def claim_output(
    folder: Path, sources: Iterable[Source] = ()
) -> AbstractContextManager[Callable[[Callable[[Path], None]], None]]:
    """Lock an output folder for one run of these sources: see `folder.claimed`.

    Raises OutputError if the folder cannot be used or is in use.
    """
    sources = list(sources)
    check_folder(folder, sources)
    return claimed(folder, _is_whole, lambda held_folder: check_folder(held_folder, sources))


def hold_output(folder: Path) -> AbstractContextManager[None]:
    """Lock an output folder to add a report to it: see `folder.held`. Raises OutputError."""
    return held(folder, _is_whole)


def _is_whole(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def write_all(run: "Linkage", folder: Path, format: str, *, keep_snapshot: bool = False) -> None:
    """Write every table and the manifest into an empty folder; on request, with a snapshot of all that was read."""
    kept = None
    with run.watch.step("write"):
        for name in table_names(run):
            run.database.write(_rows_of(run, name), _order_of(name), folder / f"{name}.{format}", format)
        if run.has_mortality and _is_mimic_shaped(run):
            _write_patients(run, folder / f"patients.{format}", format)
        if keep_snapshot:
            kept = snapshot.write_snapshot(run.database, run.sources, folder)
    text = json.dumps({**manifest(run, format), "snapshot": kept}, indent=2, ensure_ascii=False)
    with open(folder / MANIFEST, "w", encoding="utf-8", opener=_private) as file:
        file.write(text + "\n")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_mimic_shaped(run: "Linkage") -> bool:
    return shown_name(run.loaded[0].columns["patient_id"]).lower() == "subject_id"


def _write_patients(run: "Linkage", path: Path, format: str) -> None:
    """MIMIC's `patients` table as it was read, with its dod column filled."""
    source = run.sources[0]
    name_of_id = quoted_name(shown_name(run.loaded[0].columns["patient_id"]))
    subject, written = (f"trim({run.database.as_text(f'{table}.{name_of_id}')})" for table in ("source", "written"))
    found = run.database.columns(source)
    columns = [
        f"died.dod AS {quoted_name(name)}" if name.lower() == "dod" else f"source.{quoted_name(name)}" for name in found
    ]
    if not any(name.lower() == "dod" for name in found):
        columns.append("died.dod AS dod")
    listed = ", ".join(f"{quoted_name(name)} NULLS LAST" for name in found)
    place = f"row_number() OVER (PARTITION BY {subject} ORDER BY {listed})"
    # The rejected rows are those without an id and, for each repeated id, all but one.
    once = (
        f"(SELECT * FROM (SELECT *, {place} AS place_of_row FROM source WHERE {subject} <> '') AS placed"
        " WHERE place_of_row = 1) AS source"
    )
    died = "(SELECT patient_id, dod FROM outcome WHERE dod IS NOT NULL) AS died"
    run.database.write(
        f"SELECT {', '.join(columns)} FROM {once if run.loaded[0].rejected else 'source'}"
        f" LEFT JOIN {died} ON {subject} = died.patient_id",
        f"length({written}), {written}",
        path,
        format,
        source=source,
    )
    source.require_unchanged()


def manifest(run: "Linkage", format: str) -> dict[str, Any]:
    """Everything needed to repeat and to assess a run. Nothing in it names or describes a person.

    Only `seconds` and `cost` differ between two runs of the same input and rules.
    """
    return {
        "rules": {
            "name": run.cascade.name,
            "path": run.cascade.path,
            "title": run.cascade.title,
            "sha256": run.cascade.digest,
            "ties": run.cascade.ties,
            "duplicates": run.cascade.duplicates,
        },
        "study": run.study.as_manifest(),
        "inputs": _inputs(run),
        "settings": _settings(run, format),
        "versions": {
            "linkage": __version__,
            "python": sys.version.split()[0],
            **{name: version(name) for name in _VERSIONS},
        },
        "counts": run.counts,
        "what_looks_wrong": list(run.concerns),
        **({"evidence": dict(run.evidence)} if run.evidence else {}),
        "seconds": dict(run.seconds),
        "cost": run.cost,
    }


def _inputs(run: "Linkage") -> list[dict[str, Any]]:
    return [
        {
            "file": table.name,
            "path": None if source.path is None else str(source.path.absolute()),
            **({"later_paths": [str(path.absolute()) for path in source.later]} if source.later else {}),
            "sha256": digest,
            "sha256_of_rows": content,
            **source.origin(),
            "columns": dict(table.columns),
            "columns_not_used": list(table.unused),
            "dates": {column: str(found) for column, found in table.forms.items() if found.how},
            "last_year": table.last_year,
            "declared": source.reading.declared(),
            "forgiven": table.forgiven,
            **(
                {"registry": {what: number for what, number in table.actions.items() if number}}
                if table.actions
                else {}
            ),
        }
        for source, table, digest, content in zip(run.sources, run.loaded, run.digests, run.contents, strict=True)
    ]


def _settings(run: "Linkage", format: str) -> dict[str, Any]:
    policy = run.policy
    return {
        "decided_by": run.decided_by,
        "format": format,
        "groups": list(run.loaded[0].groups.values()),
        "anchor": policy.anchor,
        "coverage_first": _iso(policy.coverage_first),
        "coverage_last": _iso(policy.coverage_last),
        "coverage_stated": run.coverage_stated,
        "coverage_how": run.coverage_how,
        "partial_death_dates": policy.partial_death_dates,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest of a finished run.

    Raises OutputError if the folder has none.
    """
    if was_interrupted(folder):
        with claim_output(folder):
            pass  # claiming the folder restores the last good output
    try:
        found: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise OutputError(f"{folder} contains no finished run: there is no readable {MANIFEST}.") from None
    return found
