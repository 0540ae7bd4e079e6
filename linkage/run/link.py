"""The method in one function: run the steps of `linkage.method.steps.STEPS` in order."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, without_cause
from linkage.method.coverage import is_stated
from linkage.method.linking import Linking, Step
from linkage.method.steps import READING, STEPS, use_persons
from linkage.reference.deciding import decide_by_reference
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import NO_FACTS, StudyFacts
from linkage.run.forecast import Forecast, make_forecast
from linkage.run.prepare import ENGINES, open_engine, prepare
from linkage.run.progress import Progress, Stopwatch
from linkage.run.result import Linkage
from linkage.sources.make_source import run_sources
from linkage.sources.source import ColumnName, Source


@without_cause
def link(
    patients: Any,
    deaths: Any,
    rules: str | Path | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    policy: MortalityPolicy | None = None,
    study: StudyFacts = NO_FACTS,
    groups: Sequence[str] = (),
    columns: Mapping[str, Mapping[str, ColumnName]] | None = None,
    engine: str = "duckdb",
    memory: str | None = None,
    threads: int | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> Linkage:
    """Link patients to deaths, and determine mortality if encounters are given.

    - `patients`, `deaths`, `encounters`: a path (CSV, Parquet, Excel, SAS, Stata, SPSS or FHIR), a data frame (pandas,
      Polars, Arrow; Spark's with the engine "spark"), or the result of `linkage.source`. `encounters` can be a list of
      several.
    - `rules`: the name of a shipped cascade, the path of a rule file, or a Cascade.
    - `columns`: for each of "patients", "deaths" and "encounters", a mapping from our column names to yours. A date can
      be mapped to a list of the columns of its year, month and day.
    - `policy`: the discharge from which the year is counted, and the coverage of the registry. If the coverage is not
      stated, it is inferred from the dates of death.
    - `study`: what is stated about the study. Follow-up ends with the extraction of the registry, less its lag.
    - `groups`: columns of the patients to copy to the outcomes, for subgroups.
    - `engine`: "duckdb"; "spark" for many machines, in the session of a frame, the active session or a new one; or
      "reference", the slow independent implementation.
    - `memory`: the memory limit of the process, such as "4GB". `threads`: the number of cores (default: all).
    - `strict`: stop before linking if anything in the input looks wrong.
    - `progress`: an object whose methods are called when each step starts and ends.

    Returns the finished run; close it, or use it in a `with` block.

    Raises InputError if a source cannot be used, and RulesError if the rule file is not valid.

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
    sources = run_sources(patients, deaths, encounters, columns or {})
    database = open_engine(engine, memory, threads, sources)
    try:
        # The files are hashed in a thread of their own while the run continues.
        with ThreadPoolExecutor(1) as hashing:
            digests = [hashing.submit(source.digest) for source in sources]
            watch = Stopwatch(progress)
            try:
                linking = Linking(
                    database, cascade, sources, groups, policy or MortalityPolicy(), study, engine == "reference"
                )
                run = _run(linking, engine, watch, strict=strict)
            except BaseException:
                hashing.shutdown(cancel_futures=True)  # a canceled job does not wait for the remaining files
                raise
        run = replace(run, digests=[digest.result() for digest in digests], contents=_contents(database, sources))
        for source in sources:
            source.require_unchanged()
        return run
    except BaseException:
        database.close()
        raise


def _contents(database: Engine, sources: Sequence[Source]) -> list[str | None]:
    """The digest of the rows of each source that is not a file."""
    return [
        database.content_digest(source) if source.path is None and isinstance(database, DuckDBEngine) else None
        for source in sources
    ]


def _run(linking: Linking, decided_by: str, watch: Stopwatch, *, strict: bool) -> Linkage:
    """The steps of the method, in order; each makes tables in the engine that later ones read."""
    stated = is_stated(linking.policy, linking.study)
    ready = prepare(linking, watch, forecasts=decided_by == "duckdb", strict=strict)
    forecast = None
    if ready.is_large:
        with watch.step("forecast"):
            pairs = linking.pair_counts.about
            forecast = make_forecast(
                linking.engine, linking.cascade, linking.keys, ready.size, pairs, show_blocks=False
            )
        watch.progress.foresee(forecast)
    for step in _steps(decided_by):
        if step.applies(linking):
            with watch.step(step.name):
                step.run(linking)
    return Linkage(
        linking.engine, linking.cascade, decided_by, linking.sources, linking.loaded, linking.policy, stated,
        linking.counts, watch, forecast, coverage_how=linking.coverage_how, study=linking.study,
        concerns=ready.concerns, evidence=linking.evidence,
    )  # fmt: skip


_DECIDING = ("block", "weigh", "compare", "assign", "limit")


def _steps(decided_by: str) -> list[Step]:
    """The steps after reading; with the reference engine, one step replaces several."""
    steps = list(STEPS[READING:])
    if decided_by != "reference":
        return steps
    first = next(n for n, step in enumerate(steps) if step.name == _DECIDING[0])
    others = [step for step in steps[first:] if step.name not in _DECIDING]
    return [*steps[:first], Step("reference", "Decide by the reference engine.", _by_reference, (), ()), *others]


def _by_reference(linking: Linking) -> None:
    assert isinstance(linking.engine, DuckDBEngine)
    fixed = tuple(key for key in linking.keys if key not in linking.few)
    keyed = replace(linking.cascade, keys=fixed, keys_if_few_pairs=linking.few)
    people = tuple(linking.loaded[:2])
    linking.blocks, limited, linking.evidence, linking.matches = decide_by_reference(
        linking.engine, keyed, linking.sources, people, linking.has_encounters, partial(use_persons, linking)
    )
    linking.cascade = replace(limited, keys=linking.cascade.keys, keys_if_few_pairs=linking.cascade.keys_if_few_pairs)


@without_cause
def foresee(
    patients: Any,
    deaths: Any,
    rules: str | Path | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    groups: Sequence[str] = (),
    columns: Mapping[str, Mapping[str, ColumnName]] | None = None,
    memory: str | None = None,
    threads: int | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> Forecast:
    """Read and standardize as `link` would, without linking, and forecast the cost of linking.

    The arguments are those of `link`. Raises InputError and RulesError.

    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": [7, 8], "last_name": "Lee", "birth_date": "1950-02-11"})
    >>> deaths = pd.DataFrame({"death_id": [40], "last_name": ["LEE"], "birth_date": ["1950-02-11"]})
    >>> dict(foresee(patients, deaths).pairs_by_key)
    {'last_name+birth_date': 2}
    """
    cascade = rules if isinstance(rules, Cascade) else read_rules(rules)
    sources = run_sources(patients, deaths, encounters, columns or {})
    database = open_engine("duckdb", memory, threads, sources)
    try:
        linking = Linking(database, cascade, sources, groups)
        ready = prepare(linking, Stopwatch(progress), strict=strict)
        return make_forecast(database, linking.cascade, linking.keys, ready.size, linking.pair_counts)
    finally:
        database.close()
