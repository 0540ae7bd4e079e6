"""Run all contenders on the same files, as whole processes measured from outside.

Rounds are interleaved (all contenders once, then all again), so that a busy period of the machine affects
all of them. The links are judged after the last round. No time is asserted; the result is a
table.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import THIS_TOOLKIT, Contender, contenders
from benchmarks.measure import Cost, cost, pairs, quality
from benchmarks.picture import draw
from benchmarks.table import Measured, Row, growth, surroundings, table, where_time_goes

HERE = Path(__file__).parent
WORK = Path(tempfile.gettempdir()) / "linkage-benchmarks"
SCALES = (0.1, 1.0, 10.0)
WHAT_IS_MEASURED = """\
Whole processes, from CSV files to written results, one after the other on the same files. *Wall*: median of
{repeats} interleaved rounds (one at scale 10 and above). *CPU*: user and system, with all descendants. *Peak memory*:
resident peak of the process and its descendants together, median of the rounds. *Ratios*: to this toolkit; at 8.0
this toolkit took an eighth. Who had not finished after {limit:g} seconds was stopped.

This toolkit does its whole job: it also reads encounters, censors dates of death and writes every output
file; the others only link. Sensitivity and PPV are against the generator's truth. They show that speed was
not bought with links, on data whose errors are plain; they do not rank the methods.
"""
GROWTH = """\
If time grows as (number of records) to the power e, this is e from each scale to the next: at 1, twice the records
take twice the time. Small files are mostly the start of Python and its imports.
"""


@dataclass(frozen=True)
class Files:
    """A folder of files to link; `scale` is None for FEBRL."""

    folder: Path
    scale: float | None

    @property
    def title(self) -> str:
        """The name and size of the files."""
        name = "FEBRL 4" if self.scale is None else f"Scale {self.scale:g}"
        sizes = [f"{records(self.folder / f'{file}.csv'):,} {file}" for file in ("patients", "deaths")]
        return f"{name}: {' x '.join(sizes)}"


def files_of(options: argparse.Namespace) -> Iterator[Files]:
    """Generate the files of FEBRL and of every scale, once each."""
    if not options.no_febrl:
        yield Files(_made(options.work / "files-febrl", "make_febrl"), None)
    for scale in sorted(options.scale):
        folder = options.work / f"files-{scale:g}-{options.seed}"
        yield Files(_made(folder, "make_files", "--scale", str(scale), "--seed", str(options.seed)), scale)


def _made(folder: Path, module: str, *more: str) -> Path:
    if not (folder / "truth.csv").exists():
        subprocess.run([sys.executable, "-m", f"benchmarks.{module}", str(folder), *more], check=True)
    return folder


def one_round(contender: Contender, *, output: Path, number: int, limit: float) -> Cost:
    """Measure one contender once, with a separate output folder."""
    output.mkdir(parents=True)
    if contender.needs and not contender.needs.exists():
        subprocess.run(contender.prepare, check=True, capture_output=True)
    result = cost(contender.command, log=output / "words.log", limit=limit, environment=contender.environment)
    took = f"{result.wall_seconds:.1f} s, {result.peak_mb:,.0f} MB"
    print(f"  round {number}, {contender.name}: {took}", flush=True)
    if result.exit_code:
        print((output / "words.log").read_text(errors="replace")[-2000:], file=sys.stderr)
    return result


def measure(files: Files, options: argparse.Namespace, stopped: set[str]) -> list[Row]:
    """Measure the chosen contenders on one set of files, and judge their links. Contenders that exceed the time limit
    are added to `stopped`, and are not run on larger files."""
    rounds = 1 if (files.scale or 0) >= 10 else options.repeats
    truth = set(pairs(files.folder / "truth.csv"))
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory(dir=options.work) as scratch:
        for number in range(1, rounds + 1):
            for place, name in enumerate(chosen(options.only, options.leave_out)):
                output = Path(scratch) / f"{number}-{place}"
                contender = next(c for c in contenders(files.folder, output) if c.name == name)
                reason = "stopped on smaller files" if name in stopped else left_out(contender, files.scale)
                known = rows.get(name, Row(name, why="" if options.everyone else reason))
                if not known.why:
                    spent = one_round(contender, output=output, number=number, limit=options.limit)
                    rows[name] = judged(contender, [*known.costs, spent], truth=truth, limit=options.limit)
                    shutil.rmtree(output)  # scale 10 leaves gigabytes
                    stopped |= {name} if spent.exit_code is None else set()
                else:
                    rows[name] = known
    return list(rows.values())


def left_out(contender: Contender, scale: float | None) -> str:
    """Why a contender is not measured; empty if it is."""
    if contender.lacks:
        return f"not measured: {contender.lacks} is not installed"
    return f"left out from here on: {contender.why}" if (scale or 0) > contender.until else ""


def judged(contender: Contender, costs: Sequence[Cost], *, truth: set[tuple[str, str]], limit: float) -> Row:
    """The rounds so far, with the quality of the links of the last one, or the reason why there are none."""
    code = costs[-1].exit_code
    if code is None:
        return Row(contender.name, costs, why=f"not finished after {limit:g} s, at {costs[-1].peak_mb:,.0f} MB")
    if code:
        return Row(contender.name, costs, why=f"failed, exit code {code}")
    manifest = contender.links.parent / "manifest.json"
    own = contender.name == THIS_TOOLKIT and manifest.exists()
    steps = json.loads(manifest.read_text("utf-8"))["seconds"] if own else {}
    return Row(contender.name, costs, quality(contender.links, truth=truth), steps=steps)


def chosen(only: Sequence[str], leave_out: Sequence[str]) -> list[str]:
    """Choose contenders by the beginnings of their names."""
    names = [contender.name for contender in contenders(Path(), Path())]
    picked = [name for name in names if not only or name.startswith(tuple(only))]
    return [name for name in picked if not (leave_out and name.startswith(tuple(leave_out)))]


def records(path: Path) -> int:
    """Count the records of a CSV file whose values hold no line breaks."""
    with path.open("rb") as lines:
        return sum(1 for _ in lines) - 1


def results(measured: Sequence[Measured], options: argparse.Namespace) -> str:
    """Everything measured so far, in Markdown."""
    text = [
        f"# Results of {options.date}",
        f"{surroundings()}.",
        WHAT_IS_MEASURED.format(repeats=options.repeats, limit=options.limit),
    ]
    if options.leave_out:
        text.append(f"Left out of this run, as asked: {'; '.join(options.leave_out)}.")
    sized = [one for one in measured if one.scale is not None]
    if len(sized) > 1:
        text.append(f"![Time and memory against the number of records]({picture(options.results).name})")
    for one in measured:
        text += [f"## {one.title}", table(one.rows)]
    if len(sized) > 1:
        text += ["## Growth", GROWTH, growth(measured)]
    if any(row.steps for one in measured for row in one.rows):
        text += ["## Where the time of this toolkit goes", "Seconds of the last round.", where_time_goes(measured)]
    return "\n\n".join(paragraph.strip() for paragraph in text) + "\n"


def picture(path: Path) -> Path:
    """The path of the chart: beside the results, with the same name."""
    return path.with_name(f"{path.stem.lower()}.png")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    add = parser.add_argument
    add("--scale", type=float, nargs="+", default=list(SCALES), help="1 is the paper's size (default: 0.1 1 10)")
    add("--repeats", type=int, default=2, help="rounds below scale 10; the table shows the median (default: 2)")
    add("--limit", type=float, default=600, metavar="SECONDS", help="time limit of each process (default: 600)")
    add("--only", nargs="+", default=[], metavar="NAME", help="only those whose names begin so")
    add("--leave-out", nargs="+", default=[], metavar="NAME", help="not those whose names begin so")
    add("--everyone", action="store_true", help="include contenders that do not finish in reasonable time at a size")
    add("--no-febrl", action="store_true", help="leave FEBRL out")
    add("--work", type=Path, default=WORK, help="folder for the generated files, which are reused")
    add("--seed", type=int, default=2023, help="of the generated files")
    add("--date", required=True, help="the date to print in the results")
    add("--results", type=Path, default=HERE / "RESULTS.md", help="the file to write; the chart is written beside it")
    return parser.parse_args()


def main() -> None:
    """Run all requested measurements; results so far are written after each set of files."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    measured: list[Measured] = []
    stopped: set[str] = set()
    for files in files_of(options):
        print(files.title, flush=True)
        measured.append(Measured(files.title, files.scale, measure(files, options, stopped)))
        options.results.write_text(results(measured, options), encoding="utf-8")
    if len([one for one in measured if one.scale is not None]) > 1:
        draw(measured, picture(options.results))
    print(options.results.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
