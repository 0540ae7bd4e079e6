"""Measure time and memory of the evaluation of a run of the paper's size, with and without truth.

Each evaluation is a separate process that first links the files. The peak memory is that of the run and its
evaluation together; the seconds are those of the evaluation only.

    linkage synth mimic_iv --output registry
    python -m benchmarks.evaluation registry
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

TASKS = ("with truth", "without truth")


def measured(registry: Path, task: str) -> str:
    """One evaluation, as a row of the table."""
    from linkage import link
    from linkage.evaluation import evaluate

    patients, deaths, admissions, edstays, truth = (
        registry / f"{name}.csv.gz" for name in ("patients", "deaths", "admissions", "edstays", "truth")
    )
    with link(patients, deaths, encounters=[admissions, edstays]) as run:
        linked = sum(run.seconds.values())
        clock, cpu = time.perf_counter(), time.process_time()
        evaluate(run, truth if task == "with truth" else None)
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {task} | {clock:.1f} | {cpu:.1f} | {linked:.1f} | {peak:,.0f} |"


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__)
    parser.add_argument("registry", type=Path, help="a folder written by linkage synth")
    parser.add_argument("--task", choices=TASKS, help="measure this alone, in this process")
    options = parser.parse_args()
    if options.task:
        print(measured(options.registry, options.task))
        return
    print(
        "| evaluation | clock, s | CPU, s | linking before it, s | peak memory, MB |\n|---|--:|--:|--:|--:|", flush=True
    )
    for task in TASKS:
        command = [sys.executable, "-m", "benchmarks.evaluation", str(options.registry), "--task", task]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
