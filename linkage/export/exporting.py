"""Export a finished run as the tables of another data model, to a new folder or a schema of a PostgreSQL server. Each
table is checked against its definition."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import linkage.export.deaths as deaths
import linkage.export.definitions as definitions
import linkage.export.ndi as ndi
from linkage.engines.duck.engine import DuckDBEngine
from linkage.engines.duck.writing import read_back
from linkage.errors import InputError, OutputError, without_cause
from linkage.export.definitions import Table
from linkage.export.destination import Destination
from linkage.export.stat import SUFFIXES, write_stat
from linkage.printing import counted
from linkage.quoting import quoted_name
from linkage.rules.file import read_rules
from linkage.run.output import read_manifest
from linkage.run.repeat import repeat_run
from linkage.sources.source import Source

TARGETS = ("omop", "pcornet", "i2b2", "ndi", "stata", "sas")
_TABLES = {
    "omop": ("death",),
    "pcornet": ("death",),
    "i2b2": ("patient_dimension",),
    "ndi": ("submission", "not_submitted"),
}
_NOTES = {
    "omop": "As OMOP requires, a date known only to the month is the last day of the month, and a date known only to"
    " the year is 31 December. The release of the run has the middle of that month or year instead.",
    "pcornet": "A date known only to the month or year is the middle of that month or year, as in the release;"
    " DEATH_DATE_IMPUTE marks it.",
    "i2b2": "A patient without a released date of death is U (not known), never N (living), because later deaths are"
    " censored.",
}
_BIRTH_NOTES = {
    False: "Birth dates are not written (L): update only VITAL_STATUS_CD and DEATH_DATE, or add --birth-dates.",
    True: "The table contains birth dates. One known only to the month or year is the first day of it (B, F).",
}


@without_cause
def export(
    folder: str | Path,
    to: str,
    output: str | Path | None = None,
    *,
    registry: str = "",
    birth_dates: bool = False,
    postgres: str = "",
    schema: str = "",
    trust_queries: bool = False,
) -> str:
    """Write the results of a finished run in the form of another data model, and return a summary.

    `folder` is the output of the run, `to` one of `TARGETS`, `output` a new or empty folder. `postgres` names the
    environment variable with the address of a PostgreSQL server, instead of or in addition to the folder; `schema` is
    the schema for its tables (by default linkage_omop and so on). `registry` is the kind of source of the deaths:
    registry, certificate, or ssa; by default it is inferred from their format. With `birth_dates` (i2b2 only) and for a
    submission to the NDI, the input files of the run are read again; `trust_queries` is as for `linkage explain`.

    Raises InputError if an argument cannot be used or the run has no such results, and OutputError if the run cannot be
    read or repeated, or the tables cannot be written.

    >>> import tempfile
    >>> import pandas as pd
    >>> from linkage import link
    >>> person = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]})
    >>> patients, deaths = person.assign(patient_id=7), person.assign(death_id=40, death_date="2015-06-01")
    >>> stays = pd.DataFrame({"patient_id": [7], "start": ["2015-01-02"], "discharge": ["2015-01-09"]})
    >>> with tempfile.TemporaryDirectory() as name, link(patients, deaths, encounters=stays) as run:
    ...     run.write(f"{name}/out")
    ...     print(export(f"{name}/out", "omop", f"{name}/omop").partition(" written")[0])
    ...     pd.read_csv(f"{name}/omop/death.csv.gz")[["person_id", "death_date"]].to_numpy().tolist()
    1 row of death
    [[7, '2015-06-01']]
    """
    folder = Path(folder)
    if to not in TARGETS:
        raise InputError(f"{to!r} is not one of: {', '.join(TARGETS)}.")
    if registry and registry not in deaths.SOURCES:
        raise InputError(f"registry = {registry!r} is not one of: {', '.join(deaths.SOURCES)}.")
    if birth_dates and to != "i2b2":
        raise InputError(f"The table of {to} has no birth dates. Remove --birth-dates.")
    manifest = read_manifest(folder)
    if to in SUFFIXES:
        if postgres or output is None:
            raise InputError(f"Tables for {to} are files. Name a new folder (--output) instead of a server.")
        return _for_statistics(folder, to, Destination.of(output, "", "", ()), manifest)
    destination = Destination.of(output, postgres, schema or f"linkage_{to}", _TABLES[to])
    if to == "ndi":
        return _submit(folder, destination, trust_queries)
    registry = registry or deaths.registry_of(manifest)
    births = _births(folder, trust_queries) if birth_dates else []
    return _export_deaths(folder, to, destination, registry, manifest, births)


def _for_statistics(folder: Path, to: str, destination: Destination, manifest: Mapping[str, Any]) -> str:
    assert destination.folder is not None
    form = manifest["settings"]["format"]
    paths = {name: folder / f"{name}.{form}" for name in ("links", "outcomes", "release")}
    sources = [Source(name, path) for name, path in paths.items() if path.exists()]
    record: dict[str, Any] = {"to": to, "rows": {}, "names": {}}
    with closing(DuckDBEngine(sources=sources)) as engine:
        for source in sources:
            names = engine.columns(source)
            texts = ", ".join(f"CAST({quoted_name(name)} AS VARCHAR) AS {quoted_name(name)}" for name in names)
            select = f"SELECT {texts} FROM (SELECT {read_back(names, form)} FROM source) AS written"
            record["rows"][source.name] = engine.load(source.name, source, select)
            path = destination.folder / f"{source.name}.{SUFFIXES[to]}"
            record["names"] |= write_stat(engine.frame(f"SELECT * FROM {source.name}"), path, to, source.name)
    destination.write_manifest(record)
    rows = ", ".join(f"{name} {number:,}" for name, number in record["rows"].items())
    cut = f" {len(record['names']):,} column names had to be changed: see export.json." if record["names"] else ""
    return f"Written to {destination}, rows: {rows}.{cut} The files have the same content as those of the run."


def _table_file(folder: Path, name: str, manifest: Mapping[str, Any]) -> Path:
    path = folder / f"{name}.{manifest['settings']['format']}"
    if not path.exists():
        raise InputError(f"{folder} has no {name}: the run had no encounters, so no date was released.")
    return path


def _births(folder: Path, trust_queries: bool) -> Sequence[tuple[str, str]]:
    """The full or partial birth dates of patients, read from the input files of the run."""
    with repeat_run(folder, trust_queries=trust_queries) as run:
        rows: Sequence[tuple[str, str]] = run.engine.rows(
            "SELECT patient_id, coalesce(birth_date, birth_date_partial) AS born FROM patient"
            " WHERE coalesce(birth_date, birth_date_partial) IS NOT NULL"
        )
    return rows


def _export_deaths(
    folder: Path,
    to: str,
    destination: Destination,
    registry: str,
    manifest: Mapping[str, Any],
    births: Sequence[tuple[str, str]],
) -> str:
    sources = [Source(name, _table_file(folder, name, manifest)) for name in ("outcomes", "links")]
    with closing(DuckDBEngine(sources=sources)) as engine:
        for source in sources:
            columns = read_back(engine.columns(source), manifest["settings"]["format"])
            engine.load(source.name, source, f"SELECT {columns} FROM source")
        if births:
            engine.insert(
                "birth",
                dict(zip(("patient_id", "born"), zip(*births, strict=True), strict=True)),
                {"patient_id": "STRING", "born": "STRING"},
            )
        else:
            engine.create("birth", deaths.NO_BIRTHS)
        definition, select = _definition(engine, to, sources, registry, manifest)
        engine.create("exported", select)
        definitions.require_defined(engine, "exported", definition)
        ((rows,),) = engine.rows("SELECT count(*) FROM exported")
        ((completed,),) = engine.rows(
            "SELECT count(*) FROM outcomes WHERE dod IS NOT NULL AND death_date_precision <> 'day'"
        )
        record = {"to": to, "rows": rows, "dates_completed": completed, "deaths_are_from": registry}
        destination.write_table(engine, "exported", definition, record)
    return (
        f"{counted(rows, 'row')} of {definition.name} written to {destination}. The deaths are from: {registry}."
        f" {counted(completed, 'released date is', 'released dates are')} known only to the month or"
        f" year.\n{_NOTES[to]}" + (f" {_BIRTH_NOTES[bool(births)]}" if to == "i2b2" else "")
    )


def _fields_by_rule(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The fields that each rule of a run compares. Raises OutputError if the rule file has changed since the run."""
    cascade = read_rules(manifest["rules"]["path"])
    if cascade.digest != manifest["rules"]["sha256"]:
        raise OutputError("The rule file has changed or moved since the run. Run the job again, then export.")
    return {rule.id: [condition.field for condition in rule.agree] for rule in cascade.rules}


