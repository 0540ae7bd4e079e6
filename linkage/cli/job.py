"""The commands `run`, `check` and `init`. Settings come from a job file and from options; options take precedence."""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from linkage.errors import InputError

TABLES = ("patients", "deaths", "encounters")


def add_run(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage run`."""
    add_job(parser)
    running = parser.add_argument_group("while it runs")
    running.add_argument(
        "--dry-run", action="store_true", help="read the files and forecast the cost; link and write nothing"
    )
    running.add_argument("--quiet", action="store_true", help="print only errors")
    running.add_argument(
        "--log-json", action="store_true", help="report progress and errors as JSON, one object per line"
    )
    parser.set_defaults(verb=run, usage=parser.error)


def add_job(parser: argparse.ArgumentParser) -> None:
    """The job file and the options that override its settings."""
    parser.add_argument("job", nargs="?", metavar="JOB.TOML", help="a job file; the options below override it")
    _add_files(parser)
    _add_method(parser)
    _add_machine(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        default=None,
        help="if anything looks wrong, write nothing and exit with code 1",
    )


def _add_files(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group(
        "files (CSV, Parquet, Excel, SAS, Stata, SPSS or FHIR; use a job file or --set for databases, layouts of fixed"
        " width and everything else)"
    )
    files.add_argument("--patients", metavar="FILE")
    files.add_argument("--deaths", metavar="FILE")
    files.add_argument("--encounters", nargs="+", metavar="FILE", help="admissions, ED stays; one or several files")
    files.add_argument("--output", metavar="FOLDER")
    files.add_argument("--format", choices=("csv.gz", "parquet"), help="output format (default: csv.gz)")
    files.add_argument(
        "--snapshot",
        action="store_true",
        default=None,
        help="keep a copy of all data in the output folder, to query the run again; it contains all identifiers",
    )
    files.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="TABLE.OURS=THEIRS",
        help="the name of a column in your file, such as patients.patient_id=mrn; for a date in three columns:"
        " deaths.death_date=DOD_YR,DOD_MO,DOD_DY",
    )
    files.add_argument(
        "--group", action="append", metavar="COLUMN", help="copy a column of the patients file to the output"
    )
    files.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any setting of a job file, such as deaths.encoding=cp1252 or patients.dates.birth_date=DD/MM/YYYY",
    )


def _add_method(parser: argparse.ArgumentParser) -> None:
    method = parser.add_argument_group("method")
    method.add_argument("--rules", help="a shipped cascade or the path of a rule file (default: mimic_iv)")
    method.add_argument("--anchor", choices=("hospital", "hospital_or_ed"), help="default: hospital_or_ed")
    method.add_argument(
        "--coverage",
        nargs=2,
        type=_day,
        metavar=("FIRST", "LAST"),
        help="first and last day of death that the registry covers (default: inferred from the dates of death)",
    )
    method.add_argument(
        "--partial-death-dates",
        choices=("months", "middle", "withhold"),
        help="which partial dates of death to complete: those known to the month (months, the default), to the month or"
        " year (middle), or none (withhold)",
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    machine = parser.add_argument_group("machine")
    machine.add_argument("--engine", choices=("duckdb", "spark", "reference"), help="default: duckdb")
    machine.add_argument("--memory", metavar="SIZE", help="the memory limit, such as 4GB")
    machine.add_argument("--threads", type=int, metavar="N")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date. Write it as 2019-12-31.") from None


def run(parsed: argparse.Namespace) -> int:
    """`linkage run`."""
    from linkage.job.job import read_job
    from linkage.run.output import what_is_replaced
    from linkage.run.progress import shown

    _require_files(parsed, ("patients", "deaths", "output"))
    job = read_job(parsed.job, changes(parsed))
    with shown(parsed.quiet, parsed.log_json, sys.stderr) as progress:
        if replaced := what_is_replaced(job.folder):
            progress.notice(replaced)
        if parsed.dry_run:
            print(f"{job.foresee(progress)}\n\nThis was a dry run: nothing is linked or written.")
            return 0
        # Claim the output folder before the work, which may take hours.
        with job.claim_output() as replace, job.link(progress) as linked:
            job.write(linked, replace)
            progress.finish(linked.cost)
            if not parsed.quiet:
                _print_summary(f"{linked}\n\nWritten to {job.folder}.", job.folder)
    return 0


def _print_summary(text: str, folder: Path) -> None:
    """Print the summary of a run. The output is already complete, so an error of standard output is only reported."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as problem:
        message = f"the output is written to {folder}, but the summary could not be printed: {problem.strerror}."
        print(f"linkage: {message}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # flushing the buffer would fail again


def add_check(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage check`."""
    add_job(parser)
    parser.set_defaults(verb=check, usage=parser.error)


def check(parsed: argparse.Namespace) -> int:
    """`linkage check`."""
    from linkage.job.check import check as look
    from linkage.job.job import read_job

    _require_files(parsed, ("patients", "deaths"))
    given = list(changes(parsed))
    job = read_job(parsed.job, given if parsed.job else [("output.folder", "out"), *given])
    checked = look(job)
    print(checked.text)
    return 1 if job.strict and checked.concerns else 0


def add_init(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage init`."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="in any order: CSV, Parquet, Excel, SAS, Stata, SPSS, FHIR, or a registry in an official layout of fixed"
        " width",
    )
    parser.add_argument("--job", default="job.toml", metavar="JOB.TOML", help="file to write (default: job.toml)")
    parser.set_defaults(verb=init)


def init(parsed: argparse.Namespace) -> None:
    """`linkage init`."""
    from linkage.job.first_job import write_first_job

    for guess in write_first_job(parsed.files, parsed.job):
        print(f"{guess.path}: {guess.role}, because {guess.why}.")
    print(f"Written to {parsed.job}. Read and correct it, then run: linkage check {parsed.job}")


def _require_files(parsed: argparse.Namespace, names: tuple[str, ...]) -> None:
    given = [parsed.job, *parsed.set, *(getattr(parsed, name) for name in names)]
    missing = [f"--{name}" for name in names if getattr(parsed, name) is None]
    if missing and not any(given[: 1 + len(parsed.set)]):
        parsed.usage(f"give a job file, or: {', '.join(missing)}")


def changes(parsed: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """The settings given by options: dotted names and values."""
    for name in ("patients", "deaths"):
        if getattr(parsed, name) is not None:
            yield f"{name}.file", getattr(parsed, name)
    if parsed.encounters is not None:
        yield "encounters", [{"file": file} for file in parsed.encounters]
    for text in parsed.column:
        yield _column(text)
    for option, setting in _PLACES:
        if getattr(parsed, option) is not None:
            yield setting, getattr(parsed, option)
    for name in ("rules", "anchor", "coverage", "partial_death_dates", "engine", "memory", "threads", "strict"):
        if getattr(parsed, name) is not None:
            yield name, getattr(parsed, name)
    for text in parsed.set:
        yield _setting(text)


_PLACES = (
    *(("output", "output.folder"), ("format", "output.format"), ("snapshot", "output.snapshot"), ("group", "groups")),
)
"""Options and the settings that they set."""


def _column(text: str) -> tuple[str, str | list[str]]:
    """The setting of an option --column. For a date, three columns (year, month, day) may be separated by commas.

    Raises InputError if the text has another form.

    >>> _column("deaths.death_date=DOD_YR,DOD_MO,DOD_DY")
    ('deaths.columns.death_date', ['DOD_YR', 'DOD_MO', 'DOD_DY'])
    """
    from linkage.sources.reading import DATE_COLUMNS

    place, equals, theirs = text.partition("=")
    table, dot, ours = place.partition(".")
    if not (equals and dot and theirs) or table not in TABLES:
        raise InputError(
            f"--column {text}: write TABLE.OURS=THEIRS with one of {', '.join(TABLES)},"
            " such as patients.patient_id=mrn."
        )
    parts = [part.strip() for part in theirs.split(",")]
    return f"{table}.columns.{ours}", parts if ours in DATE_COLUMNS and len(parts) > 1 else theirs


def _setting(text: str) -> tuple[str, Any]:
    """The setting of an option --set: its value is read as TOML, or is a string if it is not valid TOML.

    Raises InputError if the text has another form.

    >>> _setting("deaths.encoding=cp1252"), _setting("threads=2")
    (('deaths.encoding', 'cp1252'), ('threads', 2))
    """
    import tomllib  # imported here, because few commands need it

    name, equals, value = text.partition("=")
    if not equals or not all(name.strip().split(".")):
        raise InputError(f"--set {text}: write KEY=VALUE, such as deaths.encoding=cp1252.")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return name.strip(), value
