"""Measure the whole job on a national registry, compared with a plain scan of the death file.

    linkage synth national --output FOLDER --format parquet     # 3 million patients, 100 million deaths
    python -m benchmarks.national FOLDER --memory 8GB

Both are whole processes, run one after the other and measured from outside.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Cost, cost
from benchmarks.table import surroundings

SCAN = """
SELECT count(*), count(DISTINCT first_name), count(DISTINCT last_name), count(DISTINCT birth_date), count(DISTINCT ssn)
FROM read_parquet('{deaths}')
"""
"""The statement of the baseline: it counts rows and distinct names, birth dates and SSNs."""

_RUN_SCAN = """
import sys
import duckdb
memory, scratch, statement = sys.argv[1:]
database = duckdb.connect(config={"memory_limit": memory, "temp_directory": scratch})
print(database.execute(statement).fetchall())
"""


def scan_command(files: Path, memory: str, scratch: Path) -> tuple[str, ...]:
    """The command of the baseline, with the same memory limit."""
    statement = SCAN.format(deaths=files / "deaths.parquet")
    return sys.executable, "-c", _RUN_SCAN, memory, str(scratch), statement


def job_command(files: Path, memory: str, output: Path) -> tuple[str, ...]:
    """The command of the whole job: links, outcomes and all output files."""
    told = (("--patients", "patients"), ("--deaths", "deaths"), ("--encounters", "admissions"))
    named = [word for option, name in told for word in (option, str(files / f"{name}.parquet"))]
    stays = files / "edstays.parquet"
    return (
        *(sys.executable, "-m", "linkage", "run", *named, str(stays)),
        *("--memory", memory, "--format", "parquet", "--output", str(output)),
    )


def line(name: str, found: Cost) -> str:
    """One measurement as a row of a Markdown table."""
    return f"| {name} | {found.wall_seconds:.1f} | {found.cpu_seconds:.1f} | {found.peak_mb:,.0f} |"


def main() -> int:
    """Measure both, and print them with their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.national", description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, help="folder with patients, deaths, admissions and edstays as Parquet")
    parser.add_argument("--memory", default="8GB", help="memory limit of each process (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=2, help="time limit of each process (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        within = {"limit": 3600 * options.hours, "environment": {}}
        scan = cost(scan_command(options.files, options.memory, place), log=place / "scan.log", **within)
        job = cost(job_command(options.files, options.memory, place / "out"), log=place / "job.log", **within)
        if scan.exit_code != 0 or job.exit_code != 0:
            print((place / ("scan.log" if scan.exit_code != 0 else "job.log")).read_text()[-2000:], file=sys.stderr)
            return 1
    print(f"{surroundings()}.\n\n|  | wall, s | CPU, s | peak memory, MB |\n|---|--:|--:|--:|")
    print(line("scan with distinct counts", scan), line("the whole job", job), sep="\n")
    print(f"\nThe whole job took {job.wall_seconds / scan.wall_seconds:.1f} times as long as the scan.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
