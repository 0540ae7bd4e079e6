"""Forecast the cost of a job: pairs by blocking key and rule, memory and time.

Pairs are counted or estimated from the sizes of groups, without creating them. Time and memory are proportional to the
number of records, with rates measured on one machine; on other machines the seconds may differ, but hardly their
distribution over the steps.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.engines import Engine
from linkage.method.agreement_sql import Key
from linkage.method.block import kept_pairs
from linkage.method.block_sql import exact_columns
from linkage.method.columns import SIDES, column
from linkage.method.crowds import are_dense, find_crowds, last_stays
from linkage.printing import counted
from linkage.rules.cascade import Cascade

LARGE = 5_000_000
"""The number of patients and deaths from which a job reports a forecast and has a default memory limit."""

LARGE_MEMORY = "4GB"
"""The default memory limit of such a job."""

# Seconds per million records and bytes per record, measured in runs of MIMIC-IV's size and ten times that, on two
# cores. The progress report adjusts them to the machine while the job runs.
_PER_MILLION_PEOPLE = {
    "read": 1.2,
    "standardize": 0.9,
    "check": 0.6,
    "block": 0.8,
    "compare": 0.7,
    "assign": 0.1,
    "reasons": 0.2,
    "account": 0.05,
}
_PER_MILLION_OF_LARGE = {"block": 1.5}  # large jobs join names with parts of numbers one at a time
_PER_MILLION_ENCOUNTERS = {"read": 0.55, "contacts": 0.6}
_PER_MILLION_PATIENTS = {"censor": 1.0, "write": 3.5}
_PER_STEP = 0.1
_ORDER = (
    *(
        "read",
        "standardize",
        "check",
        "contacts",
        "block",
        "compare",
        "assign",
        "reasons",
        "censor",
        "review",
        "account",
    ),
    "write",
)
_BYTES_AT_LEAST, _BYTES_PER_PERSON, _BYTES_PER_ENCOUNTER = 130_000_000, 450, 120
_BYTES_OF_LARGE = 4_000_000_000
_BLOCKS_SHOWN = 3
# Seconds per million pairs, and bytes per pair, beyond those included above: measured on crowds of a thousand and of
# three thousand records on either side, without records that stand for others.
_PER_MILLION_PAIRS = {"block": 3.0, "compare": 2.0, "assign": 2.4, "review": 2.3}
_PER_MILLION_WEIGHED = {"block": 6.0, "weigh": 6.0, "compare": 5.0, "limit": 5.0}
_BYTES_PER_PAIR, _BYTES_PER_WEIGHED = 900, 1_800
_PAIRS_PER_RECORD = 2
# Typical bytes per row by file type, for a first guess of the number of rows.
_BYTES_PER_ROW = {".gz": 32, ".parquet": 40, ".pq": 40}
_BYTES_PER_PLAIN_ROW = 90


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of rows of a job."""

    patients: int
    deaths: int
    encounters: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected cost of a job. `print` shows it.

    `seconds` (by step) and `memory_bytes` are estimates. `pairs_by_key` has the pairs that meet each blocking key, and
    `pairs_by_rule` those that agree on all fields that the rule requires to be exact. A dry run counts them; a run
    estimates large numbers from a sample of both files. `largest_blocks` has for each key the largest groups of
    records with equal values, as numbers of patients and deaths.
    `made_pairs` is the largest number of pairs that agree on what some rule requires and on the birth date, if one
    record represents all records that are equal to it.
    """

    size: Size
    seconds: Mapping[str, float]
    memory_bytes: int
    pairs_by_key: Mapping[str, int]
    pairs_by_rule: Mapping[str, int]
    largest_blocks: Mapping[str, tuple[tuple[int, int], ...]]
    made_pairs: int = 0

    def __str__(self) -> str:
        keys = [f"  {name}: {pairs:,}{_shown(self.largest_blocks[name])}" for name, pairs in self.pairs_by_key.items()]
        rules = [f"  {name}: {pairs:,}" for name, pairs in self.pairs_by_rule.items()]
        return "\n".join([
            f"{counted(self.size.patients, 'patient')}, {counted(self.size.deaths, 'death')},"
            f" {counted(self.size.encounters, 'encounter')}.",
            f"Expected: about {in_words(sum(self.seconds.values()))} and {in_bytes(self.memory_bytes)} of memory.",
            "Pairs by blocking key:",
            *keys,
            "Pairs that agree on all fields that a rule requires to be exact:",
            *rules,
            *([f"Pairs among groups of equal records: about {self.made_pairs:,}."] if self.made_pairs else []),
        ])  # fmt: skip


def _shown(blocks: Sequence[tuple[int, int]]) -> str:
    sizes = ", ".join(f"{patients:,} x {deaths:,}" for patients, deaths in blocks)
    return f" (largest blocks, patients x deaths: {sizes})" if blocks else ""


def expected_seconds(size: Size) -> dict[str, float]:
    """Expected seconds of each step, in order; without encounters, the steps that need them are left out.

    >>> list(expected_seconds(Size(1_000_000, 1_000_000)))
    ['read', 'standardize', 'check', 'block', 'compare', 'assign', 'reasons', 'review', 'account', 'write']
    """
    people = size.patients + size.deaths
    parts = [(_PER_MILLION_PEOPLE, people), (_PER_MILLION_PATIENTS, size.patients)]
    parts += [(_PER_MILLION_ENCOUNTERS, size.encounters), (_PER_MILLION_OF_LARGE, people if people >= LARGE else 0)]
    steps = [step for step in _ORDER if size.encounters or step not in ("contacts", "censor")]
    return {step: _PER_STEP + sum(rates.get(step, 0.0) * rows / 1e6 for rates, rows in parts) for step in steps}


def expected_bytes(size: Size) -> int:
    """The expected peak memory of a job without a stated memory limit, in bytes."""
    people = size.patients + size.deaths
    held = _BYTES_AT_LEAST + _BYTES_PER_PERSON * people + _BYTES_PER_ENCOUNTER * size.encounters
    return min(held, _BYTES_OF_LARGE) if people >= LARGE else held


def guessed_rows(path: Path) -> int:
    """A rough guess of the number of rows of a file, from its size and type."""
    return path.stat().st_size // _BYTES_PER_ROW.get(path.suffix.lower(), _BYTES_PER_PLAIN_ROW)


def make_forecast(
    engine: Engine,
    cascade: Cascade,
    keys: Sequence[Key],
    size: Size,
    counted: Callable[[Iterable[str]], int],
    *,
    show_blocks: bool = True,
) -> Forecast:
    """Count the pairs of the two standardized tables with `counted`, and estimate time and memory.

    Finding the largest blocks takes as long as counting all pairs; without `show_blocks` they are left out.
    """
    demands = {rule.id: frozenset(exact_columns(rule)) for rule in cascade.rules}
    made = _made_pairs(engine, cascade, size, demands.values(), counted)
    more = max(0, made - _PAIRS_PER_RECORD * (size.patients + size.deaths))
    return Forecast(
        size,
        _with_pairs(expected_seconds(size), more, weighs=cascade.weighs),
        expected_bytes(size) + more * (_BYTES_PER_WEIGHED if cascade.weighs else _BYTES_PER_PAIR),
        {"+".join(key): counted(key) for key in keys},
        {rule: counted(names) for rule, names in demands.items() if names},
        {"+".join(key): tuple(engine.rows(_largest_blocks(key))) if show_blocks else () for key in keys},
        made if more else 0,
    )


def _made_pairs(
    engine: Engine,
    cascade: Cascade,
    size: Size,
    demands: Iterable[frozenset[str]],
    counted: Callable[[Iterable[str]], int],
) -> int:
    """Where many patients share names and birth date, the most pairs that some rule makes of records that agree on the
    birth date too; without those for which other records stand."""
    if not are_dense(engine, "patient"):
        return 0
    if find_crowds(engine, cascade, last_stays(cascade) if size.encounters else ""):
        counted = kept_pairs(engine, size.patients + size.deaths)
    names = {(exact or frozenset({"first_name", "last_name"})) | {"birth_date"} for exact in demands}
    least = (one for one in names if not any(other < one for other in names))
    found = max((counted(one) for one in least), default=0)
    engine.drop("patient_alike", "death_alike")
    return found


def _with_pairs(seconds: Mapping[str, float], more: int, *, weighs: bool) -> dict[str, float]:
    """Seconds by step, with those of pairs beyond the usual number."""
    rates = _PER_MILLION_WEIGHED if weighs else _PER_MILLION_PAIRS
    steps = dict.fromkeys([*seconds, *(rates if more else ())])
    return {step: seconds.get(step, 0.0) + rates.get(step, 0.0) * more / 1e6 for step in steps}


def _largest_blocks(key: Key) -> str:
    """The SELECT of the sizes of the largest groups, without the values that their records share."""
    grouped = []
    for side in SIDES:
        names = ", ".join(f"{column(side, name)} AS c{n}" for n, name in enumerate(key))
        grouped.append(f"(SELECT {names}, count(*) AS {side}s FROM {side} GROUP BY ALL)")
    agree = " AND ".join(f"of_patients.c{n} = of_deaths.c{n}" for n in range(len(key)))
    return (
        f"SELECT patients, deaths FROM {grouped[0]} AS of_patients JOIN {grouped[1]} AS of_deaths ON {agree}"
        f" WHERE patients * deaths > 1 ORDER BY patients * deaths DESC, patients DESC LIMIT {_BLOCKS_SHOWN}"
    )


def in_words(seconds: float) -> str:
    """A duration in words, rounded up: an estimate is not more precise.

    >>> in_words(3), in_words(47), in_words(200), in_words(5000)
    ('5 s', '50 s', '4 min', '1 h 24 min')
    """
    if seconds <= 90:
        return f"{max(5 * -(-int(seconds) // 5), 5)} s"
    minutes = -(-int(seconds) // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def in_bytes(number: int) -> str:
    """An amount of memory in GB.

    >>> in_bytes(1_260_000_000)
    '1.3 GB'
    """
    return f"{number / 1e9:.1f} GB"
