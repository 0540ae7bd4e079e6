"""The method on one screen: read, standardise, block, compare, decide, assign, censor, account."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from linkage.account import Stopwatch, count_everything
from linkage.agreement_sql import Key
from linkage.assignment import assign
from linkage.blocking import PairCounts, block, usable_keys
from linkage.coverage import guess_coverage
from linkage.decisions import make_fate, make_links, make_review, qualify
from linkage.encounters import load_encounters
from linkage.engines import Engine
from linkage.engines.duckdb import DuckDBEngine
from linkage.engines.reference_run import decide_by_reference
from linkage.errors import InputError
from linkage.forecast import LARGE, LARGE_MEMORY, Forecast, Size, expected_seconds, guessed_rows, make_forecast
from linkage.measuring_sql import bearers
from linkage.mortality import MortalityPolicy, build_contact, build_outcome
from linkage.nicknames import nickname_table
from linkage.persons import find_persons
from linkage.progress import Progress
from linkage.records import Loaded, load_people, start_rejected
from linkage.result import Linkage
from linkage.rule_file import read_rules
from linkage.rules import Cascade
from linkage.sources import Source, told_sources
from linkage.standardise.date_forms import date_forms
from linkage.standardise.odd_values import list_values, replace_odd_values
from linkage.standardise.shared_numbers import drop_shared_numbers
from linkage.standardise.sounds import add_sounds

ENGINES = ("duckdb", "spark", "reference")
FEW = 300_000
"""Patients and deaths below which Spark's own session is one for few rows."""
_SIDES = ("patient", "death")


