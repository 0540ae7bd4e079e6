"""The command `linkage export`, which exports a run."""

import argparse
from pathlib import Path

from linkage.cli.tuning import add_trust


def add_export(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage export`."""
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument(
        "--to",
        choices=("omop", "pcornet", "i2b2", "ndi", "stata", "sas"),
        required=True,
        help="the data model or program to export to",
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="a new folder")
    parser.add_argument(
        "--postgres", default="", metavar="VARIABLE", help="the environment variable that holds a server's address"
    )
    parser.add_argument("--schema", default="", help="for the tables on the server (default: linkage_omop and so on)")
    parser.add_argument("--birth-dates", action="store_true", help="of patients, into i2b2's table")
    parser.add_argument(
        "--registry",
        choices=("registry", "certificate", "ssa"),
        default="",
        help="the kind of source of the deaths (default: determined by the format of their file)",
    )
    add_trust(parser)
    parser.set_defaults(verb=_export)


def _export(parsed: argparse.Namespace) -> None:
    from linkage.export import export

    print(
        export(
            parsed.folder,
            parsed.to,
            parsed.output,
            registry=parsed.registry,
            birth_dates=parsed.birth_dates,
            postgres=parsed.postgres,
            schema=parsed.schema,
            trust_queries=parsed.trust_queries,
        )
    )
