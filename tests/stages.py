"""The two halves of a run, for tests that ask about one of them."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.linking import Linking
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.run.link import _steps
from linkage.run.prepare import Ready, open_duckdb, prepare
from linkage.run.progress import Stopwatch
from linkage.sources.make_source import run_sources
from linkage.sources.source import ColumnName


def draw_fewer(patch: pytest.MonkeyPatch, records: int = 40) -> None:
    """Estimate chance agreement from fewer records of each file, because the reference engine needs seconds to compare
    all pairs of 400 records."""
    for module in ("method.evidence_sql", "reference.evidence"):
        patch.setattr(f"linkage.{module}.SAMPLED", records)


@contextmanager
def prepared(
    patients: Any,
    deaths: Any,
    rules: str | Cascade = "mimic_iv",
    *,
    encounters: Any = None,
    columns: Mapping[str, Mapping[str, ColumnName]] | None = None,
    threads: int | None = 1,
) -> Iterator[Ready]:
    """What `linkage.link` has before it makes pairs, by the same functions: the tables `patient`, `death`, `encounter`
    and `rejected`, and what looks wrong. It takes half as long as a run."""
    cascade = rules if isinstance(rules, Cascade) else read_rules(rules)
    sources = run_sources(patients, deaths, encounters, columns or {})
    with closing(open_duckdb(None, threads, sources)) as database:
        # The table that only the reference engine needs is kept for `decided`.
        yield prepare(Linking(database, cascade, sources, by_reference=True), Stopwatch())


def rejected(ready: Ready) -> list[tuple[Any, ...]]:
    """The rejected rows in the order of the output: file, row number, and reason."""
    return ready.linking.engine.rows("SELECT file, row_number, reason FROM rejected ORDER BY ALL")


@contextmanager
def decided(ready: Ready, cascade: Cascade, engine: str = "duckdb") -> Iterator[linkage.Linkage]:
    """A run by the steps of an engine that follow the preparation, in tables of its own. Both DuckDB and the reference
    engine prepare a run with the same statements.

    The cascade may differ from that of the preparation only in what later steps use, such as `duplicates`. Of its
    `keys_if_few_pairs` it uses those that the preparation found to have few pairs.
    """
    linking = replace(ready.linking, cascade=cascade.using(ready.linking.cascade.keys))
    assert isinstance(linking.engine, DuckDBEngine)
    with linking.engine.separate_schema():
        for name in ("encounter", "last_seen") if linking.has_encounters else ():  # these steps drop them
            linking.engine.create(name, f"SELECT * FROM {name}")
        yield finished(replace(ready, linking=linking), engine)


def finished(ready: Ready, engine: str) -> linkage.Linkage:
    """A run by the steps of an engine that follow the preparation."""
    linking = ready.linking
    for step in _steps(engine):
        if step.applies(linking):
            step.run(linking)
    return linkage.Linkage(
        linking.engine, linking.cascade, engine, linking.sources, linking.loaded, linking.policy, False,
        linking.counts, Stopwatch(), concerns=ready.concerns, evidence=linking.evidence,
    )  # fmt: skip
