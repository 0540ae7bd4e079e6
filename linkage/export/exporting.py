"""Exporting a finished run: one table of another model, checked against its definition, in a folder of its own."""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import linkage.export.deaths as deaths
import linkage.export.definitions as definitions
import linkage.export.ndi as ndi
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, OutputError, told_alone
from linkage.export.definitions import Table
from linkage.printing import counted
from linkage.rules.file import read_rules
from linkage.run.output import read_manifest
from linkage.run.repeat import repeat_run
from linkage.sources.source import Source

TARGETS = ("omop", "pcornet", "i2b2", "ndi")
_TELLS = {
    "omop": "Dates known to the month are its last day, and dates known to the year are 31 December, as OMOP asks: the"
    " release of the run has the middle of that time.",
    "pcornet": "Dates known to the month or year are those of the release, the middle of that time; DEATH_DATE_IMPUTE"
    " says so.",
    "i2b2": "Without a released date of death a patient is U, not known, and never N, living: censoring withholds later"
    " deaths. Birth dates are not written (L): update VITAL_STATUS_CD and DEATH_DATE alone.",
}


@told_alone
def export(folder: str | Path, to: str, output: str | Path, *, registry: str = "", trust_queries: bool = False) -> str:
    """Write what a finished run has found as another model asks for it; what was done, in words.

    `folder` is the output of the run, `to` one of `TARGETS`, `output` a new or empty folder. `registry` says what the
    deaths are from: registry, certificate or ssa; by default their format tells. For a submission to the NDI the files
    of the run are read again; `trust_queries` is as for `linkage explain`.

    Raises InputError and OutputError.
    """
    folder, output = Path(folder), Path(output)
    if to not in TARGETS:
        raise InputError(f"{to!r} is not one of: {', '.join(TARGETS)}.")
    manifest = read_manifest(folder)
    if registry and registry not in deaths.SOURCES:
        raise InputError(f"registry = {registry!r} is not one of: {', '.join(deaths.SOURCES)}.")
    _require_new(output)
    if to == "ndi":
        return _submit(folder, output, trust_queries)
    return _export_deaths(folder, to, output, registry or deaths.registry_of(manifest), manifest)


def _require_new(output: Path) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(f"{output} is there already, and is not written over. Name a new folder with --output.")
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise OutputError(f"{output} cannot be made: {problem.strerror}.") from None


def _table_file(folder: Path, name: str, manifest: Mapping[str, Any]) -> Path:
    path = folder / f"{name}.{manifest['settings']['format']}"
    if not path.exists():
        raise InputError(f"{folder} has no {name}: the run was given no encounters, so that no date was released.")
    return path


def _export_deaths(folder: Path, to: str, output: Path, registry: str, manifest: Mapping[str, Any]) -> str:
    sources = [Source(name, _table_file(folder, name, manifest)) for name in ("outcomes", "links")]
    with closing(DuckDBEngine(sources=sources)) as engine:
        for source in sources:
            engine.load(source.name, source, "SELECT * FROM source")
        definition, select = _definition(engine, to, sources, registry, manifest)
        engine.create("exported", select)
        definitions.require_defined(engine, "exported", definition)
        ((rows,),) = engine.rows("SELECT count(*) FROM exported")
        order = ", ".join(f"written.{name}" for name in definition.key)
        engine.write("SELECT * FROM exported", order, output / f"{definition.name}.csv.gz", "csv.gz")
        ((completed,),) = engine.rows(
            "SELECT count(*) FROM outcomes WHERE dod IS NOT NULL AND death_date_precision <> 'day'"
        )
    told = {"to": to, "rows": rows, "dates_completed": completed, "deaths_are_from": registry}
    _tell(output, told)
    return (
        f"{counted(rows, 'row')} of {definition.name} written to {output}. The deaths are from: {registry}."
        f" {counted(completed, 'released date is', 'released dates are')} known to the month or year"
        f" alone.\n{_TELLS[to]}"
    )


def _asked(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The fields that each rule of a run asks for. Raises OutputError when the rule file has changed since."""
    cascade = read_rules(manifest["rules"]["path"])
    if cascade.digest != manifest["rules"]["sha256"]:
        raise OutputError("The rule file has changed or moved since the run. Run the job again, then export.")
    return {rule.id: [condition.field for condition in rule.agree] for rule in cascade.rules}


def _definition(
    engine: DuckDBEngine, to: str, sources: list[Source], registry: str, manifest: Mapping[str, Any]
) -> tuple[Table, str]:
    if to == "pcornet":
        sure = deaths.confidence(_asked(manifest), engine.columns(sources[1]))
        select = deaths.pcornet_death("outcomes", "links", sure, registry)
        return definitions.PCORNET_DEATH, select
    made: dict[str, tuple[Table, Callable[[], str], str]] = {
        "omop": (definitions.OMOP_DEATH, lambda: deaths.omop_death("outcomes", registry), "OMOP's person_id"),
        "i2b2": (definitions.I2B2_PATIENT, lambda: deaths.i2b2_patients("outcomes"), "i2b2's PATIENT_NUM"),
    }
    definition, select_of, what = made[to]
    definitions.require_integers(engine, "outcomes", "patient_id", what)
    return definition, select_of()


_PEOPLE = (
    "SELECT patient_id, first_name, middle_name, last_name, last_name_parts, former_last_names, ssn,"
    " coalesce(birth_date, birth_date_partial), sex FROM patient ORDER BY length(patient_id), patient_id"
)


def _submit(folder: Path, output: Path, trust_queries: bool) -> str:
    with repeat_run(folder, trust_queries=trust_queries) as run:
        made = ndi.submission(ndi.people_of(run.engine.rows(_PEOPLE)))
    _write(output / "ndi_submission.txt", "".join(f"{line}\n" for line in made.lines))
    lines = ["patient_id,reason", *(f'"{id_.replace(chr(34), chr(34) * 2)}","{why}"' for id_, why in made.left_out)]
    _write(output / "not_submitted.csv", "".join(f"{line}\n" for line in lines))
    reasons: dict[str, int] = {}
    for _, why in made.left_out:
        reasons[why] = reasons.get(why, 0) + 1
    _tell(output, {"to": "ndi", "patients": made.people, "records": len(made.lines), "not_submitted": reasons})
    told = "; ".join(f"{why} {number:,}" for why, number in sorted(reasons.items())) or "none"
    return (
        f"{counted(len(made.lines), 'record')} of {counted(made.people, 'patient')} written to"
        f" {output / 'ndi_submission.txt'}. Patients who cannot be submitted: {told} (see not_submitted.csv). The file"
        " holds names, SSNs and birth dates."
    )


def _tell(output: Path, told: Mapping[str, Any]) -> None:
    _write(output / "export.json", json.dumps(told, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}.") from None
