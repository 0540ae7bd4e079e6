"""The section on a release that was made of the run: its policy, and the results of its checks.

A release does not name the run that it was made of, so the author of the report names the folder.
"""

import csv
import json
from pathlib import Path

from linkage.errors import InputError
from linkage.report.parts import Cell, Column, Section, Table

_MANIFEST, _CHECKS = "release.json", "checks.csv"
_KINDS = {"integrity": "Integrity", "consistency": "Consistency", "identifiers": "Identifiers"}


def released(folder: Path, smallest: int) -> Section:
    """The policy of a release, its notice and all of its checks. Numbers of people below `smallest` are withheld.

    Raises InputError when the folder holds no release.
    """
    try:
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
        with (folder / _CHECKS).open(encoding="utf-8", newline="") as file:
            checks = list(csv.DictReader(file))
        title, notice = manifest["policy"]["title"], manifest["notice"]
        rows = tuple(_row(check, smallest) for check in checks)
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{folder} holds no release: {_MANIFEST} and {_CHECKS} cannot be read there. Give the folder that linkage"
            " release has written."
        ) from None
    columns = (Column("Kind"), Column("Check"), Column("Result"), Column("Found", "count"))
    caption = f"Checks of the released tables ({len(rows)} checks, {sum(row[2] == 'fail' for row in rows)} failed)"
    note = (
        "Found is the number of rows, values or people that contradict the claim. For the result “reported” it is the"
        " number that the claim names: it has no verdict, and an expert must judge it."
    )
    return Section(
        "release",
        "The release",
        (
            f"Tables of this run were released under the policy “{title}”. {notice}",
            Table("release_checks", caption, columns, rows, note),
        ),
    )


def _row(check: dict[str, str], smallest: int) -> tuple[Cell, ...]:
    found = int(check["found"])
    is_small = check["result"] not in ("pass", "fail") and 0 < found < smallest
    return _KINDS[check["kind"]], check["check"], check["result"], f"< {smallest}" if is_small else found
