"""Prepare: open an engine that suits the job, read the three tables, and standardise patients and deaths.

It is a step of its own because a run, a forecast and `linkage check` all begin with it, and the last two end there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.extras import needs
from linkage.method.agreement_sql import Key
from linkage.method.block import usable_keys
from linkage.method.compare_sql import bearers
from linkage.method.dates_to_come import drop_dates_to_come
from linkage.method.encounters import load_encounters, load_patient_deaths
from linkage.method.persons import find_persons
from linkage.method.records import HOSPITAL_DEATH, Loaded, load_people, start_rejected
from linkage.method.standardise.as_read import COLUMNS
from linkage.method.standardise.date_forms import date_forms
from linkage.method.standardise.null_surnames import WRITTEN_FOR_NOTHING, drop_null_surnames, written_elsewhere
from linkage.method.standardise.odd_values import list_values, replace_odd_values
from linkage.method.standardise.shared_numbers import drop_shared_numbers
from linkage.method.standardise.sounds import add_sounds
from linkage.rules.cascade import Cascade
from linkage.run.concerns import find_concerns, require_nothing_wrong
from linkage.run.forecast import LARGE, LARGE_MEMORY, Size, expected_seconds, guessed_rows
from linkage.run.progress import Stopwatch
from linkage.sources.column_names import shown_name
from linkage.sources.source import Source
from linkage.values.nicknames import nickname_table

ENGINES = ("duckdb", "spark", "reference")
FEW = 300_000
"""Patients and deaths below which Spark's own session is one for few rows."""
BYTES_STORED, BYTES_OF_ENCOUNTER = 180, 100
"""What the tables take for each patient and each death, and for each encounter."""
_SIDES = ("patient", "death")


def open_engine(engine: str, memory: str | None, threads: int | None, sources: Sequence[Source]) -> Engine:
    """The engine that suits the size of the sources, of which a file's is guessed from its bytes.

    `engine` is one of `ENGINES`; "reference" asks DuckDB for all but deciding. `memory` and `threads` are as in `link`.
    """
    if engine == "spark":
        needs("pyarrow", extra="spark")
        from linkage.engines.spark.engine import SparkEngine

        size = _guessed_size(sources)
        frames = (source.frame for source in sources if source.is_of_spark)
        given = next((frame.sparkSession for frame in frames), None)
        return SparkEngine(memory, threads, given, few=size.patients + size.deaths < FEW)
    return open_duckdb(memory, threads, sources)


def open_duckdb(memory: str | None, threads: int | None, sources: Sequence[Source]) -> DuckDBEngine:
    """DuckDB, with a limit of memory where the sources are large, and its tables on disk where they are much larger."""
    size = _guessed_size(sources)
    people = size.patients + size.deaths
    held = LARGE_MEMORY if people >= LARGE else None
    stored = people * BYTES_STORED + size.encounters * BYTES_OF_ENCOUNTER
    return DuckDBEngine(memory or held, threads, tables_mb=stored / 1e6, sources=sources)


def _guessed_size(sources: Sequence[Source]) -> Size:
    patients, deaths, *encounters = map(_guessed_rows, sources)
    return Size(patients, deaths, sum(encounters))


def _guessed_rows(source: Source) -> int:
    if source.path is not None:
        return sum(guessed_rows(path) for path in source.files)
    return len(source.frame) if hasattr(source.frame, "__len__") else 0  # a database tells when it is read


@dataclass(frozen=True)
class Ready:
    """What is known once everything is read and standardised.

    `loaded` tells of patients, deaths and each table of encounters what was read; `keys` are the blocking keys whose
    columns both files have; `cleaning` counts values by side, column and reason; `persons` counts, by side, records of
    persons who have several; `concerns` say what looks wrong.
    """

    loaded: Sequence[Loaded]
    keys: tuple[Key, ...]
    cleaning: Mapping[str, dict[str, Any]]
    persons: Mapping[str, int]
    concerns: Sequence[str]

    @property
    def people(self) -> int:
        """Patients and deaths that take part."""
        return self.loaded[0].used + self.loaded[1].used

    @property
    def is_large(self) -> bool:
        """Whether the job takes so long that what it will cost is worth counting beforehand."""
        return self.people >= LARGE

    @property
    def size(self) -> Size:
        """Rows read, of which the cost of a run is forecast."""
        patients, deaths, *encounters = (table.rows for table in self.loaded)
        return Size(patients, deaths, sum(encounters))


