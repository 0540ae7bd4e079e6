"""The commands `linkage release` and `linkage check-release`."""

import argparse
from pathlib import Path

from linkage.errors import InputError


def add_release(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage release`."""
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument("--output", type=Path, required=True, metavar="SHARED", help="folder to write, for sharing")
    _add_policy(parser)
    parser.add_argument(
        "--table", action="append", default=[], metavar="NAME=FILE", help="an additional table, such as transfers=FILE"
    )
    parser.add_argument(
        "--persons",
        metavar="FILE",
        help="a table of patient_id and person_id, for patients with several record numbers",
    )
    parser.add_argument(
        "--crosswalk",
        type=Path,
        metavar="FILE",
        help="private file of true and released ids (default: OUT.crosswalk.csv)",
    )
    parser.add_argument("--leave-out-orphans", action="store_true", help="leave out rows of patients not in the run")
    parser.add_argument("--format", choices=("csv.gz", "parquet"), default="csv.gz", help="default: csv.gz")
    parser.set_defaults(verb=_release)


def add_check_release(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage check-release`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder with tables: patients, admissions ...")
    _add_policy(parser)
    parser.set_defaults(verb=_check_release)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--policy", default="mimic_iv", help="a shipped policy or the path of a policy file (default: mimic_iv)"
    )


def _release(parsed: argparse.Namespace) -> int:
    from linkage.release import make_release

    crosswalk = parsed.crosswalk or parsed.folder.with_name(f"{parsed.folder.name}.crosswalk.csv")
    made = make_release(
        parsed.folder,
        parsed.output,
        parsed.policy,
        tables=dict(map(_named, parsed.table)),
        persons=parsed.persons,
        crosswalk_file=crosswalk,
        leave_out_orphans=parsed.leave_out_orphans,
        format=parsed.format,
    )
    print(made)
    if not made.had_crosswalk:
        print(f"Crosswalk written to {crosswalk}: keep it private. The next release reads it.")
    return 0


def _named(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals or not name or not file:
        raise InputError(f"--table {text}: write it as NAME=FILE, such as transfers=transfers.csv.gz.")
    return name, file


def _check_release(parsed: argparse.Namespace) -> int:
    from linkage.release import check_release

    found = check_release(parsed.folder, parsed.policy)
    print(found)
    return 1 if found.failed else 0
