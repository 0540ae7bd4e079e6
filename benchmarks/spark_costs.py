"""Measure the cost of each step of a Spark run by its metrics: core seconds, and bytes shuffled, read and written.

    python -m benchmarks.spark_costs FOLDER [OUTPUT]

FOLDER has a synthetic registry as Parquet (linkage synth mimic_iv --patients 100000 --format parquet --output
FOLDER). The figures in docs/spark.md are those of one run of twice that size, so they include the fixed costs of a run
(starting, compiling, planning). Python's seconds exclude those that a worker process used after its last observation.
"""

import json
import os
import sys
import tempfile
import time
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

import linkage
from linkage.printing import table
from linkage.run.progress import Progress

MEASURES = ("java_s", "python_s", "shuffled_MB", "spilled_MB", "read_MB", "written_MB")


class Steps(Progress):
    """Records when each step began, and the core seconds of the workers' Python processes until then."""

    def __init__(self) -> None:
        self.begun: list[tuple[float, str]] = []
        self.python: list[float] = []
        self.processes: dict[int, float] = {}

    def begin(self, step: str) -> None:
        self.begun.append((1000 * time.time(), step))
        self.processes |= seconds_of_python()  # processes that have ended keep their last value
        self.python.append(sum(self.processes.values()))

    def python_by_step(self) -> Iterator[tuple[str, float]]:
        """Each step with the core seconds of Python in it; the step after the last one must have begun."""
        for (_, step), begun, ended in zip(self.begun, self.python, self.python[1:], strict=False):
            yield step, ended - begun

    def at(self, moment: float) -> str:
        """The step that was running at a time in milliseconds."""
        return self.begun[max(0, bisect([begun for begun, _ in self.begun], moment) - 1)][1]


def seconds_of_python() -> dict[int, float]:
    """The core seconds of each of the workers' Python processes so far."""
    family = psutil.Process().children(recursive=True)
    times = {one.pid: one.cpu_times() for one in family if "pyspark.daemon" in one.cmdline()}
    return {pid: one.user + one.system for pid, one in times.items()}


def measured(folder: Path, output: Path, log: Path) -> tuple[dict[str, Counter[str]], Mapping[str, Any], float]:
    """Link the files of a folder and write the output; returns costs by step, counts, and wall time in seconds."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]")
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "4g"}
    settings |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": log.as_uri(), "spark.driver.host": "127.0.0.1"}
    settings |= {"spark.eventLog.rolling.enabled": "false", "spark.sql.shuffle.partitions": "8"}
    settings |= {"spark.eventLog.compress": "false"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    steps, begun = Steps(), time.perf_counter()
    files = {name: folder / f"{name}.parquet" for name in ("patients", "deaths", "admissions", "edstays")}
    stays = [files["admissions"], files["edstays"]]
    with linkage.link(files["patients"], files["deaths"], encounters=stays, engine="spark", progress=steps) as run:
        run.watch.progress = steps
        run.write(output, "parquet")
        counts = run.counts
        steps.begin("end")
    seconds = time.perf_counter() - begun
    session.stop()
    (events,) = log.iterdir()
    return by_step(events, steps), counts, seconds


def by_step(events: Path, steps: Steps) -> dict[str, Counter[str]]:
    """The costs of all tasks of an event log, by the step in which each was launched."""
    costs: dict[str, Counter[str]] = defaultdict(Counter)
    for launched, told in _tasks(events):
        shuffled = told["Shuffle Write Metrics"]["Shuffle Bytes Written"]
        spilled, read = told["Disk Bytes Spilled"], told["Input Metrics"]["Bytes Read"]
        amounts = {"shuffled_MB": shuffled, "spilled_MB": spilled, "read_MB": read}
        amounts["written_MB"] = told["Output Metrics"]["Bytes Written"]
        found = costs[steps.at(launched)]
        # The type stubs of Counter do not allow fractions.
        found.update({name: amount / 1e6 for name, amount in amounts.items()})  # type: ignore[arg-type]  # read from JSON
        found.update(java_s=told["Executor CPU Time"] / 1e9)  # type: ignore[arg-type]  # read from JSON
    for step, seconds in steps.python_by_step():
        # As above.
        costs[step].update(python_s=seconds)  # type: ignore[arg-type]  # read from JSON
    return costs


def _tasks(events: Path) -> Iterator[tuple[float, dict[str, Any]]]:
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            if '"Event":"SparkListenerTaskEnd"' in line:
                event = json.loads(line)
                yield event["Task Info"]["Launch Time"], event["Task Metrics"]


def main() -> None:
    """Measure one registry and print its costs."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "log").mkdir()
        output = Path(sys.argv[2]) if len(sys.argv) > 2 else folder / "out"
        costs, counts, seconds = measured(Path(sys.argv[1]), output, folder / "log")
    total = sum(costs.values(), Counter())
    rows = [["step", *MEASURES]]
    rows += [[step, *(f"{cost[name]:,.1f}" for name in MEASURES)] for step, cost in {**costs, "all": total}.items()]
    print(table(rows, right=list(range(1, len(rows[0])))))
    print(", ".join(f"{row['file']} {row['read']:,}" for row in counts["rows"]))
    print(f"{counts['candidate_links']:,} candidate links, {counts['patients_linked']:,} linked, {seconds:.0f} s")


if __name__ == "__main__":
    main()
