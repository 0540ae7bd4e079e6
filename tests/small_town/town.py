"""The files of the small town and a run on them, for tests that need a whole job."""

from datetime import date
from pathlib import Path
from typing import Any

import linkage

FOLDER = Path(__file__).parent
PATIENTS, DEATHS = FOLDER / "patients.csv", FOLDER / "deaths.csv"
ENCOUNTERS = [FOLDER / "admissions.csv", FOLDER / "edstays.csv"]
POLICY = linkage.MortalityPolicy(coverage_first=date(2014, 1, 1), coverage_last=date(2017, 6, 30))


def link_town(folder: Path = FOLDER, **options: Any) -> linkage.Linkage:
    """The whole job on the town, or on a copy of its files in another folder."""
    encounters = [folder / path.name for path in ENCOUNTERS]
    settings = {"encounters": encounters, "policy": POLICY, **options}
    return linkage.link(folder / PATIENTS.name, folder / DEATHS.name, **settings)
