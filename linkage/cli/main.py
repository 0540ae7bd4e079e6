"""The command `linkage` and its subcommands.

Exit codes: 0 success, 1 an error that the user can correct (the message says how), 2 wrong usage, 3 a defect
of the toolkit, 128 plus the number of the signal that stopped it.
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from linkage.cli.export import add_export
from linkage.cli.job import add_check, add_init, add_run
from linkage.cli.release import add_check_release, add_release
from linkage.cli.tuning import (
    add_compare,
    add_rules_diff,
    add_trust,
    add_tune,
    add_unlisted,
    add_weights,
    write_private,
)
from linkage.errors import InputError
from linkage.extras import needs
from linkage.system.process import DONE, ending, error_line, private_process, without_passwords
from linkage.version import __version__

if TYPE_CHECKING:
    from linkage.rules.cascade import Cascade


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
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
        except SystemExit:  # wrong usage that only the command detects
            raise
        except BaseException as problem:
            code, said = ending(problem, received, parsed.debug)
            said = without_passwords(said)
            as_json = getattr(parsed, "log_json", False)
            print(error_line(code, said) if as_json else f"linkage: {said}", file=sys.stderr)
            return code


class _Parser(argparse.ArgumentParser):
    """A parser whose error messages do not quote passwords."""

    def error(self, message: str) -> NoReturn:
        super().error(without_passwords(message))


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="linkage",
        description="Link hospital patients to a death registry: who has died after discharge, and when.",
        epilog="To try it: linkage demo. Every command has its own --help.",
    )
    parser.add_argument("--version", action="version", version=f"linkage {__version__}")
    parser.add_argument("--debug", action="store_true", help="show where in the program a defect occurred; no values")
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    add_run(verbs.add_parser("run", help="link patients to deaths and write dates of death censored at one year"))
    add_init(verbs.add_parser("init", help="examine files and write a first job file that explains every guess"))
    add_check(verbs.add_parser("check", help="read all files and report what looks wrong; link nothing"))
    _add_rules(verbs.add_parser("rules", help="list, show, check, explain and compare rule files"))
    _add_explain(verbs.add_parser("explain", help="explain why a patient of a finished run was linked or not"))
    _add_evaluate(verbs.add_parser("evaluate", help="estimate the accuracy of a finished run, with or without truth"))
    _add_report(verbs.add_parser("report", help="write a report on a finished run as HTML, Markdown and JSON"))
    add_release(
        verbs.add_parser("release", help="write tables to share: random ids, shifted dates, only allowed values")
    )
    add_export(
        verbs.add_parser("export", help="export a finished run to OMOP, PCORnet, i2b2, Stata or SAS, or for the NDI")
    )
    add_check_release(verbs.add_parser("check-release", help="run the checks of a release on tables made elsewhere"))
    add_weights(verbs.add_parser("weights", help="print the weights of fields of a run whose rules use probabilities"))
    add_compare(verbs.add_parser("compare", help="list the links that differ between two finished runs, with reasons"))
    add_tune(verbs.add_parser("tune", help="search for better rules at a given PPV and write a rule file"))
    _add_synth(verbs.add_parser("synth", help="generate a synthetic hospital and death registry"), given)
    demo = verbs.add_parser("demo", help="link a synthetic registry with known truth and report the accuracy")
    demo.add_argument("data", nargs="?", choices=("mimic_iv", "febrl"), default="mimic_iv", help=_DEMO_DATA)
    demo.add_argument("--output", type=Path, default=Path("demo-out"), help="folder to write (default: demo-out)")
    demo.set_defaults(verb=_demo)
    return parser


_DEMO_DATA = "mimic_iv: synthetic, of MIMIC-IV's size (default); febrl: a small independent data set"


def _add_rules(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="WHAT", required=True)
    verbs.add_parser("list", help="list the cascades that come with the toolkit").set_defaults(verb=_rules_list)
    for name, help, verb in (
        ("show", "print a cascade as a table", _rules_show),
        ("check", "check that a rule file is valid", _rules_check),
        ("explain", "describe a cascade in sentences, for a Methods section", _rules_explain),
    ):
        one = verbs.add_parser(name, help=help)
        one.add_argument("rules", help="a shipped cascade or the path of a rule file")
        one.set_defaults(verb=verb)
    add_rules_diff(verbs.add_parser("diff", help="describe the differences between two cascades"))


def _rules_list(_: argparse.Namespace) -> None:
    from linkage.printing import table
    from linkage.rules.file import read_rules
    from linkage.rules.shipped import shipped_rules

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
    print(f"{parsed.rules}: {len(cascade.rules)} rules and {_keys(cascade)}, no problem found.")


def _keys(cascade: "Cascade") -> str:
    few = len(cascade.keys_if_few_pairs)
    return f"{len(cascade.keys)} blocking keys" + (f" ({few} more in small files)" if few else "")


def _rules_explain(parsed: argparse.Namespace) -> None:
    from linkage.rules.file import read_rules
    from linkage.rules.wording import sentences

    print(sentences(read_rules(parsed.rules)))


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--patient", nargs="+", action="extend", metavar="ID", help="ids of one or several patients")
    asked.add_argument(
        "--patients",
        type=Path,
        metavar="FILE",
        help="a text file of patient ids, one per line, optionally followed by a comma and a death id",
    )
    parser.add_argument("--death", metavar="ID", help="explain only the pair of one patient and this death")
    add_trust(parser)
    parser.set_defaults(verb=_explain, usage=parser.error)


def _explain(parsed: argparse.Namespace) -> None:
    from linkage.run.repeat import repeat_run

    asked = list(parsed.patient or ()) or _ids_of(parsed.patients)
    if parsed.death is not None:
        if len(asked) != 1 or parsed.patients is not None:
            parsed.usage("--death needs exactly one --patient")
        asked = [(asked[0], parsed.death)]
    with repeat_run(parsed.folder, trust_queries=parsed.trust_queries) as run:
        print("\n\n".join(str(explained) for explained in run.explain_many(asked)))


def _ids_of(path: Path) -> list[str | tuple[str, str]]:
    """The patient ids of a file, each with the death id after a comma or tab, if any. A header is skipped."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeError):
        raise InputError(f"{path} cannot be read as a text file of patient ids in UTF-8.") from None
    rows = [[cell.strip() for cell in next(csv.reader([line.replace("\t", ",")]))] for line in lines if line.strip()]
    if rows and rows[0][0].lower() in ("patient_id", "subject_id"):
        rows = rows[1:]
    if not rows:
        raise InputError(f"{path} contains no patient id. Write one id per line.")
    return [(row[0], row[1]) if len(row) > 1 and row[1] else row[0] for row in rows]


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_judging(parser, "all without --truth, none with --truth")
    parser.add_argument("--all", action="store_true", help="print all tables in place of the summary")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write all tables into a text file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all tables into a JSON file")
    parser.set_defaults(verb=_evaluate)