def prepare(
    database: Engine,
    cascade: Cascade,
    sources: Sequence[Source],
    groups: Sequence[str],
    watch: Stopwatch,
    engine: str,
    *,
    strict: bool = False,
) -> Ready:
    """Make the tables `patient`, `death` and `encounter`, standardised, with what the rules compare by.

    `sources` are those of patients, deaths and encounters, in this order. With "duckdb" as `engine` the progress of
    `watch` hears what the steps are expected to take.

    Raises InputError when a file cannot be used, or no blocking key can, and where `strict`, when anything looks wrong.
    """
    if engine == "duckdb":
        watch.progress.expect(expected_seconds(_guessed_size(sources)))
    with watch.step("read"):
        start_rejected(database)
        patients = load_people(database, "patient", sources[0], groups)
        deaths = load_people(database, "death", sources[1])
        told = [patients]
        encounters = load_encounters(
            database,
            sources[2:],
            then=lambda rows: told.append(load_patient_deaths(database, sources[0], told[0], rows)),
        )
        patients = told[-1]
        if not encounters:  # nothing counts a year, so nothing asks for a date of death
            unused = [shown_name(patients.columns[name]) for name in HOSPITAL_DEATH if name in patients.columns]
            patients = replace(patients, unused=[*patients.unused, *unused])
        keys = usable_keys(cascade, list(patients.columns), list(deaths.columns))
    with watch.step("standardise"):
        for side in _SIDES:
            list_values(database, side)
        patients, deaths = (
            replace(table, forms={**table.forms, **date_forms(database, side, source.reading)})
            for side, table, source in zip(_SIDES, (patients, deaths), sources, strict=False)
        )
        loaded, cleaning = _standardise(database, cascade, (patients, deaths, *encounters), sources, engine)
        persons = {side: find_persons(database, side) for side in _SIDES}
    with watch.step("look"):
        concerns = find_concerns(database, sources, loaded, cleaning)
        if strict:
            require_nothing_wrong(concerns)
    ready = Ready(loaded, keys, cleaning, persons, concerns)
    if engine == "duckdb":
        watch.progress.expect(expected_seconds(ready.size))
    return ready


def _standardise(
    engine: Engine, cascade: Cascade, loaded: Sequence[Loaded], sources: Sequence[Source], decided_by: str
) -> tuple[list[Loaded], dict[str, dict[str, Any]]]:
    """Finish both tables, drop impossible dates and shared numbers, and add what the rules compare by.

    Returns the sources with what is now known of them, and what was changed.
    """
    elsewhere = {side: written_elsewhere(engine, side, COLUMNS[side]) for side in _SIDES}
    cleaning = {
        side: replace_odd_values(engine, side, cascade, table.groups, table.forms, source.reading)
        for side, table, source in zip(_SIDES, loaded, sources, strict=False)
    }
    read = drop_dates_to_come(engine, loaded, cleaning, keep=decided_by == "reference")
    for side, table in zip(_SIDES, loaded, strict=False):
        for column, reasons in table.codes_not_known.items():
            cleaning[side][column] = Counter(reasons)
        if nothing := drop_null_surnames(engine, side, elsewhere[side]):
            cleaning[side]["last_name"][WRITTEN_FOR_NOTHING] += nothing
    for side, dropped in drop_shared_numbers(engine, cascade.ssn.people_at_most).items():
        if dropped:
            cleaning[side]["ssn"]["carried by many people"] += dropped
    for side in _SIDES:
        add_sounds(engine, side, sounding(cascade))
    for name in cascade.counted:
        engine.create(f"{name}_bearers", bearers(name))
    nicknames = nickname_table()
    engine.insert(
        "nickname",
        {"name": list(nicknames), "formal": ["|".join([name, *formal]) for name, formal in nicknames.items()]},
        {"name": "STRING", "formal": "STRING"},
    )
    return read, cleaning


def sounding(cascade: Cascade) -> list[str]:
    """The names whose sound some key or measure asks for."""
    asked = {name.removesuffix("_sound") for key in cascade.keys for name in key if name.endswith("_sound")}
    asked |= {field.name for field in cascade.compared for line in field.lines if line.measure == "sounds_alike"}
    return sorted(asked)
