"""How long it takes to release a run of the paper's size, with all checks, and how much memory.

The first release draws all numbers; each later one reads the crosswalk of the first. Each is a process of its own.

    linkage demo
    python -m benchmarks.release demo-out/linked
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import cost

LIMIT_SECONDS = 3600


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.release", description=__doc__)
    parser.add_argument("run", type=Path, help="the output folder of a finished run")
    parser.add_argument("--rounds", type=int, default=3, help="releases after each other (default: 3)")
    options = parser.parse_args()
    print("| release | clock, s | CPU, s | peak memory, MB |\n|---|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, "-m", "linkage", "release", str(options.run), "--output", str(folder / "shared")]
        command += ["--crosswalk", str(folder / "crosswalk.csv"), "--leave-out-orphans"]
        for number in range(1, options.rounds + 1):
            log = folder / "release.log"
            found = cost(command, log=log, limit=LIMIT_SECONDS, environment={})
            if found.exit_code != 0:
                sys.exit(log.read_text("utf-8"))
            kind = "first" if number == 1 else "with the crosswalk"
            print(f"| {kind} | {found.wall_seconds:.1f} | {found.cpu_seconds:.1f} | {found.peak_mb:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
