"""The method on one screen: read, standardise, block, compare, decide, assign, censor, account."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, told_alone
from linkage.method.account import count_everything
from linkage.method.assign import assign
from linkage.method.block import PairCounts, block
from linkage.method.censor import build_contact, build_outcome
from linkage.method.certificates import choose_certificates
from linkage.method.coverage import ended_by_extraction, guess_coverage
from linkage.method.decide import make_fate, make_links, make_review, qualify
from linkage.method.expected import count_expected
from linkage.method.weigh import limit_for, weigh
from linkage.reference.deciding import decide_by_reference
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import NO_FACTS, StudyFacts
from linkage.run.forecast import Forecast, make_forecast
from linkage.run.opening import ENGINES, open_engine, prepare
from linkage.run.progress import Progress, Stopwatch
from linkage.run.result import Linkage
from linkage.sources.source import Source, Theirs, told_sources


@told_alone
def link(
    patients: Any,
    deaths: Any,
    rules: str | Path | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    policy: MortalityPolicy | None = None,
    study: StudyFacts = NO_FACTS,
    groups: Sequence[str] = (),
    columns: Mapping[str, Mapping[str, Theirs]] | None = None,
    engine: str = "duckdb",
    memory: str | None = None,
    threads: int | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> Linkage:
    """Link patients to deaths, and determine mortality where encounters are given.

    `patients`, `deaths` and `encounters` are paths of CSV, CSV.gz or Parquet files, or pandas,
    Polars or Arrow frames, or with Spark its data frames; `encounters` may be a list of several.
    `rules` is the name of a shipped cascade, the path of a rule file, or a Cascade. `columns` maps
    our column names to theirs, for each of "patients", "deaths" and "encounters"; a date also to a list of the
    columns of its year, month and day. `policy` says from
    which discharge a year counts and what the registry covers, which is guessed where it does not. `study` says what
    the study is and when its data were extracted, beyond which nobody is followed. `groups`
    are columns of the patients to carry along for subgroups. `engine` is "duckdb", "spark" for many
    machines (the session of a frame, the active session, or one that is started), or "reference" for
    the slow independent one. `memory` is what the process may hold, such as "4GB"; `threads` are the cores
    to use (all of them). With `strict`, a run in whose files something looks wrong ends before it links. `progress`
    hears of every step as it begins and ends.

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
                run = _run(
                    database, cascade, sources, policy or MortalityPolicy(), study, groups, engine, watch, strict=strict
                )
            except BaseException:
                hashing.shutdown(cancel_futures=True)  # whoever stops a job does not wait for the files left
                raise
        run = replace(run, digests=[digest.result() for digest in digests], contents=_contents(database, sources))
        for source in sources:
            source.require_unchanged()
        return run
    except BaseException:
        database.close()
        raise


def _contents(database: Engine, sources: Sequence[Source]) -> list[str | None]:
    """The digest of the rows of each source that is no file."""
    return [
        database.content_digest(source) if source.path is None and isinstance(database, DuckDBEngine) else None
        for source in sources
    ]


def _run(
    database: Engine,
    cascade: Cascade,
    sources: Sequence[Source],
    policy: MortalityPolicy,
    study: StudyFacts,
    groups: Sequence[str],
    engine: str,
    watch: Stopwatch,
    *,
    strict: bool,
) -> Linkage:
    """The steps of the method, one after the other: each makes tables in the database that the next one reads."""
    ready = prepare(database, cascade, sources, groups, watch, engine, strict=strict)
    patients, deaths, *encounters = ready.loaded
    keys, forecast = ready.keys, None
    pairs = PairCounts(database, ready.people)
    if ready.is_large:
        with watch.step("forecast"):
            forecast = make_forecast(database, cascade, keys, ready.size, pairs.about, show_blocks=False)
        watch.progress.foresee(forecast)
    evidence: dict[str, Any] = {}
    stated, how = policy.coverage_first is not None and policy.coverage_last is not None, ""
    if encounters:
        with watch.step("contacts"):
            policy, how = _with_coverage(database, policy, study)
            build_contact(database, policy, of_persons=cascade.duplicates == "link_together")
    if engine == "reference":
        assert isinstance(database, DuckDBEngine)
        with watch.step("reference"):
            blocks, limited, matches = decide_by_reference(
                database, replace(cascade, keys=keys), sources, (patients, deaths), bool(encounters)
            )
            cascade = replace(limited, keys=cascade.keys)
    else:
        with watch.step("block"):
            blocks = block(database, cascade, keys, ready.people, pairs)
        if cascade.weighs:
            with watch.step("weigh"):
                evidence, matches = weigh(
                    database, cascade, contacts=bool(encounters), patients=patients.used, deaths=deaths.used
                )
        with watch.step("compare"):
            qualify(database, cascade, contacts=bool(encounters))
        with watch.step("assign"):
            assign(database, cascade.ties)
        if cascade.ppv is not None:
            with watch.step("limit"):
                cascade = limit_for(database, cascade)
                qualify(database, cascade, contacts=bool(encounters))
                assign(database, cascade.ties)
    with watch.step("reasons"):
        make_links(database, cascade)
        make_fate(database, cascade)
        choose_certificates(database, cascade.plausibility, contacts=bool(encounters))
    if encounters:
        with watch.step("censor"):
            build_outcome(database, policy)
    with watch.step("reasons"):
        make_review(database, cascade, mortality=bool(encounters))
    with watch.step("account"):
        counts = count_everything(database, cascade, ready.loaded, blocks, ready.persons, ready.cleaning)
        if cascade.weighs:
            counts["expected"] = count_expected(database, cascade, matches)
    return Linkage(
        database, cascade, engine, sources, ready.loaded, policy, stated, counts, watch, forecast,
        coverage_how=how, study=study, concerns=ready.concerns, evidence=evidence,
    )  # fmt: skip


def _with_coverage(engine: Engine, policy: MortalityPolicy, study: StudyFacts) -> tuple[MortalityPolicy, str]:
    """Where the user does not say what the registry covers, take what the file shows; and how it was found."""
    if policy.coverage_first is not None and policy.coverage_last is not None:
        first, last, how = policy.coverage_first, policy.coverage_last, "as stated"
    else:
        guess = guess_coverage(engine)
        first, last, how = policy.coverage_first or guess.first, policy.coverage_last or guess.last, guess.how
    first, last, how = ended_by_extraction(first, last, how, study.complete_until)
    return replace(policy, coverage_first=first, coverage_last=last), how


@told_alone
def foresee(
    patients: Any,
    deaths: Any,
    rules: str | Path | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    groups: Sequence[str] = (),
    columns: Mapping[str, Mapping[str, Theirs]] | None = None,
    memory: str | None = None,
    threads: int | None = None,
    strict: bool = False,
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
        ready = prepare(database, cascade, sources, groups, Stopwatch(progress), "", strict=strict)
        counts = PairCounts(database, ready.people)
        return make_forecast(database, cascade, ready.keys, ready.size, counts)
    finally:
        database.close()
