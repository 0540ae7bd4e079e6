"""Measurements as a table that a README can carry."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import median

from benchmarks.contenders import THIS_TOOLKIT
from benchmarks.measure import Cost, Quality

MEASURED = ("duckdb", "pandas", "numpy", "pyarrow", "jellyfish", "recordlinkage", "splink", "sqlglot")
COLUMNS = ("", "wall, s", "fastest to slowest", "time ratio", "CPU, s", "peak memory, MB", "memory ratio",
           "links", "sensitivity", "PPV")  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One contender's rounds at one scale, and its medians; no quality when it failed."""

    name: str
    costs: Sequence[Cost]
    quality: Quality | None

    @property
    def wall(self) -> float:
        """Seconds on the clock, median of the rounds."""
        return median(cost.wall_seconds for cost in self.costs)

    @property
    def peak_mb(self) -> float:
        """Megabytes at the peak, median of the rounds."""
        return median(cost.peak_mb for cost in self.costs)


def _line(row: Row, reference: Row | None) -> str:
    if row.quality is None:
        return f"| {row.name} | failed, exit code {row.costs[-1].exit_code} |" + " |" * (len(COLUMNS) - 2)
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
    """Lay out one scale; ratios are to this toolkit, where it ran."""
    reference = next((row for row in rows if row.name == THIS_TOOLKIT and row.quality), None)
    header = [f"| {' | '.join(COLUMNS)} |", "|---" + "|--:" * (len(COLUMNS) - 1) + "|"]
    return "\n".join([*header, *(_line(row, reference) for row in rows)])


def growth(results: dict[float, list[Row]]) -> str:
    """Say how each contender's time and memory grew from the smallest scale to the largest."""
    smallest, *_, largest = sorted(results)
    first = {row.name: row for row in results[smallest] if row.quality}
    lines = [
        f"- {row.name}: {row.wall / first[row.name].wall:.1f} times the time, "
        f"{row.peak_mb / first[row.name].peak_mb:.1f} times the memory"
        for row in results[largest]
        if row.quality and row.name in first
    ]
    return "\n".join([f"From scale {smallest:g} to scale {largest:g}:", "", *lines])


def surroundings() -> str:
    """Say what a reader needs to compare with another machine, and nothing that names this one."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {_version(name)}" for name in MEASURED)
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory, Python {platform.python_version()}, {versions}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
