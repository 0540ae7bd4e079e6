"""Every contender on the same files in one run, as whole processes, measured from outside.

Rounds are interleaved (everyone once, then everyone again), so that a busy minute of the machine falls
on all alike. The links are judged after the last round. Nothing here asserts a time: the result is a
table, and a reader's judgement.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.contenders import Contender, contenders
from benchmarks.measure import Cost, cost, pairs, quality
from benchmarks.table import Row, growth, surroundings, table

HERE = Path(__file__).parent
WORK = Path(tempfile.gettempdir()) / "linkage-benchmarks"
WHAT_IS_MEASURED = """\
Whole processes, from CSV files to written results, one after the other on the same files. *Wall*: median of
{repeats} interleaved rounds. *CPU*: user and system, with all descendants. *Peak memory*: resident peak of
the largest process, median of the rounds. *Ratios*: to this toolkit; at 8.0 this toolkit took an eighth.

This toolkit does its whole job: it also reads encounters, censors dates of death and writes every output
file; the others only link. Sensitivity and PPV are against the generator's truth. They show that speed was
not bought with links, on data whose errors are plain; they do not rank the methods.
"""


def files_of_scale(scale: float, *, work: Path, seed: int) -> Path:
    """Make the files of one scale, once."""
    files = work / f"files-{scale:g}-{seed}"
    if not (files / "truth.csv").exists():
        make = [sys.executable, str(HERE / "make_files.py"), str(files)]
        subprocess.run([*make, "--scale", str(scale), "--seed", str(seed)], check=True)
    return files


def one_round(contender: Contender, *, output: Path, number: int) -> Cost:
    """Measure one contender once, in an output folder of its own."""
    output.mkdir(parents=True)
    if contender.needs and not contender.needs.exists():
        subprocess.run(contender.prepare, check=True, capture_output=True)
    result = cost(contender.command, log=output / "words.log")
    took = f"{result.wall_seconds:.1f} s, {result.peak_mb:,.0f} MB"
    print(f"round {number}, {contender.name}: {took}", flush=True)
    if result.exit_code:
        print((output / "words.log").read_text(errors="replace")[-2000:], file=sys.stderr)
    return result


def measure(files: Path, *, work: Path, repeats: int, only: list[str], leave_out: list[str]) -> list[Row]:
    """Measure everyone chosen at one scale, then judge the links of the last round."""
    costs: dict[str, list[Cost]] = {}
    links: dict[str, Path] = {}
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        for number in range(1, repeats + 1):
            for place, name in enumerate(chosen(only, leave_out)):
                output = Path(scratch) / f"{number}-{place}"
                contender = next(c for c in contenders(files, output) if c.name == name)
                costs.setdefault(name, []).append(one_round(contender, output=output, number=number))
                links[name] = contender.links
        truth = set(pairs(files / "truth.csv"))
        failed = {name for name, rounds in costs.items() if any(cost.exit_code for cost in rounds)}
        return [
            Row(name, rounds, None if name in failed else quality(links[name], truth=truth))
            for name, rounds in costs.items()
        ]


def chosen(only: list[str], leave_out: list[str]) -> list[str]:
    """Pick contenders by the beginnings of their names."""
    names = [contender.name for contender in contenders(Path(), Path())]
    picked = [name for name in names if not only or name.startswith(tuple(only))]
    return [name for name in picked if not (leave_out and name.startswith(tuple(leave_out)))]


def records(path: Path) -> int:
    """Count the records of a CSV file whose values hold no line breaks."""
    with path.open("rb") as lines:
        return sum(1 for _ in lines) - 1


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    add = parser.add_argument
    add("--scale", type=float, nargs="+", default=[1.0], help="1 is the paper's size; several may be given")
    add("--repeats", type=int, default=3, help="rounds; the table shows the median")
    add("--only", nargs="+", default=[], metavar="NAME", help="only those whose names begin so")
    add("--leave-out", nargs="+", default=[], metavar="NAME", help="not those whose names begin so")
    add("--leave-out-from", type=float, default=0, metavar="SCALE", help="... from this scale upwards")
    add("--work", type=Path, default=WORK, help="folder for the generated files, which are used again")
    add("--seed", type=int, default=2023, help="of the generated files")
    add("--date", required=True, help="the date to print on the results: they do not date themselves")
    add("--results", type=Path, default=HERE / "RESULTS.md", help="the file to write")
    return parser.parse_args()


def main() -> None:
    """Measure every scale asked for, and write the tables down."""
    options = arguments()
    text = [
        f"# Results of {options.date}",
        f"{surroundings()}.",
        WHAT_IS_MEASURED.format(repeats=options.repeats),
    ]
    results: dict[float, list[Row]] = {}
    for scale in options.scale:
        files = files_of_scale(scale, work=options.work, seed=options.seed)
        leave_out = options.leave_out if scale >= options.leave_out_from else []
        rows = measure(files, work=options.work, repeats=options.repeats, only=options.only, leave_out=leave_out)
        results[scale] = rows
        sizes = f"{records(files / 'patients.csv'):,} patients x {records(files / 'deaths.csv'):,} deaths"
        text += [f"## Scale {scale:g}: {sizes}", table(rows)]
    if len(results) > 1:
        text += ["## Growth", growth(results)]
    options.results.write_text("\n\n".join(paragraph.strip() for paragraph in text) + "\n", encoding="utf-8")
    print(options.results.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
