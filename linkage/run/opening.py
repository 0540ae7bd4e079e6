"""Prepare: open an engine that suits the job, read the three tables, and standardise patients and deaths.

It is a step of its own because a run, a forecast and `linkage check` all begin with it, and the last two end there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.extras import needs
from linkage.method.records import Loaded
from linkage.method.steps import READING, STEPS, Linking
from linkage.run.concerns import find_concerns, require_nothing_wrong
from linkage.run.forecast import LARGE, LARGE_MEMORY, Size, expected_seconds, guessed_rows
from linkage.run.progress import Stopwatch
from linkage.sources.source import Source

ENGINES = ("duckdb", "spark", "reference")
FEW = 300_000
"""Patients and deaths below which Spark's own session is one for few rows."""
BYTES_STORED, BYTES_OF_ENCOUNTER = 180, 100
"""What the tables take for each patient and each death, and for each encounter."""


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
    """A linkage of which everything is read and standardised; `concerns` say what looks wrong in it."""

    linking: Linking
    concerns: Sequence[str]

    @property
    def loaded(self) -> Sequence[Loaded]:
        """What was read of patients, deaths and each table of encounters."""
        return self.linking.loaded

    @property
    def is_large(self) -> bool:
        """Whether the job takes so long that what it will cost is worth counting beforehand."""
        return self.linking.people >= LARGE

    @property
    def size(self) -> Size:
        """Rows read, of which the cost of a run is forecast."""
        patients, deaths, *encounters = (table.rows for table in self.loaded)
        return Size(patients, deaths, sum(encounters))


def prepare(linking: Linking, watch: Stopwatch, *, forecasts: bool = False, strict: bool = False) -> Ready:
    """Run the steps before any pair: make the tables `patient`, `death` and `encounter`, standardised.

    With `forecasts`, the progress of `watch` is told what the steps are expected to take.

    Raises InputError when a file cannot be used, or no blocking key can, and where `strict`, when anything looks wrong.
    """
    if forecasts:
        watch.progress.expect(expected_seconds(_guessed_size(linking.sources)))
    for step in STEPS[:READING]:
        with watch.step(step.name):
            step.run(linking)
    with watch.step("look"):
        concerns = find_concerns(linking.engine, linking.sources, linking.loaded, linking.cleaning)
        if strict:
            require_nothing_wrong(concerns)
    ready = Ready(linking, concerns)
    if forecasts:
        watch.progress.expect(expected_seconds(ready.size))
    return ready
