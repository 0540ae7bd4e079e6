"""Measurements as Markdown tables."""

import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from statistics import median

from benchmarks.contenders import THIS_TOOLKIT
from benchmarks.measure import Cost, Quality

MEASURED = ("duckdb", "pyspark", "pandas", "numpy", "pyarrow", "jellyfish", "recordlinkage", "splink", "sqlglot")
COLUMNS = ("", "wall, s", "fastest to slowest", "time ratio", "CPU, s", "peak memory, MB", "memory ratio",
           "links", "sensitivity", "PPV")  # fmt: skip


@dataclass(frozen=True)
class Row:
    """The rounds of one contender on one set of files, and their medians. If it has not finished, it has no quality and
    `why` says why. `steps` are the seconds of each step as reported by the contender, for the last round."""

    name: str
    costs: Sequence[Cost] = ()
    quality: Quality | None = None
    why: str = ""
    steps: Mapping[str, float] = field(default_factory=dict)

    @property
    def wall(self) -> float:
        """Seconds on the clock, median of the rounds."""
        return median(cost.wall_seconds for cost in self.costs)

    @property
    def peak_mb(self) -> float:
        """Megabytes at the peak, median of the rounds."""
        return median(cost.peak_mb for cost in self.costs)


@dataclass(frozen=True)
class Measured:
    """The results of all contenders on one set of files. `scale` is 1 for the paper's size, and None for files of fixed
    size."""

    title: str
    scale: float | None
    rows: Sequence[Row]


def _line(row: Row, reference: Row | None) -> str:
    if row.quality is None:
        return f"| {row.name} | {row.why} |" + " |" * (len(COLUMNS) - 2)
    walls = [cost.wall_seconds for cost in row.costs]
    cells = [
        row.name,
        f"{row.wall:.1f}",
        f"{min(walls):.1f} to {max(walls):.1f}",
        f"{row.wall / reference.wall:.1f}" if reference else "-",
        f"{median(cost.cpu_seconds for cost in row.costs):.1f}",
        f"{row.peak_mb:,.0f}",
        f"{row.peak_mb / reference.peak_mb:.1f}" if reference else "-",
        f"{row.quality.links:,}",
        f"{row.quality.sensitivity:.2%}",
        f"{row.quality.ppv:.3%}",
    ]
    return f"| {' | '.join(cells)} |"


def table(rows: Sequence[Row]) -> str:
    """The table of one set of files; ratios are relative to this toolkit, if it ran."""
    reference = next((row for row in rows if row.name == THIS_TOOLKIT and row.quality), None)
    header = [f"| {' | '.join(COLUMNS)} |", "|---" + "|--:" * (len(COLUMNS) - 1) + "|"]
    return "\n".join([*header, *(_line(row, reference) for row in rows)])


def finished(measured: Sequence[Measured]) -> dict[str, list[tuple[float, Row]]]:
    """The scales at which each contender finished, smallest first."""
    found: dict[str, list[tuple[float, Row]]] = {}
    sized = [(one.scale, one.rows) for one in measured if one.scale is not None]
    for scale, rows in sorted(sized, key=lambda one: one[0]):
        for row in rows:
            if row.quality:
                found.setdefault(row.name, []).append((scale, row))
    return found


def growth(measured: Sequence[Measured]) -> str:
    """The growth of time and memory from each scale to the next: the exponent e of (number of records) ** e.

    With 1, twice the records take twice the time; below 1, less.
    """
    scales = sorted(one.scale for one in measured if one.scale is not None)
    steps = list(pairwise(scales))
    names = [f"{kind}, {a:g} to {b:g}" for kind in ("time", "memory") for a, b in steps]
    lines = [f"| | {' | '.join(names)} |", "|---" + "|--:" * len(names) + "|"]
    for name, found in finished(measured).items():
        rows = dict(found)
        told = [_exponents(rows, a, b) for a, b in steps]
        lines.append(f"| {name} | {' | '.join([pair[0] for pair in told] + [pair[1] for pair in told])} |")
    return "\n".join(lines)


def _exponents(rows: Mapping[float, Row], small: float, large: float) -> tuple[str, str]:
    if small not in rows or large not in rows:
        return "", ""
    times = [rows[large].wall / rows[small].wall, rows[large].peak_mb / rows[small].peak_mb]
    found = [math.log(ratio) / math.log(large / small) for ratio in times]
    return f"{found[0]:.2f}", f"{found[1]:.2f}"


def where_time_goes(measured: Sequence[Measured]) -> str:
    """The seconds of each step of this toolkit, from its manifest, and the time outside all steps."""
    runs = [(one, row) for one in measured for row in one.rows if row.name == THIS_TOOLKIT and row.steps]
    steps = list(dict.fromkeys(step for _, row in runs for step in row.steps))
    lines = [f"| step | {' | '.join(_short(one) for one, _ in runs)} |", "|---" + "|--:" * len(runs) + "|"]
    for step in steps:
        lines.append(
            f"| {step} | {' | '.join(f'{row.steps[step]:.2f}' if step in row.steps else '' for _, row in runs)} |"
        )
    outside = [row.costs[-1].wall_seconds - sum(row.steps.values()) for _, row in runs]
    lines.append(f"| outside of steps: start of Python, imports, end | {' | '.join(f'{s:.2f}' for s in outside)} |")
    lines.append(f"| **all** | {' | '.join(f'**{row.costs[-1].wall_seconds:.2f}**' for _, row in runs)} |")
    return "\n".join(lines)


def _short(one: Measured) -> str:
    return one.title.partition(":")[0]


def surroundings() -> str:
    """A description of the machine and versions for comparison, without the name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {_version(name)}" for name in MEASURED)
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory, Python {platform.python_version()}, {versions}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
