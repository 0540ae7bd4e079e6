"""Measure time and peak memory of generating synthetic registries, from the command to the written files.

    python -m benchmarks.synthetic                          # every profile; national at a thirtieth
    python -m benchmarks.synthetic --national 3000000       # national at full size: a hundred million deaths
    python -m benchmarks.synthetic --only mimic_iv --rounds 3

Each run is a separate process, measured from outside (see `measure.py`). `national` is streamed by several
processes: its peak is that of the largest of them, and must not grow with the size of the registry.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Cost, cost

PROFILES = ("small", "hard", "no_ssn", "twins_and_families", "mimic_iv", "national")
_COMMAND = """
import argparse
from synthetic.command import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    raise SystemExit(run(parser.parse_args()))
"""


def make(profile: str, folder: Path, national: int) -> Cost:
    """Generate one profile in a separate process."""
    script = folder / "synth.py"  # a file, because the processes that stream must be able to import it
    script.write_text(_COMMAND)
    words = [sys.executable, str(script), profile, "--output", str(folder / profile)]
    if profile == "national":
        words += ["--format", "parquet", "--patients", str(national)]
    return cost(words, log=folder / f"{profile}.log")


def line(profile: str, costs: Sequence[Cost], folder: Path) -> str:
    """One row of the table: the round with the median time."""
    middle = sorted(costs, key=lambda one: one.wall_seconds)[len(costs) // 2]
    if middle.exit_code:
        return f"| {profile} | failed: {(folder / f'{profile}.log').read_text().strip()[-200:]} |" + " |" * 3
    megabytes = sum(file.stat().st_size for file in (folder / profile).iterdir()) / 1e6
    return (
        f"| {profile} | {middle.wall_seconds:.1f} | {middle.cpu_seconds:.1f} "
        f"| {middle.peak_mb:,.0f} | {megabytes:,.0f} |"
    )


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", choices=PROFILES, action="append", help="measure only this profile")
    parser.add_argument("--national", type=int, default=100_000, metavar="N", help="patients of the national profile")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    print(
        f"{os.cpu_count()} cores\n\n| profile | wall, s | CPU, s | peak memory, MB | files, MB |\n|---|--:|--:|--:|--:|"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for profile in arguments.only or PROFILES:
            costs = [make(profile, Path(scratch), arguments.national) for _ in range(arguments.rounds)]
            print(line(profile, costs, Path(scratch)), flush=True)


if __name__ == "__main__":
    main()