def _add_judging(parser: argparse.ArgumentParser, usual_methods: str) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument(
        "--truth",
        metavar="FILE",
        help="which patient is which death, in any format of a table (CSV, Parquet, Excel ...)",
    )
    add_unlisted(parser)
    add_trust(parser)
    parser.add_argument(
        "--by",
        nargs="+",
        metavar="COLUMN",
        help="variables of subgroups (default: sex, age_band, ssn_known, compound_surname, the columns of --group, race"
        " or ethnicity)",
    )
    parser.add_argument(
        "--methods", nargs="+", metavar="NAME", help=f"methods that need no truth (default: {usual_methods})"
    )


def _evaluate(parsed: argparse.Namespace) -> None:
    from linkage.evaluation import evaluate

    options = {name: getattr(parsed, name) for name in ("by", "unlisted", "methods", "trust_queries")}
    found = evaluate(parsed.folder, parsed.truth, **options)
    for path, text in ((parsed.output, str(found)), (parsed.json, found.as_json() if parsed.json else "")):
        if path is not None:
            write_private(path, f"{text}\n")
    print(found if parsed.all else found.summary)
    if not (parsed.all or parsed.output or parsed.json):
        print("To see all tables: --all prints them, --output FILE and --json FILE write them.")


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_judging(parser, "all for which the run has the data")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder for the report (default: OUT)")
    parser.add_argument(
        "--smallest-cell",
        type=int,
        default=11,
        metavar="N",
        help="withhold numbers of 1 to N - 1 people (default: 11; 1 withholds nothing)",
    )
    parser.add_argument("--no-sweep", action="store_true", help="leave out the effects of other thresholds")
    parser.add_argument(
        "--release", type=Path, metavar="SHARED", help="the folder of a release of this run, to report its checks"
    )
    parser.set_defaults(verb=_report)


def _report(parsed: argparse.Namespace) -> None:
    from linkage.evaluation import evaluate
    from linkage.evaluation.without_truth import chosen_methods
    from linkage.report import make_report
    from linkage.run.output import hold_output, read_manifest
    from linkage.run.repeat import repeat_run
    from linkage.tuning import sweep

    folder = parsed.output or parsed.folder
    read_manifest(parsed.folder)  # refuses a folder without a run before anything is created
    # Hold the folder from the start, so that no other run replaces it before the report is written.
    with hold_output(folder), repeat_run(parsed.folder, trust_queries=parsed.trust_queries) as run:
        methods = chosen_methods(run, parsed.methods)
        found = evaluate(run, parsed.truth, by=parsed.by, unlisted=parsed.unlisted, methods=methods)
        swept = None if parsed.no_sweep else sweep(run, parsed.truth, unlisted=parsed.unlisted)
        made = make_report(run, found, swept=swept, smallest_cell=parsed.smallest_cell, release=parsed.release)
        made.put(folder)
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
    """Add the arguments of `linkage synth`; only this command imports `synthetic`, which is slow to import."""
    verb = next((word for word in given if not word.startswith("-")), None)
    if verb == "synth":
        from synthetic.command import add_arguments, run

        add_arguments(parser)
        parser.set_defaults(verb=run)


if __name__ == "__main__":
    sys.exit(main())
