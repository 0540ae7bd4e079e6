"""The command line: one command, a few verbs.

Exit codes: 0 done, 1 something that the user can mend (the message says how), 2 wrong usage, 3 a defect
of the toolkit, 128 and the signal's number when one has stopped it.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from linkage.errors import InputError
from linkage.process import DONE, ending, private_process
from linkage.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parsed = _parser(given).parse_args(given)
    with private_process() as received:
        try:
            code = int(parsed.verb(parsed) or DONE)
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            sys.stderr.close()
            return DONE
        except BaseException as problem:
            code, said = ending(problem, received, parsed.debug)
            print(f"linkage: {said}", file=sys.stderr)
            return code


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linkage",
        description="Which of our patients have died since they left us, and when?",
        epilog="A first look: linkage demo.  Every verb has a --help of its own.",
    )
    parser.add_argument("--version", action="version", version=f"linkage {__version__}")
    parser.add_argument("--debug", action="store_true", help="say where in the program a defect arose, with no values")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_run(verbs.add_parser("run", help="link patients to deaths, and write dates of death censored at one year"))
    _add_rules(verbs.add_parser("rules", help="list, show, check and explain rule files"))
    _add_explain(verbs.add_parser("explain", help="say why a patient of a finished run was linked, or why not"))
    _add_evaluate(verbs.add_parser("evaluate", help="say how right a finished run is, with truth and without"))
    _add_synth(
        verbs.add_parser("synth", help="make a hospital and a death registry of people who never existed"), given
    )
    demo = verbs.add_parser("demo", help="link a registry with known truth, and show how well it went")
    demo.add_argument("data", nargs="?", choices=("mimic_iv", "febrl"), default="mimic_iv", help=_DEMO_DATA)
    demo.add_argument("--output", type=Path, default=Path("demo-out"), help="folder to write (default: demo-out)")
    demo.set_defaults(verb=_demo)
    return parser


_DEMO_DATA = "mimic_iv: synthetic, of MIMIC-IV's size (default); febrl: a small data set by others"


def _add_run(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group("files (CSV, CSV.gz or Parquet)")
    files.add_argument("--patients", required=True, metavar="FILE")
    files.add_argument("--deaths", required=True, metavar="FILE")
    files.add_argument(
        "--encounters", nargs="+", default=[], metavar="FILE", help="admissions, ED stays; may be several"
    )
    files.add_argument("--output", required=True, type=Path, metavar="FOLDER")
    files.add_argument("--format", choices=("csv.gz", "parquet"), default="csv.gz")
    files.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="TABLE.OURS=THEIRS",
        help="say what a column is called, such as patients.patient_id=mrn",
    )
    files.add_argument("--group", action="append", default=[], metavar="COLUMN", help="carry a patients' column along")
    method = parser.add_argument_group("method")
    method.add_argument("--rules", default="mimic_iv", help="a shipped cascade or the path of a rule file")
    method.add_argument("--anchor", choices=("hospital", "hospital_or_ed"), default="hospital_or_ed")
    method.add_argument(
        "--coverage",
        nargs=2,
        type=_day,
        metavar=("FIRST", "LAST"),
        help="first and last day of death that the registry covers (default: as the file shows)",
    )
    method.add_argument("--partial-death-dates", choices=("middle", "withhold"), default="middle")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--engine", choices=("duckdb", "reference"), default="duckdb")
    machine.add_argument("--memory", metavar="SIZE", help="limit of the database, such as 4GB")
    machine.add_argument("--threads", type=int, metavar="N")
    machine.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(verb=_run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date. Write it as 2019-12-31.") from None


def _run(parsed: argparse.Namespace) -> int:
    from linkage.cascade import link
    from linkage.mortality import MortalityPolicy
    from linkage.output import claim_output, write_all

    first, last = parsed.coverage or (None, None)
    policy = MortalityPolicy(parsed.anchor, first, last, parsed.partial_death_dates)
    # The folder is claimed before hours of work, not after.
    with (
        claim_output(parsed.output) as replace,
        link(
            parsed.patients,
            parsed.deaths,
            parsed.rules,
            encounters=parsed.encounters,
            policy=policy,
            groups=parsed.group,
            columns=_columns(parsed.column),
            engine=parsed.engine,
            memory=parsed.memory,
            threads=parsed.threads,
        ) as run,
    ):
        replace(lambda folder: write_all(run, folder, parsed.format))
        if not parsed.quiet:
            print(f"{run}\n\nWritten to {parsed.output}.")
    return DONE


def _columns(given: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    columns: dict[str, dict[str, str]] = {"patients": {}, "deaths": {}, "encounters": {}}
    for text in given:
        place, equals, theirs = text.partition("=")
        table, dot, ours = place.partition(".")
        if not (equals and dot and theirs) or table not in columns:
            raise InputError(
                f"--column {text}: write TABLE.OURS=THEIRS with one of {', '.join(columns)},"
                " such as patients.patient_id=mrn."
            )
        columns[table][ours] = theirs
    return columns


def _add_rules(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="WHAT", required=True)
    verbs.add_parser("list", help="the cascades that come with the toolkit").set_defaults(verb=_rules_list)
    for name, help, verb in (
        ("show", "a cascade as a table", _rules_show),
        ("check", "whether a rule file can be read", _rules_check),
        ("explain", "a cascade in sentences, for a Methods section", _rules_explain),
    ):
        one = verbs.add_parser(name, help=help)
        one.add_argument("rules", help="a shipped cascade or the path of a rule file")
        one.set_defaults(verb=verb)


def _rules_list(_: argparse.Namespace) -> None:
    from linkage.rule_file import read_rules, shipped_rules
    from linkage.summary import table

    shipped = [read_rules(name) for name in shipped_rules()]
    rows = [[cascade.name, str(len(cascade.rules)), cascade.title] for cascade in shipped]
    print(table([["name", "rules", "title"], *rows], right=[1]))


def _rules_show(parsed: argparse.Namespace) -> None:
    from linkage.rule_file import read_rules
    from linkage.wording import rules_table

    cascade = read_rules(parsed.rules)
    print(f"{cascade.title}\n\n{rules_table(cascade)}")


def _rules_check(parsed: argparse.Namespace) -> None:
    from linkage.rule_file import read_rules

    cascade = read_rules(parsed.rules)
    print(f"{parsed.rules}: {len(cascade.rules)} rules and {len(cascade.keys)} blocking keys, no problem found.")


def _rules_explain(parsed: argparse.Namespace) -> None:
    from linkage.rule_file import read_rules
    from linkage.wording import sentences

    print(sentences(read_rules(parsed.rules)))


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument("--patient", required=True, metavar="ID")
    parser.add_argument("--death", metavar="ID", help="explain this pair alone")
    parser.set_defaults(verb=_explain)


def _explain(parsed: argparse.Namespace) -> None:
    from linkage.output import repeat_run

    with repeat_run(parsed.folder) as run:
        print(run.explain(parsed.patient, parsed.death))


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument("--truth", metavar="FILE", help="which patient is which death (CSV, CSV.gz or Parquet)")
    parser.add_argument(
        "--unlisted",
        choices=("unknown", "no_match"),
        default="unknown",
        help="patients whom the truth does not list: left out (default), or known to have no death",
    )
    parser.add_argument("--by", nargs="+", metavar="COLUMN", help="subgroups (default: those that every run has)")
    parser.set_defaults(verb=_evaluate)


def _evaluate(parsed: argparse.Namespace) -> None:
    from linkage.evaluation import evaluate

    print(evaluate(parsed.folder, parsed.truth, by=parsed.by, unlisted=parsed.unlisted))


def _demo(parsed: argparse.Namespace) -> None:
    if parsed.data == "febrl":
        from linkage.demo import febrl_demo

        print(febrl_demo(parsed.output))
        return
    from synthetic.demo import mimic_demo

    print(mimic_demo(parsed.output))


def _add_synth(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """`linkage` does not depend on `synthetic`, which takes a while to import: only its own verb loads it."""
    if "synth" in given[:1]:
        from synthetic.command import add_arguments, run

        add_arguments(parser)
        parser.set_defaults(verb=run)


if __name__ == "__main__":
    sys.exit(main())
