"""Anything that could change a date of death is in the summary of the run, its manifest, and its report."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.report import Report

# One patient for each; the digits are those of the SSN.
NAMES = {
    "completed": "1", "withheld": "2", "overruled": "3", "far apart": "4", "differ": "5", "in review": "6",
    "mended": "7", "not read": "8", "alive": "9", "two days": "0",
}  # fmt: skip
STAY = {"start": "2015-01-02", "discharge": "2015-01-09", "death_time": None, "died_in_hospital": 0}
STAYS: dict[str, list[dict[str, Any]]] = {
    "overruled": [STAY | {"death_time": "2014-12-01", "died_in_hospital": 1}],
    "far apart": [STAY | {"discharge": "2015-02-01", "death_time": "2015-02-01", "died_in_hospital": 1}],
    "two days": [STAY | {"death_time": "2015-01-09"}, {"death_time": "2015-01-11"}],
    "mended": [STAY | {"died_in_hospital": 1}],
    "not read": [STAY, STAY | {"start": "2015-02-01", "discharge": "2015-02-30"}],
}
DEATHS = {
    "completed": ["2015-06"], "withheld": ["2015"], "overruled": ["2015-03-03"], "far apart": ["2015-05-05"],
    "differ": ["2015-06-12", "2015-06-21"], "in review": ["2014-06-01"], "not read": ["2015-06-31"],
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Iterator[linkage.Linkage]:
    """A run with one instance of each."""

    def person(name: str) -> dict[str, str]:
        digit = NAMES[name]
        return {
            "first_name": "ABCDEFGHIJ"[int(digit)] * 2 + "EL", "last_name": f"{name.replace(' ', '').upper()}SON",
            "birth_date": f"194{digit}-05-06", "ssn": f"2{digit}345671{digit}",
        }  # fmt: skip

    patients = pd.DataFrame([{"patient_id": name, **person(name)} for name in NAMES])
    dates = [(name, day) for name, days in DEATHS.items() for day in days]
    deaths = pd.DataFrame(
        [{"death_id": f"d{n}", **person(name), "death_date": day} for n, (name, day) in enumerate(dates)]
    )
    stays = pd.DataFrame([{"patient_id": name, **stay} for name in NAMES for stay in STAYS.get(name, [STAY])])
    stays = pd.concat([stays, pd.DataFrame([{"patient_id": "stranger", **STAY}])])
    covered = linkage.MortalityPolicy(coverage_first=date(2012, 1, 1), coverage_last=date(2017, 12, 31))
    with linkage.link(patients, deaths, encounters=stays, policy=covered, threads=1) as run:
        yield run


@pytest.fixture(scope="module")
def manifest(run: linkage.Linkage, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The manifest of the run."""
    folder = tmp_path_factory.mktemp("reported") / "out"
    run.write(folder)
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def report(run: linkage.Linkage) -> Report:
    """The report of the run."""
    return linkage.make_report(run, smallest_cell=1)


DATES, MENDED = "dates_of_death", "encounters_mended"
HELD_UP, DISCHARGE = "death_time_missing_discharge_stands_in", "time of death missing, so the discharge is used"
REPORTED = [
    # what the summary says; the place in the manifest's counts; the report's table and its row
    (
        "For 1 of them, the registry gives only the month or",
        "dates_of_death.completed",
        DATES,
        "of these, known only to",
    ),
    ("1 patient has died, but the date is known only to", "dates_of_death.withheld", DATES, "too imprecise"),
    ("1 patient has a hospital date of death that is not", "dates_of_death.overruled", DATES, "implausible"),
    ("(before its stay 1)", "hospital_dates_overruled.before its stay", DATES, "implausible"),
    ("date of death more than 30 days", "hospital_and_registry_far_apart.patients", DATES, "more than 30 days"),
    (
        "1 patient has different dates of death in the hospital's own records",
        f"{DATES}.hospital_dates_differ",
        DATES,
        "The hospital's own records",
    ),
    ("1 linked patient has certificates with different", f"{DATES}.certificates_differ", DATES, "Certificates give"),
    ("1 patient is in review", "dates_of_death.in_review", DATES, "In review"),
    (f"{DISCHARGE} (1)", f"encounter_repairs.{HELD_UP}", MENDED, DISCHARGE),
]


@pytest.mark.parametrize(("summary", "place", "table", "row"), REPORTED, ids=[place for _, place, _, _ in REPORTED])
def test_what_could_move_a_date_of_death_is_reported_in_three_places(
    run: linkage.Linkage, manifest: Any, report: Report, summary: str, place: str, table: str, row: str
) -> None:
    assert summary in str(run)
    counts = manifest["counts"]["mortality"]
    for name in place.split("."):
        counts = counts[name]
    assert counts == 1
    (found,) = [each for each in report.table(table).rows if row in str(each[0])]
    assert found[1] == 1


def test_what_was_not_read_and_what_looks_wrong_is_reported_in_three_places(
    run: linkage.Linkage, manifest: Any, report: Report
) -> None:
    assert "discharge" in str(run)
    assert manifest["counts"]["times_not_read"] == {"encounters": {"discharge": {"impossible": 1}}}
    assert manifest["counts"]["cleaned"]["death"]["death_date_partial"] == {"impossible": 1, "partial": 2}
    assert {row[1:] for row in report.table("dates_not_known").rows} == {
        ("discharge", "impossible", 1),
        ("death_date", "impossible", 1),
    }
    wrong = "encounters, discharge (read as discharge): 1 time (7.7 %) cannot be read."
    assert wrong in str(run)
    assert wrong in manifest["what_looks_wrong"]
    assert "looked wrong in the files that were read" in report.markdown
    assert "1 row could not be used" in str(run)
    assert [(row[0], row[2]) for row in report.table("files").rows] == [
        ("patients", 0),
        ("deaths", 0),
        ("encounters", 1),
    ]


def test_strict_ends_a_run_of_such_files_before_anything_is_linked() -> None:
    patients = pd.DataFrame({"patient_id": ["1"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]})
    deaths = pd.DataFrame({"death_id": ["8"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]})
    stays = pd.DataFrame([{"patient_id": "1", **STAY}] * 3 + [{"patient_id": "1", **STAY, "discharge": "2015-02-30"}])
    with pytest.raises(linkage.InputError, match=r"1 time \(25\.0 %\) cannot be read"):
        linkage.link(patients, deaths, encounters=stays, strict=True, threads=1)
