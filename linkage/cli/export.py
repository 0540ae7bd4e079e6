"""The command `linkage export`, which exports a run."""

import argparse
from pathlib import Path

from linkage.cli.tuning import add_trust


def add_export(parser: argparse.ArgumentParser) -> None:
    """The arguments of `linkage export`."""
    parser.add_argument("folder", type=Path, metavar="OUT", help="the output folder of a finished run")
    parser.add_argument(
        "--to", choices=("omop", "pcornet", "i2b2", "ndi"), required=True, help="the data model to export to"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="a new folder")
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
            trust_queries=parsed.trust_queries,
        )
    )
