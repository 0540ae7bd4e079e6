"""One process, measured from outside: what a user with a stopwatch and a process monitor would see.

A library cannot flatter itself here: starting Python, importing, reading and writing all count. The
process that measures imports no data library, because Linux counts the memory a process had at the
moment of the fork towards its child's peak.
"""

import csv
import gzip
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

Pair = tuple[str, str]


@dataclass(frozen=True)
class Cost:
    """What one run took: CPU and memory include every descendant that the process waited for.

    `peak_mb` is the resident peak of the largest single process in that tree, not a sum over processes.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int


@dataclass(frozen=True)
class Quality:
    """How right a set of links is, against the truth that the generator knows."""

    links: int
    sensitivity: float
    ppv: float


def cost(command: Sequence[str], *, log: Path) -> Cost:
    """Run a command to its end, its words going to a log file, and say what it took."""
    with log.open("wb") as words:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def pairs(path: Path) -> Iterator[Pair]:
    """Read (patient, death) pairs; the patient's id is subject_id as in MIMIC, or patient_id."""
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            yield row.get("subject_id") or row["patient_id"], row["death_id"]


def quality(links: Path, *, truth: set[Pair]) -> Quality:
    """Count the right links among those made, and among those there were to make."""
    made = list(pairs(links))
    right = len(truth.intersection(made))
    return Quality(len(made), right / len(truth), right / len(made) if made else float("nan"))
