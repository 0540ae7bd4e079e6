"""How long a Death Master File takes to read, beside what DuckDB needs for the same data as CSV.

    python -m benchmarks.formats --lines 1000000

Both read every column as text into a table, each in a process of its own, one after the other; the file of fixed width
is checked line by line and folded by its additions, changes and deletions. The best of several runs counts.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import cost
from benchmarks.national import line
from benchmarks.table import surroundings

_NAMES = ("GARCIA", "LEE", "MUELLER", "NGUYEN", "OBRIEN", "ROSSI", "SMITH", "WASHINGTON")
_READ_CSV = """
import sys
import duckdb
print(duckdb.sql(f"CREATE TABLE deaths AS FROM read_csv('{sys.argv[1]}', all_varchar = true)"))
"""
_READ_FIXED = """
import sys
from linkage.engines.duck.engine import DuckDBEngine
from linkage.sources.make_source import source
given = source(sys.argv[1], layout="ssa_dmf")
print(DuckDBEngine(sources=[given]).load("deaths", given, "SELECT * FROM source"))
"""


def make_files(folder: Path, lines: int) -> tuple[Path, Path]:
    """A Death Master File of invented people, and the same data as CSV."""
    chance = random.Random(7)
    fixed, text = folder / "dmf.txt", folder / "dmf.csv"
    with open(fixed, "w", encoding="ascii") as one, open(text, "w", encoding="ascii") as other:
        other.write("type,ssn,last_name,suffix,first_name,middle_name,verified,death_date,birth_date\n")
        for number in range(lines):
            values = (
                "A", f"{100_000_000 + number}", chance.choice(_NAMES), "", chance.choice(_NAMES), "J", "V",
                f"{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(1990, 2020)}",
                f"{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(1900, 1989)}",
            )  # fmt: skip
            widths = (1, 9, 20, 4, 15, 15, 1, 8, 8)
            record = "".join(value.ljust(width) for value, width in zip(values, widths, strict=True))
            one.write(f"{record.ljust(100)}\n")
            other.write(f"{','.join(values)}\n")
    return fixed, text


def main() -> int:
    """Measure both, and print them with their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.formats", description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the file (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of which the fastest counts (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        fixed, text = make_files(place, options.lines)
        best = {}
        for name, code, file in (("DuckDB, CSV", _READ_CSV, text), ("fixed width", _READ_FIXED, fixed)):
            command = (sys.executable, "-c", code, str(file))
            found = [cost(command, log=place / "log", limit=3600, environment={}) for _ in range(options.runs)]
            if any(one.exit_code != 0 for one in found):
                print((place / "log").read_text()[-2000:], file=sys.stderr)
                return 1
            best[name] = min(found, key=lambda one: one.wall_seconds)
    print(f"{surroundings()}. {options.lines:,} lines.\n\n|  | wall, s | CPU, s | peak memory, MB |\n|---|--:|--:|--:|")
    for name, one in best.items():
        print(line(name, one))
    csv, ours = best["DuckDB, CSV"], best["fixed width"]
    print(f"\nThe file of fixed width took {ours.wall_seconds / csv.wall_seconds:.1f} times as long.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
