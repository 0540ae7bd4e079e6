"""Measure one process from outside: wall time, CPU time and peak memory.

Starting Python, importing, reading and writing are all included. The
measuring process imports no data library, because Linux includes the memory of a process at the
time of the fork in its child's peak.
"""

import csv
import gzip
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Pair = tuple[str, str]

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
TICKS = os.sysconf("SC_CLK_TCK")
LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Cost:
    """The cost of one run.

    `cpu_seconds` is the greater of two values: the time of the process and of the descendants that it waited for, and
    that of all descendants when last observed (Spark does not wait for Java). `peak_mb` is the greater of the resident
    peak of the process and that of it and all its descendants together. They are observed five times per second.
    `exit_code` is None if the process was stopped at the time limit.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int | None


@dataclass(frozen=True)
class Quality:
    """The accuracy of a set of links, compared with the truth of the generator."""

    links: int
    sensitivity: float
    ppv: float


def cost(command: Sequence[str], *, log: Path, limit: float, environment: Mapping[str, str]) -> Cost:
    """Run a command for at most `limit` seconds, with its output in a log file. Returns its cost."""
    with log.open("wb") as words:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=words, stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, **environment}
        )
        watch = _Watch(process.pid, limit)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        watch.done.set()
        watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = max(usage.ru_maxrss / 1024, watch.peak_mb)
    spent = max(usage.ru_utime + usage.ru_stime, sum(watch.cpu_seconds.values()))
    return Cost(wall, spent, peak, None if watch.stopped else process.returncode)


class _Watch(threading.Thread):
    """Observes a process and its descendants until it is done, and kills it at the time limit."""

    def __init__(self, pid: int, limit: float) -> None:
        super().__init__(daemon=True)
        self.pid, self.ends = pid, time.monotonic() + limit
        self.peak_mb, self.stopped, self.done = 0.0, False, threading.Event()
        self.cpu_seconds: dict[int, float] = {}

    def run(self) -> None:
        while not self.done.wait(LOOK_EVERY_SECONDS):
            everybody = _with_descendants(self.pid)
            self.peak_mb = max(self.peak_mb, sum(map(_resident_mb, everybody)))
            self.cpu_seconds |= {pid: max(_cpu_seconds(pid), self.cpu_seconds.get(pid, 0.0)) for pid in everybody}
            if not self.stopped and time.monotonic() > self.ends:
                self.stopped = True
                os.killpg(self.pid, signal.SIGKILL)


def _with_descendants(pid: int) -> list[int]:
    """The process and all its descendants; only the process itself if there is no /proc."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        children = []
    return [pid, *(one for child in children for one in _with_descendants(child))]


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except (OSError, IndexError):
        return 0.0


def _cpu_seconds(pid: int) -> float:
    try:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except (OSError, ValueError):
        return 0.0
    return (int(user) + int(system)) / TICKS


def pairs(path: Path) -> Iterator[Pair]:
    """Read (patient, death) pairs; the patient's id is subject_id as in MIMIC, or patient_id."""
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            yield row.get("subject_id") or row["patient_id"], row["death_id"]


def quality(links: Path, *, truth: set[Pair]) -> Quality:
    """Sensitivity and PPV of the links in a file."""
    made = list(pairs(links))
    right = len(truth.intersection(made))
    return Quality(len(made), right / len(truth), right / len(made) if made else float("nan"))
