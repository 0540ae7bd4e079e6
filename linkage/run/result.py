"""The result of a run: its tables, counts and printed summary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from linkage.concerns.find import what_looks_wrong
from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, without_cause
from linkage.method.records import Loaded
from linkage.rules.cascade import Cascade
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import NO_FACTS, StudyFacts
from linkage.run import summary
from linkage.run.expected_summary import expected_summary
from linkage.run.explanation import Asked, Explanation, explain_patients, why_not_linked
from linkage.run.forecast import Forecast, Size, expected_bytes, expected_seconds
from linkage.run.output import claim_output, table_names, table_select, write_all
from linkage.run.progress import Stopwatch, peak_memory
from linkage.run.reading_summary import reading
from linkage.run.snapshot import require_duckdb
from linkage.sources.source import Source
from linkage.survival.mortality_at import mortality_at

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Linkage:
    """A finished run. `print` shows its summary, with the table of links by rule.

    Its tables are data frames created on request. `counts` has all numbers of the account, `evidence` the model that
    was estimated from the files, `watch` the wall time of each step, `digests` the SHA-256 of each file, `contents` the
    SHA-256 of the rows of each other source (whatever their order), `concerns` what looks wrong in the input, and
    `study` the stated facts of the study. Close it, or use it in a `with` block, to free its memory.

    >>> import pandas as pd
    >>> import linkage
    >>> one = {"first_name": ["Ana"], "last_name": ["Fox"], "birth_date": ["1944-07-30"]}
    >>> patients, deaths = pd.DataFrame({"patient_id": ["7"], **one}), pd.DataFrame({"death_id": ["40"], **one})
    >>> with linkage.link(patients, deaths) as run:
    ...     print(run.explain("7").fate, run.counts["patients_linked"])
    linked to death 40 by R2, with no runner-up 1
    """

    database: Engine
    cascade: Cascade
    decided_by: str
    sources: Sequence[Source]
    loaded: Sequence[Loaded]
    policy: MortalityPolicy
    coverage_stated: bool
    counts: Mapping[str, Any]
    watch: Stopwatch
    forecast: Forecast | None = None
    digests: Sequence[str | None] = ()
    contents: Sequence[str | None] = ()
    coverage_how: str = ""
    concerns: Sequence[str] = ()
    study: StudyFacts = NO_FACTS
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def engine(self) -> DuckDBEngine:
        """The DuckDB database that holds the tables.

        Raises InputError for a run on Spark: evaluation, reports and tuning need its output folder instead.
        """
        if not isinstance(self.database, DuckDBEngine):
            raise InputError(
                "This needs DuckDB, but the run used Spark. Write the run with run.write('out') and use the folder:"
                " linkage evaluate out, linkage report out or linkage tune out. DuckDB then links the same files again."
            )
        return self.database

    @property
    def seconds(self) -> Mapping[str, float]:
        """Wall time of each step."""
        return self.watch.seconds

    @property
    def cost(self) -> dict[str, dict[str, Any]]:
        """The expected and the measured cost of the steps so far (seconds, memory_bytes). For large jobs, "expected"
        also has the expected numbers of pairs."""
        rows = [table.rows for table in self.loaded]
        expected = expected_seconds(Size(rows[0], rows[1], sum(rows[2:])))
        forecast: dict[str, Any] = {
            "seconds": round(sum(expected.get(step, 0.0) for step in self.seconds), 1),
            "memory_bytes": expected_bytes(Size(rows[0], rows[1], sum(rows[2:]))),
        }
        if self.forecast:
            forecast |= {"pairs_by_key": self.forecast.pairs_by_key, "pairs_by_rule": self.forecast.pairs_by_rule}
        found = {"seconds": round(sum(self.seconds.values()), 1), "memory_bytes": peak_memory()}
        return {"expected": forecast, "found": found}

    @property
    def has_mortality(self) -> bool:
        """Whether encounters were given; without them, a run gives links but no outcomes."""
        return len(self.loaded) > 2

    @property
    def links(self) -> "pandas.DataFrame":
        """One row per linked patient: patient_id, death_id, rule, tie, and the agreement of each field."""
        return self._frame("links")

    @property
    def outcomes(self) -> "pandas.DataFrame":
        """One row per patient, with status and dates. Confidential: it includes the dates that censoring withholds."""
        return self._frame("outcomes")

    @property
    def release(self) -> "pandas.DataFrame":
        """One row per patient, with only patient_id and the censored dod."""
        return self._frame("release")

    @property
    def review(self) -> "pandas.DataFrame":
        """Pairs for clerical review, such as ties, pairs impossible in time, and second claims to a death."""
        return self._frame("review")

    @property
    def rejected(self) -> "pandas.DataFrame":
        """Rows that could not be used: file, row_number (the header is row 1), reason."""
        return self._frame("rejected")

    @without_cause
    def _frame(self, name: str) -> "pandas.DataFrame":
        if name not in table_names(self):
            raise InputError(f"There are no {name}: the run has no encounters. Use link(..., encounters=...).")
        frame: pandas.DataFrame = self.database.frame(table_select(self, name))
        return frame

    def mortality(self) -> "pandas.DataFrame":
        """The same as `outcomes`: for each patient a status, the censored dod and the follow-up."""
        return self.outcomes

    def mortality_at(
        self, index_dates: "pandas.DataFrame | Mapping[Any, Any]", horizon: int | str = "1 year", **options: Any
    ) -> "pandas.DataFrame":
        """Whether patients were dead, alive or unknown at a horizon after index dates; see `linkage.mortality_at`."""
        return mortality_at(self.outcomes, index_dates, horizon, **options)

    @without_cause
    def explain(self, patient_id: str | int, death_id: str | int | None = None) -> Explanation:
        """Why a patient was linked or not; with `death_id`, how this pair agrees and what it lacks.

        Raises InputError if there is no such patient or death.
        """
        return self.explain_many([patient_id if death_id is None else (patient_id, death_id)])[0]

    def explain_many(self, asked: Iterable[str | int | tuple[str | int, str | int]]) -> list[Explanation]:
        """`explain` for many at once: ids of patients, or pairs (patient_id, death_id)."""
        pairs: list[Asked] = [
            (str(one[0]), str(one[1])) if isinstance(one, tuple | list) else (str(one), None) for one in asked
        ]
        return explain_patients(self.database, self.cascade, self.has_mortality, pairs)

    def why_not(self, patient_id: str | int) -> str:
        """A sentence that says why a patient has no link: what the closest candidate lacks, or who is linked to its
        death.

        Raises InputError if there is no such patient.
        """
        links = self.links
        return why_not_linked(self.explain(patient_id), dict(zip(links["death_id"], links["patient_id"], strict=True)))

    @without_cause
    def write(self, folder: str | Path, format: str = "csv.gz", *, snapshot: bool = False) -> None:
        """Write all tables and the manifest into a folder, all or nothing, readable by their owner only.

        `format` is "csv.gz" or "parquet". A `snapshot` is a copy of everything that was read and made, from which the
        run can be queried again (`linkage explain` and others). It contains all identifiers.

        Raises OutputError when the folder cannot be written, or another run is writing to it.
        """
        if snapshot:
            require_duckdb(self.database)
        with claim_output(Path(folder), self.sources) as replace:
            replace(lambda writing: write_all(self, writing, format, keep_snapshot=snapshot))

    def close(self) -> None:
        """Release memory and delete scratch files. The tables can no longer be read."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __str__(self) -> str:
        parts = [
            summary.report(self.cascade, self.counts, self.policy, self.coverage_stated, self.coverage_how),
            *([expected_summary(self.cascade, self.counts)] if "expected" in self.counts else []),
            *reading(self.cascade, self.loaded, self.counts),
            what_looks_wrong(self.concerns),
        ]
        return "\n\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        return str(self)