def _definition(
    engine: DuckDBEngine, to: str, sources: list[Source], registry: str, manifest: Mapping[str, Any]
) -> tuple[Table, str]:
    if to == "pcornet":
        sure = deaths.confidence(_fields_by_rule(manifest), engine.columns(sources[1]))
        select = deaths.pcornet_death("outcomes", "links", sure, registry)
        return definitions.PCORNET_DEATH, select
    made: dict[str, tuple[Table, Callable[[], str], str]] = {
        "omop": (definitions.OMOP_DEATH, lambda: deaths.omop_death("outcomes", registry), "OMOP's person_id"),
        "i2b2": (definitions.I2B2_PATIENT, lambda: deaths.i2b2_patients("outcomes", "birth"), "i2b2's PATIENT_NUM"),
    }
    definition, select_of, what = made[to]
    definitions.require_integers(engine, "outcomes", "patient_id", what)
    return definition, select_of()


_PEOPLE = (
    "SELECT patient_id, first_name, middle_name, last_name, last_name_parts, former_last_names, ssn,"
    " coalesce(birth_date, birth_date_partial), sex FROM patient ORDER BY length(patient_id), patient_id"
)


def _submit(folder: Path, destination: Destination, trust_queries: bool) -> str:
    with repeat_run(folder, trust_queries=trust_queries) as run:
        made = ndi.submission(ndi.people_of(run.engine.rows(_PEOPLE)))
    reasons: dict[str, int] = {}
    for _, why in made.left_out:
        reasons[why] = reasons.get(why, 0) + 1
    record = {"to": "ndi", "patients": made.people, "records": len(made.lines), "not_submitted": reasons}
    destination.write_submission(made, record)
    listed = "; ".join(f"{why} {number:,}" for why, number in sorted(reasons.items())) or "none"
    return (
        f"{counted(len(made.lines), 'record')} of {counted(made.people, 'patient')} written to {destination}."
        f" Patients who cannot be submitted: {listed} (see not_submitted)."
        " The submission contains names, SSNs, and birth dates."
    )
