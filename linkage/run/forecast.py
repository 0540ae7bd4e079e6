"""What a job will cost, said before it is paid: pairs by blocking key and rule, memory and time.

Pairs are counted or estimated, not made: sizes of groups are enough. Time and memory grow with the number of
records, at rates measured once; on another machine the shares of the steps hold, the seconds may not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.engines import Engine
from linkage.method.agreement_sql import Key
from linkage.method.block import kept_pairs
from linkage.method.block_sql import exact_columns
from linkage.method.columns import column
from linkage.method.crowds import are_dense, find_crowds, last_stays
from linkage.rules.cascade import Cascade

LARGE = 5_000_000
"""From this many patients and deaths on, a job says what it will cost before it pays, and has a limit of memory."""

LARGE_MEMORY = "4GB"
"""What such a job may hold where nobody says how much."""

# Seconds per million records, and bytes per record, of runs at MIMIC-IV's size and at ten times it on two cores. What
# the machine at hand makes of them shows while it runs.
_PER_MILLION_PEOPLE = {
    "read": 1.2,
    "standardise": 0.9,
    "look": 0.6,
    "block": 0.8,
    "compare": 0.7,
    "assign": 0.1,
    "reasons": 0.2,
    "account": 0.05,
}
_PER_MILLION_OF_LARGE = {"block": 1.5}  # names are then joined with pieces of numbers, one after the other
_PER_MILLION_ENCOUNTERS = {"read": 0.55, "contacts": 0.6}
_PER_MILLION_PATIENTS = {"censor": 1.0, "write": 3.5}
_PER_STEP = 0.1
_ORDER = (
    *(
        "read",
        "standardise",
        "look",
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
# Seconds per million pairs, and bytes per pair, beyond those that the rates above hold: of crowds of a thousand and of
# three thousand records on either side, none of which stands for another.
_PER_MILLION_PAIRS = {"block": 3.0, "compare": 2.0, "assign": 2.4, "review": 2.3}
_PER_MILLION_WEIGHED = {"block": 6.0, "weigh": 6.0, "compare": 5.0, "limit": 5.0}
_BYTES_PER_PAIR, _BYTES_PER_WEIGHED = 900, 1_800
_PAIRS_PER_RECORD = 2
# Bytes of one row in files of several kinds, to begin with.
_BYTES_PER_ROW = {".gz": 32, ".parquet": 40, ".pq": 40}
_BYTES_PER_PLAIN_ROW = 90


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a job has."""

    patients: int
    deaths: int
    encounters: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a job is expected to cost. It prints itself.

    `seconds` by step and `memory_bytes` are estimates. Pairs, by blocking key and, for each rule, those that agree on
    all that it asks to be exact, are counted in a dry run, and in a run estimated from a sample of the patients where
    they are many. `largest_blocks` gives for each key the largest groups of records that share it, as numbers of
    patients and deaths; `made_pairs` the most pairs that agree on what some rule asks, and on the birth date, when
    records that are alike stand for one another.
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
            f"{self.size.patients:,} patients, {self.size.deaths:,} deaths, {self.size.encounters:,} encounters.",
            f"Expected: about {in_words(sum(self.seconds.values()))} and {in_bytes(self.memory_bytes)} of memory.",
            "Pairs by blocking key:",
            *keys,
            "Pairs that agree on all that a rule asks to be exact:",
            *rules,
            *([f"Pairs to make of records alike: about {self.made_pairs:,}."] if self.made_pairs else []),
        ])  # fmt: skip


def _shown(blocks: Sequence[tuple[int, int]]) -> str:
    sizes = ", ".join(f"{patients:,} x {deaths:,}" for patients, deaths in blocks)
    return f" (largest blocks, patients x deaths: {sizes})" if blocks else ""


def expected_seconds(size: Size) -> dict[str, float]:
    """Seconds of each step, in their order; none of those that a job without encounters does not take.

    >>> list(expected_seconds(Size(1_000_000, 1_000_000)))
    ['read', 'standardise', 'look', 'block', 'compare', 'assign', 'reasons', 'review', 'account', 'write']
    """
    people = size.patients + size.deaths
    parts = [(_PER_MILLION_PEOPLE, people), (_PER_MILLION_PATIENTS, size.patients)]
    parts += [(_PER_MILLION_ENCOUNTERS, size.encounters), (_PER_MILLION_OF_LARGE, people if people >= LARGE else 0)]
    steps = [step for step in _ORDER if size.encounters or step not in ("contacts", "censor")]
    return {step: _PER_STEP + sum(rates.get(step, 0.0) * rows / 1e6 for rates, rows in parts) for step in steps}


def expected_bytes(size: Size) -> int:
    """The most memory that a job is expected to hold, where nobody has said how much."""
    people = size.patients + size.deaths
    held = _BYTES_AT_LEAST + _BYTES_PER_PERSON * people + _BYTES_PER_ENCOUNTER * size.encounters
    return min(held, _BYTES_OF_LARGE) if people >= LARGE else held


def guessed_rows(path: Path) -> int:
    """How many rows a file of this size has, roughly, before it is read."""
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
    """Count the pairs of both standardised tables, by `counted`, and estimate the rest of the cost.

    The largest blocks take as long to find as all pairs to count; without `show_blocks` they are left out.
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
    """The sizes of the largest groups, never what their records share."""
    grouped = []
    for side in ("patient", "death"):
        names = ", ".join(f"{column(side, name)} AS c{n}" for n, name in enumerate(key))
        grouped.append(f"(SELECT {names}, count(*) AS {side}s FROM {side} GROUP BY ALL)")
    agree = " AND ".join(f"of_patients.c{n} = of_deaths.c{n}" for n in range(len(key)))
    return (
        f"SELECT patients, deaths FROM {grouped[0]} AS of_patients JOIN {grouped[1]} AS of_deaths ON {agree}"
        f" WHERE patients * deaths > 1 ORDER BY patients * deaths DESC, patients DESC LIMIT {_BLOCKS_SHOWN}"
    )


def in_words(seconds: float) -> str:
    """A duration as people say it; coarse, as an estimate is.

    >>> in_words(3), in_words(47), in_words(200), in_words(5000)
    ('5 s', '50 s', '4 min', '1 h 24 min')
    """
    if seconds <= 90:
        return f"{max(5 * -(-int(seconds) // 5), 5)} s"
    minutes = -(-int(seconds) // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def in_bytes(number: int) -> str:
    """An amount of memory.

    >>> in_bytes(1_260_000_000)
    '1.3 GB'
    """
    return f"{number / 1e9:.1f} GB"
