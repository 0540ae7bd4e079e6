"""One finished run for the exports."""

from pathlib import Path

import pandas as pd
import pytest

import linkage

NAMES = ["ABEL", "BORIS", "CLARA", "DORA", "EDITH"]


@pytest.fixture(scope="module", params=["csv.gz", "parquet"])
def out(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A finished run of five patients: a day, a month, the hospital's own date, one after the year, one alive."""
    folder = tmp_path_factory.mktemp("run")
    people = {
        "first_name": NAMES,
        "last_name": ["LEE", "ROE-DOE", "COE", "MOE", "POE"],
        "birth_date": [*(f"194{n}-02-1{n}" for n in range(3)), "1943-02", "1944"],
        "ssn": [f"12345{n}1{n}1" for n in range(1, 6)],
        "sex": ["M", "M", "F", "F", "F"],
    }
    pd.DataFrame({"subject_id": range(1, 6), **people, "maiden_name": ["", "", "WHITE", "", ""]}).to_csv(
        folder / "patients.csv", index=False
    )
    deaths = pd.DataFrame({"death_id": range(11, 16), **people}).head(4)
    deaths["death_date"] = ["2015-03-10", "2015-04", "2015-01-11", "2017-01-01"]
    deaths.loc[1, ["first_name", "ssn"]] = ["BORRIS", ""]  # linked by a similar name
    deaths.to_csv(folder / "deaths.csv", index=False)
    stays = pd.DataFrame({"subject_id": range(1, 6), "start": "2015-01-01", "discharge": "2015-01-09"})
    stays["death_time"] = [None, None, "2015-01-09", None, None]
    stays["died_in_hospital"] = [0, 0, 1, 0, 0]
    stays.to_csv(folder / "stays.csv", index=False)
    policy = linkage.MortalityPolicy(
        coverage_first=pd.Timestamp(2010, 1, 1).date(), coverage_last=pd.Timestamp(2019, 12, 31).date()
    )
    with linkage.link(
        folder / "patients.csv", folder / "deaths.csv", encounters=folder / "stays.csv", policy=policy
    ) as run:
        run.write(folder / "out", request.param)
    return folder / "out"