def link(
    patients: Any,
    deaths: Any,
    rules: str | Path | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    policy: MortalityPolicy | None = None,
    groups: Sequence[str] = (),
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = "duckdb",
    memory: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Linkage:
    """Link patients to deaths, and determine mortality where encounters are given.

    `patients`, `deaths` and `encounters` are paths of CSV, CSV.gz or Parquet files, or pandas,
    Polars or Arrow frames, or with Spark its data frames; `encounters` may be a list of several.
    `rules` is the name of a shipped cascade, the path of a rule file, or a Cascade. `columns` maps
    our column names to theirs, for each of "patients", "deaths" and "encounters". `groups` are
    columns of the patients to carry along for subgroups. `engine` is "duckdb", "spark" for many
    machines (the session of a frame, the active session, or one that is started), or "reference" for
    the slow independent one. `memory` is what the process may hold, such as "4GB". `progress` hears
    of every step as it begins and ends.

    Raises InputError and RulesError, whose messages say what to do.

    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": [7], "first_name": ["Bill"], "last_name": ["Lee"],
    ...     "dob": ["1950-02-11"]})
    >>> deaths = pd.DataFrame({"death_id": [40], "first_name": ["WILLIAM"], "last_name": ["LEE"],
    ...     "birth_date": ["1950-02-11"], "dod": ["2015-06-01"]})
    >>> with link(patients, deaths) as run:
    ...     run.links[["patient_id", "death_id", "rule"]].to_numpy().tolist()
    [['7', '40', 'R2']]
    """
    if engine not in ENGINES:
        raise InputError(f"engine = {engine!r} is not one of: {', '.join(ENGINES)}.")
    cascade = rules if isinstance(rules, Cascade) else read_rules(rules)
    sources = told_sources(patients, deaths, encounters, columns or {})
    database = open_engine(engine, memory, threads, sources)
    try:
        # The files are hashed on a thread of their own while the run goes on.
        with ThreadPoolExecutor(1) as hashing:
            digests = [hashing.submit(source.digest) for source in sources]
            watch = Stopwatch(progress)
            try:
                run = _run(database, cascade, sources, policy or MortalityPolicy(), groups, engine, watch)
            except BaseException:
                hashing.shutdown(cancel_futures=True)  # whoever stops a job does not wait for the files left
                raise
        return replace(run, digests=[digest.result() for digest in digests])
    except BaseException:
        database.close()
        raise


def open_engine(engine: str, memory: str | None, threads: int | None, sources: Sequence[Source]) -> Engine:
    size = _guessed_size(sources)
    if engine == "spark":
        from linkage.engines.spark import SparkEngine  # loads PyArrow

        frames = (source.frame for source in sources if source.is_of_spark)
        given = next((frame.sparkSession for frame in frames), None)
        return SparkEngine(memory, threads, given, few=size.patients + size.deaths < FEW)
    if size.patients + size.deaths < LARGE:
        return DuckDBEngine(memory, threads)
    return DuckDBEngine(memory or LARGE_MEMORY, threads, on_disk=True)


def foresee(
    patients: Any,
    deaths: Any,
    rules: str | Path | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    groups: Sequence[str] = (),
    columns: Mapping[str, Mapping[str, str]] | None = None,
    memory: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """Read and standardise as `link` would, link nothing, and say what linking would cost.

    The arguments are those of `link`. Raises InputError and RulesError.

    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": [7, 8], "last_name": "Lee", "birth_date": "1950-02-11"})
    >>> deaths = pd.DataFrame({"death_id": [40], "last_name": ["LEE"], "birth_date": ["1950-02-11"]})
    >>> dict(foresee(patients, deaths).pairs_by_key)
    {'last_name+birth_date': 2}
    """
    cascade = rules if isinstance(rules, Cascade) else read_rules(rules)
    sources = told_sources(patients, deaths, encounters, columns or {})
    database = open_engine("duckdb", memory, threads, sources)
    try:
        ready = prepare(database, cascade, sources, groups, Stopwatch(progress), "")
        counts = PairCounts(database, ready.people)
        return make_forecast(database, cascade, ready.keys, ready.size, counts)
    finally:
        database.close()


@dataclass(frozen=True)
class Ready:
    """What is known once everything is read and standardised."""

    loaded: Sequence[Loaded]
    keys: tuple[Key, ...]
    cleaning: Mapping[str, dict[str, Any]]
    persons: Mapping[str, int]

    @property
    def people(self) -> int:
        """Patients and deaths that take part."""
        return self.loaded[0].used + self.loaded[1].used

    @property
    def size(self) -> Size:
        patients, deaths, *encounters = (table.rows for table in self.loaded)
        return Size(patients, deaths, sum(encounters))


def prepare(
    database: Engine,
    cascade: Cascade,
    sources: Sequence[Source],
    groups: Sequence[str],
    watch: Stopwatch,
    engine: str,
) -> Ready:
    if engine == "duckdb":
        watch.progress.expect(expected_seconds(_guessed_size(sources)))
    with watch.step("read"):
        start_rejected(database)
        patients = load_people(database, "patient", sources[0], groups)
        deaths = load_people(database, "death", sources[1])
        encounters = load_encounters(database, sources[2:])
        keys = usable_keys(cascade, list(patients.columns), list(deaths.columns))
    with watch.step("standardise"):
        for side in _SIDES:
            list_values(database, side)
        patients, deaths = (
            replace(table, forms=date_forms(database, side, source.reading))
            for side, table, source in zip(_SIDES, (patients, deaths), sources, strict=False)
        )
        cleaning = _standardise(database, cascade, (patients, deaths), sources)
        persons = {side: find_persons(database, side) for side in _SIDES}
    ready = Ready([patients, deaths, *encounters], keys, cleaning, persons)
    if engine == "duckdb":
        watch.progress.expect(expected_seconds(ready.size))
    return ready


def _guessed_size(sources: Sequence[Source]) -> Size:
    patients, deaths, *encounters = map(_guessed_rows, sources)
    return Size(patients, deaths, sum(encounters))


def _guessed_rows(source: Source) -> int:
    if source.path is not None:
        return sum(guessed_rows(path) for path in source.files)
    return len(source.frame) if hasattr(source.frame, "__len__") else 0  # a database tells when it is read


def _run(
    database: Engine,
    cascade: Cascade,
    sources: Sequence[Source],
    policy: MortalityPolicy,
    groups: Sequence[str],
    engine: str,
    watch: Stopwatch,
) -> Linkage:
    ready = prepare(database, cascade, sources, groups, watch, engine)
    patients, deaths, *encounters = ready.loaded
    keys, forecast = ready.keys, None
    pairs = PairCounts(database, ready.people)
    if ready.people >= LARGE:
        with watch.step("forecast"):
            forecast = make_forecast(database, cascade, keys, ready.size, pairs, show_blocks=False)
        watch.progress.foresee(forecast)
    stated, how = policy.coverage_first is not None and policy.coverage_last is not None, ""
    if encounters:
        with watch.step("contacts"):
            policy, how = _with_coverage(database, policy)
            build_contact(database, policy, of_persons=cascade.duplicates == "link_together")
    if engine == "reference":
        assert isinstance(database, DuckDBEngine)
        with watch.step("reference"):
            blocks = decide_by_reference(
                database, replace(cascade, keys=keys), sources, (patients, deaths), bool(encounters)
            )
    else:
        with watch.step("block"):
            blocks = block(database, cascade, keys, ready.people, pairs)
        with watch.step("compare"):
            qualify(database, cascade, contacts=bool(encounters))
        with watch.step("assign"):
            assign(database, cascade.ties)
    with watch.step("reasons"):
        make_links(database, cascade)
        make_review(database, cascade)
        make_fate(database, cascade)
    if encounters:
        with watch.step("censor"):
            build_outcome(database, policy)
    with watch.step("account"):
        counts = count_everything(database, cascade, ready.loaded, blocks, ready.persons, ready.cleaning)
    return Linkage(
        database, cascade, engine, sources, ready.loaded, policy, stated, counts, watch, forecast, coverage_how=how
    )


def _standardise(
    engine: Engine, cascade: Cascade, people: Sequence[Loaded], sources: Sequence[Source]
) -> dict[str, dict[str, Any]]:
    """Finish both tables, drop numbers that strangers share, and add what the rules compare by."""
    cleaning = {
        side: replace_odd_values(engine, side, cascade, table.groups, table.forms, source.reading)
        for side, table, source in zip(_SIDES, people, sources, strict=False)
    }
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
    return cleaning


def sounding(cascade: Cascade) -> list[str]:
    """The names whose sound some key or measure asks for."""
    asked = {name.removesuffix("_sound") for key in cascade.keys for name in key if name.endswith("_sound")}
    asked |= {field.name for field in cascade.compared for line in field.lines if line.measure == "sounds_alike"}
    return sorted(asked)


def _with_coverage(engine: Engine, policy: MortalityPolicy) -> tuple[MortalityPolicy, str]:
    """Where the user does not say what the registry covers, take what the file shows; and how it was found."""
    if policy.coverage_first is not None and policy.coverage_last is not None:
        return policy, "as stated"
    guess = guess_coverage(engine)
    first, last = policy.coverage_first or guess.first, policy.coverage_last or guess.last
    return replace(policy, coverage_first=first, coverage_last=last), guess.how
