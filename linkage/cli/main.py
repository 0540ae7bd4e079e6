"""The command line: one command, a few verbs.

Exit codes: 0 done, 1 something that the user can mend (the message says how), 2 wrong usage, 3 a defect
of the toolkit, 128 and the signal's number when one has stopped it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from linkage.cli.job import add_check, add_init, add_run
from linkage.cli.tuning import add_compare, add_rules_diff, add_tune, add_unlisted
from linkage.extras import needs
from linkage.system.process import DONE, ending, error_line, private_process
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
        except SystemExit:  # wrong usage that argparse cannot see by itself
            raise
        except BaseException as problem:
            code, said = ending(problem, received, parsed.debug)
            as_json = getattr(parsed, "log_json", False)
            print(error_line(code, said) if as_json else f"linkage: {said}", file=sys.stderr)
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
    add_run(verbs.add_parser("run", help="link patients to deaths, and write dates of death censored at one year"))
    add_init(verbs.add_parser("init", help="look at files, and write a first job file with every guess explained"))
    add_check(verbs.add_parser("check", help="read everything, link nothing, and say what looks wrong"))
    _add_rules(verbs.add_parser("rules", help="list, show, check, explain and compare rule files"))
    _add_explain(verbs.add_parser("explain", help="say why a patient of a finished run was linked, or why not"))
    _add_evaluate(verbs.add_parser("evaluate", help="say how right a finished run is, with truth and without"))
    _add_report(verbs.add_parser("report", help="write a report on a finished run: a page, Markdown and JSON"))
    add_compare(verbs.add_parser("compare", help="say which links one finished run has and another has not, and why"))
    add_tune(verbs.add_parser("tune", help="find better rules for a PPV, with truth or without, and write a rule file"))
    _add_synth(
        verbs.add_parser("synth", help="make a hospital and a death registry of people who never existed"), given
    )
    demo = verbs.add_parser("demo", help="link a registry with known truth, and show how well it went")
    demo.add_argument("data", nargs="?", choices=("mimic_iv", "febrl"), default="mimic_iv", help=_DEMO_DATA)
    demo.add_argument("--output", type=Path, default=Path("demo-out"), help="folder to write (default: demo-out)")
    demo.set_defaults(verb=_demo)
    return parser


_DEMO_DATA = "mimic_iv: synthetic, of MIMIC-IV's size (default); febrl: a small data set by others"


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
    add_rules_diff(verbs.add_parser("diff", help="what differs between two cascades, in words"))


def _rules_list(_: argparse.Namespace) -> None:
    from linkage.rules.file import read_rules, shipped_rules
    from linkage.run.summary import table

    shipped = [read_rules(name) for name in shipped_rules()]
    rows = [[cascade.name, str(len(cascade.rules)), cascade.title] for cascade in shipped]
    print(table([["name", "rules", "title"], *rows], right=[1]))


def _rules_show(parsed: argparse.Namespace) -> None:
    from linkage.rules.file import read_rules
    from linkage.rules.wording import rules_table

    cascade = read_rules(parsed.rules)
    print(f"{cascade.title}\n\n{rules_table(cascade)}")


def _rules_check(parsed: argparse.Namespace) -> None:
    from linkage.rules.file import read_rules

    cascade = read_rules(parsed.rules)
    print(f"{parsed.rules}: {len(cascade.rules)} rules and {len(cascade.keys)} blocking keys, no problem found.")


def _rules_explain(parsed: argparse.Namespace) -> None:
    from linkage.rules.file import read_rules
    from linkage.rules.wording import sentences

    print(sentences(read_rules(parsed.rules)))


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument("--patient", required=True, metavar="ID")
    parser.add_argument("--death", metavar="ID", help="explain this pair alone")
    parser.set_defaults(verb=_explain)


def _explain(parsed: argparse.Namespace) -> None:
    from linkage.run.repeat import repeat_run

    with repeat_run(parsed.folder) as run:
        print(run.explain(parsed.patient, parsed.death))


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_judging(parser, "all without --truth, and none with it")
    parser.set_defaults(verb=_evaluate)


def _add_judging(parser: argparse.ArgumentParser, usual_methods: str) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument("--truth", metavar="FILE", help="which patient is which death (CSV, CSV.gz or Parquet)")
    add_unlisted(parser)
    parser.add_argument(
        "--by",
        nargs="+",
        metavar="COLUMN",
        help="subgroups (default: sex, age_band, ssn_known, compound_surname, those carried along, race or ethnicity)",
    )
    parser.add_argument(
        "--methods", nargs="+", metavar="NAME", help=f"methods that need no truth (default: {usual_methods})"
    )


def _evaluate(parsed: argparse.Namespace) -> None:
    from linkage.evaluation import evaluate

    print(evaluate(parsed.folder, parsed.truth, by=parsed.by, unlisted=parsed.unlisted, methods=parsed.methods))


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_judging(parser, "all for which the run has the data")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to write it (default: OUT)")
    parser.add_argument(
        "--smallest-cell",
        type=int,
        default=11,
        metavar="N",
        help="withhold numbers of fewer people, other than none (default: 11; 1 withholds nothing)",
    )
    parser.add_argument("--no-sweep", action="store_true", help="leave out what other thresholds would have done")
    parser.set_defaults(verb=_report)


def _report(parsed: argparse.Namespace) -> None:
    from linkage.evaluation import evaluate
    from linkage.evaluation.without_truth import chosen_methods
    from linkage.report import make_report
    from linkage.run.output import hold_output, read_manifest
    from linkage.run.repeat import repeat_run
    from linkage.tuning import sweep

    folder = parsed.output or parsed.folder
    read_manifest(parsed.folder)  # before anything is made, in case the folder is another
    # Held from the start, so that the report is of the run beside which it stands.
    with hold_output(folder), repeat_run(parsed.folder) as run:
        methods = chosen_methods(run, parsed.methods)
        found = evaluate(run, parsed.truth, by=parsed.by, unlisted=parsed.unlisted, methods=methods)
        swept = None if parsed.no_sweep else sweep(run, parsed.truth, unlisted=parsed.unlisted)
        make_report(run, found, swept=swept, smallest_cell=parsed.smallest_cell).put(folder)
    print(f"Written to {folder}: report.html, report.md and report.json.")


def _demo(parsed: argparse.Namespace) -> None:
    if parsed.data == "febrl":
        from linkage.cli.demo import febrl_demo

        print(febrl_demo(parsed.output))
        return
    needs("pyarrow")
    from synthetic.demo import mimic_demo

    print(mimic_demo(parsed.output))


def _add_synth(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """`linkage` does not depend on `synthetic`, which takes a while to import: only its own verb loads it."""
    verb = next((word for word in given if not word.startswith("-")), None)
    if verb == "synth":
        from synthetic.command import add_arguments, run

        add_arguments(parser)
        parser.set_defaults(verb=run)


if __name__ == "__main__":
    sys.exit(main())
