"""The command line of this package: `linkage synth PROFILE --output DIR`."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from linkage.extras import needs
from synthetic.profiles import FORMATS, TABLES, ProfileError, profile_names

# Above this number of people, tables are streamed rather than held in memory.
_STREAMED_FROM = 5_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `linkage synth`."""
    parser.description = (
        "Generate a synthetic hospital and death registry with the true links. "
        "SSNs start with 9, which no real Social Security number does."
    )
    parser.add_argument("profile", metavar="PROFILE", help=f"one of {', '.join(profile_names())}")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder for the five files")
    parser.add_argument("--patients", type=int, metavar="N", help="rows of the patients file (default: the profile's)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="same seed, same files (default: 1)")
    parser.add_argument(
        "--noise", type=Path, metavar="FILE", help="TOML file that overrides slips and parameters of the profile"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one parameter, as in --set out_of_state=0.1",
    )
    parser.add_argument("--format", choices=FORMATS, default="csv", help="csv (compressed, the default) or parquet")


def run(arguments: argparse.Namespace) -> int:
    """Make the registry and print what was written. Returns the exit code: 2 if the arguments cannot be used."""
    needs("pyarrow")
    from synthetic.registries import chosen_profile
    from synthetic.writing import make_and_write, stream_registry

    try:
        changes = dict(_setting(text) for text in arguments.set)
        profile = chosen_profile(arguments.profile, arguments.patients, noise=arguments.noise, **changes)
        people = profile.size.patients * (1 + profile.size.strangers_per_patient)
        processes = os.cpu_count() or 1
        if people > _STREAMED_FROM:
            if arguments.format != "parquet":
                raise ProfileError(f"{people:,.0f} people are too many for CSV: add --format parquet.")
            stream_registry(profile, arguments.seed, arguments.output, processes=processes)
        else:
            make_and_write(profile, arguments.seed, arguments.output, arguments.format, processes=processes)
    except ProfileError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{profile.title}, {profile.size.patients:,} patients.  {', '.join(TABLES)} are in {arguments.output}.")
    return 0


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ProfileError(f"--set {text}: write NAME=VALUE, as in --set out_of_state=0.1.")
    try:
        return name, float(value)
    except ValueError:
        raise ProfileError(
            f"--set {text}: {value!r} is not a number; lists and dates belong in a --noise file."
        ) from None
