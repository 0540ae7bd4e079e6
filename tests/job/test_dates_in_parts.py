"""A date in separate columns for year, month, and day is read, also if it is partial."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.concerns.likely_names import dates_in_parts
from linkage.job.job import read_job

NAMES = {"first_name": ["ANN", "BOB", "EVE", "ZOE"], "last_name": ["LEE", "ROE", "POE", "COE"]}
SSN = ["212345678", "313456789", "414567890", "515678901"]
PATIENTS = pd.DataFrame({"patient_id": ["1", "2", "3", "4"], **NAMES, "ssn": SSN, "birth_date": [
    "1950-02-11", "1951-03-04", "1952-10-31", "1953-12-01"]})  # fmt: skip
STAYS = pd.DataFrame({"patient_id": ["1", "2", "3", "4"], "discharge": "2015-01-09"})
# As in the IJE layout: blanks, 99 and 9999 for unknown values, numbers with gaps, names.
REGISTRY = pd.DataFrame({
    "FILENO": ["6", "7", "8", "9"], "GNAME": NAMES["first_name"], "LNAME": NAMES["last_name"], "SSN": SSN,
    "DOB_YR": ["1950", "1951.0", "1952", "1953"], "DOB_MO": ["2", "3.0", "OCT", "12"],
    "DOB_DY": ["11", "4.0", "31", "01"],
    "DOD_YR": ["2015", "2015", "2015", "9999"], "DOD_MO": ["06", "6", "99", "06"], "DOD_DY": ["01", "", "99", "15"],
})  # fmt: skip
COLUMNS = {
    "birth_date": ["DOB_YR", "DOB_MO", "DOB_DY"],
    "death_date": ["DOD_YR", "DOD_MO", "DOD_DY"],
    "death_id": "FILENO",
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with patients, stays, and a registry."""
    monkeypatch.chdir(tmp_path)
    for name, frame in (("patients", PATIENTS), ("stays", STAYS), ("registry", REGISTRY)):
        frame.to_csv(f"{name}.csv", index=False)
    return tmp_path


def test_a_first_job_file_maps_dates_in_parts_and_a_run_reads_them(files: Path) -> None:
    assert main(["init", "patients.csv", "stays.csv", "registry.csv"]) == 0
    text = Path("job.toml").read_text()
    assert 'birth_date = ["DOB_YR", "DOB_MO", "DOB_DY"], death_date = ["DOD_YR", "DOD_MO", "DOD_DY"]' in text
    assert main(["run", "job.toml", "--quiet"]) == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    registry = manifest["inputs"][1]
    assert registry["columns"]["death_date"] == ["DOD_YR", "DOD_MO", "DOD_DY"]
    assert registry["columns_not_used"] == []
    assert manifest["counts"]["cleaned"]["death"]["death_date_partial"] == {"partial": 2, "year not known": 1}
    links = pd.read_csv("out/links.csv.gz", dtype=str)
    assert list(links["death_id"]) == ["6", "7", "8", "9"]
    assert set(links["rule"]) == {"R1"}
    assert main(["explain", "out", "--patient", "2"]) == 0  # a run is repeated with the columns in its manifest


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_dates_in_parts_are_read_in_frames_as_far_as_they_are_known(engine: str) -> None:
    columns: dict[str, Any] = {"deaths": COLUMNS}
    with linkage.link(PATIENTS, REGISTRY, encounters=STAYS, columns=columns, engine=engine, threads=1) as run:
        known = run.database.rows("SELECT death_id, death_date_partial FROM death ORDER BY death_id")
        assert known == [("6", "20150601"), ("7", "20150600"), ("8", "20150000"), ("9", None)]
        assert list(run.links["rule"]) == ["R1"] * 4
        assert "deaths DOD_YR + DOD_MO + DOD_DY 1 25.0 % year not known 1" in " ".join(str(run).split())
        assert not run.loaded[1].unused


