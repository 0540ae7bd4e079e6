"""Prepare a job: open a suitable engine, read the three tables, and standardize patients and deaths.

A run, a forecast and `linkage check` all begin with this.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.concerns.find import find_concerns, require_nothing_wrong
from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.extras import needs
from linkage.method.linking import Linking
from linkage.method.records import Loaded
from linkage.method.steps import READING, STEPS
from linkage.run.forecast import LARGE, LARGE_MEMORY, Size, expected_seconds, guessed_rows
from linkage.run.progress import Stopwatch
from linkage.sources.source import Source

ENGINES = ("duckdb", "spark", "reference")
FEW = 300_000
"""The number of patients and deaths below which a Spark session is configured for few rows, if it is known."""
BYTES_STORED, BYTES_OF_ENCOUNTER = 180, 100
"""Bytes of the tables per patient or death, and per encounter."""


def open_engine(engine: str, memory: str | None, threads: int | None, sources: Sequence[Source]) -> Engine:
    """Open an engine configured for the size of the sources; rows of files are guessed from their bytes.

    `engine` is one of `ENGINES`; "reference" uses DuckDB for everything but the decisions. `memory` and `threads` are
    as in `link`.
    """
    if engine == "spark":
        needs("pyarrow", extra="spark")
        from linkage.engines.spark.engine import SparkEngine

        people = [_guessed_rows(source) for source in sources[:2]]
        frames = (source.frame for source in sources if source.is_of_spark)
        given = next((frame.sparkSession for frame in frames), None)
        return SparkEngine(memory, threads, given, few=None not in people and sum(filter(None, people)) < FEW)
    return open_duckdb(memory, threads, sources)


def open_duckdb(memory: str | None, threads: int | None, sources: Sequence[Source]) -> DuckDBEngine:
    """Open DuckDB, with a memory limit if the sources are large, and with tables on disk if they are much larger."""
    size = _guessed_size(sources)
    people = size.patients + size.deaths
    held = LARGE_MEMORY if people >= LARGE else None
    stored = people * BYTES_STORED + size.encounters * BYTES_OF_ENCOUNTER
    return DuckDBEngine(memory or held, threads, tables_mb=stored / 1e6, sources=sources)


def _guessed_size(sources: Sequence[Source]) -> Size:
    patients, deaths, *encounters = (_guessed_rows(source) or 0 for source in sources)
    return Size(patients, deaths, sum(encounters))


def _guessed_rows(source: Source) -> int | None:
    """The number of rows of a file or frame; None for tables of databases and frames of Spark."""
    if source.path is not None:
        return sum(guessed_rows(path) for path in source.files)
    return len(source.frame) if hasattr(source.frame, "__len__") else None


@dataclass(frozen=True)
class Ready:
    """A linkage after reading and standardizing; `concerns` list what looks wrong in the input."""

    linking: Linking
    concerns: Sequence[str]

    @property
    def loaded(self) -> Sequence[Loaded]:
        """The loaded tables: patients, deaths and each table of encounters."""
        return self.linking.loaded

    @property
    def is_large(self) -> bool:
        """Whether the job is large enough to compute a forecast first."""
        return self.linking.people >= LARGE

    @property
    def size(self) -> Size:
        """The numbers of rows read, from which the cost of a run is forecast."""
        patients, deaths, *encounters = (table.rows for table in self.loaded)
        return Size(patients, deaths, sum(encounters))


def prepare(linking: Linking, watch: Stopwatch, *, forecasts: bool = False, strict: bool = False) -> Ready:
    """Run the steps before blocking: create the tables `patient`, `death` and `encounter`, with standardized values.

    With `forecasts`, the progress of `watch` receives the expected time of each step.

    Raises InputError when a file cannot be used, when no blocking key can be used and, with `strict`, when anything
    looks wrong.
    """
    if forecasts:
        watch.progress.expect(expected_seconds(_guessed_size(linking.sources)))
    for step in STEPS[:READING]:
        with watch.step(step.name):
            step.run(linking)
    with watch.step("check"):
        concerns = find_concerns(linking)
        if strict:
            require_nothing_wrong(concerns)
    ready = Ready(linking, concerns)
    if forecasts:
        watch.progress.expect(expected_seconds(ready.size))
    return ready