def test_dates_in_parts_are_named_on_the_command_line_and_in_job_files(files: Path) -> None:
    Path("job.toml").write_text(
        'format = 1\n[patients]\nfile = "patients.csv"\n[deaths]\nfile = "registry.csv"\n'
        'columns = { birth_date = ["DOB_YR", "DOB_MO"] }\n[output]\nfolder = "out"\n'
    )
    assert read_job("job.toml").deaths.columns == {"birth_date": ["DOB_YR", "DOB_MO"]}
    changes = ["--column", "deaths.death_date=DOD_YR, DOD_MO,DOD_DY", "--column", "deaths.death_id=FILENO"]
    assert main(["run", "job.toml", "--quiet", *changes]) == 0
    columns = json.loads(Path("out/manifest.json").read_text())["inputs"][1]["columns"]
    assert columns["death_date"] == ["DOD_YR", "DOD_MO", "DOD_DY"]
    assert columns["birth_date"] == ["DOB_YR", "DOB_MO"]


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"birth_date": ["DOB_YR"]}, {}, "birth_date is mapped to 1 columns. Name the columns of its year, month, and day"),
    ({"birth_date": ["DOB_YR", "DOB_MO", "DOB_MO"]}, {}, "Name the columns of its year, month, and day, in this order"),
    ({"birth_date": ["DOB_YR", "DOB_MM", "DOB_DY"]}, {}, "column 'DOB_MM', mapped to birth_date, is missing"),
    ({"last_name": ["GNAME", "LNAME"]}, {}, "last_name is mapped to a list of columns. Only a date can be"),
    ({"birth_date": ["DOB_YR", "DOB_MO"]}, {"birth_date": "YYYY MM DD"}, "so it needs no form. Remove it from dates."),
]


@pytest.mark.parametrize(("columns", "dates", "words"), REFUSED, ids=[row[2][:40] for row in REFUSED])
def test_a_list_of_columns_that_is_no_date_is_refused(
    files: Path, columns: dict[str, Any], dates: dict[str, str], words: str
) -> None:
    with pytest.raises(linkage.InputError) as refused:
        linkage.link(PATIENTS, linkage.source("registry.csv", columns={**columns, "death_id": "FILENO"}, dates=dates))
    assert words in str(refused.value)


FOUND: list[tuple[str, list[str], dict[str, list[str]]]] = [
    ("deaths", ["dod_year", "dod_month", "dod_day"], {"death_date": ["dod_year", "dod_month", "dod_day"]}),
    (
        "patients",
        ["BIRTH_DAY", "BIRTH_MONTH", "BIRTH_YEAR"],
        {"birth_date": ["BIRTH_YEAR", "BIRTH_MONTH", "BIRTH_DAY"]},
    ),
    ("patients", ["year_of_birth", "month_of_birth"], {"birth_date": ["year_of_birth", "month_of_birth"]}),
    ("patients", ["birthyr", "birthmo", "birthdy"], {"birth_date": ["birthyr", "birthmo", "birthdy"]}),
    ("deaths", ["dod_y", "dod_m", "dod_d"], {"death_date": ["dod_y", "dod_m", "dod_d"]}),
    ("deaths", ["Year Died", "Month Died", "Day Died"], {"death_date": ["Year Died", "Month Died", "Day Died"]}),
    ("encounters", ["admit_yr", "admit_mo", "admit_dy"], {"start": ["admit_yr", "admit_mo", "admit_dy"]}),
    ("deaths", ["FATHER_DOB_YR", "FATHER_DOB_MO", "FATHER_DOB_DY"], {}),
    ("deaths", ["DOB_YR", "DOB_DY"], {}),
    ("deaths", ["city", "county", "body"], {}),
]


@pytest.mark.parametrize(("role", "names", "parts"), FOUND, ids=[row[1][0] for row in FOUND])
def test_columns_of_parts_are_known_by_their_names(role: str, names: list[str], parts: dict[str, list[str]]) -> None:
    assert dates_in_parts(role, names) == parts
