"""The 100 patients of the MIMIC-IV demo, row by row: their published dates of death are reproduced.

The demo has no names. Here its patients get invented names, numbers and birth dates, and a registry has their
published dates of death among strangers and later deaths. The command line reads the demo's own files.
"""

import csv
import gzip
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

FOLDER = os.environ.get("MIMIC_IV_DEMO", "")
pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="MIMIC_IV_DEMO is not set: give the folder of the demo's patients.csv, admissions.csv and transfers.csv",
)

Row = dict[str, str]
ENCOUNTERS = ("admissions.csv", "transfers.csv")
STRANGERS = 300
SYLLABLES = [f"{start}{vowel}{end}" for start in "BDFGKLMNPRST" for vowel in "AEIOU" for end in "LNRST"]


def read(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def write(path: Path, rows: list[Row]) -> Path:
    """A CSV file of these rows."""
    with path.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def invented(number: int, born: int) -> Row:
    """An invented identity: a unique name, number, and birth date."""
    first, last = SYLLABLES[number % len(SYLLABLES)], SYLLABLES[(7 * number + 3) % len(SYLLABLES)]
    return {
        "first_name": f"{first}A",
        "last_name": f"{last}{SYLLABLES[(number // 5) % len(SYLLABLES)]}",
        "ssn": f"{100 + number:03}{10 + number % 89:02}{1001 + 13 * number:04}",
        "birth_date": f"{born}-{1 + number % 12:02}-{1 + number % 28:02}",
    }


@pytest.fixture(scope="module")
def demo() -> dict[str, list[Row]]:
    """The rows of the demo."""
    return {name: read(Path(FOLDER) / name) for name in ("patients.csv", *ENCOUNTERS)}


@pytest.fixture(scope="module")
def people(demo: dict[str, list[Row]]) -> dict[str, Row]:
    """An invented identity for each patient, by id, with the year of birth that the demo gives."""
    return {
        row["subject_id"]: invented(number, int(row["anchor_year"]) - int(row["anchor_age"]))
        for number, row in enumerate(demo["patients.csv"])
    }


def last_seen(demo: dict[str, list[Row]]) -> dict[str, date]:
    """The last day of each patient in any of the files."""
    seen: dict[str, date] = {}
    for name in ENCOUNTERS:
        for row in demo[name]:
            for column in ("admittime", "dischtime", "intime", "outtime"):
                if text := row.get(column):
                    day = datetime.fromisoformat(text).date()
                    seen[row["subject_id"]] = max(day, seen.get(row["subject_id"], day))
    return seen


def registry(demo: dict[str, list[Row]], people: dict[str, Row], *, in_hospital: bool) -> Iterator[Row]:
    """True deaths, deaths of the others more than a year after they were last seen, and strangers'."""
    died_in_hospital = {row["subject_id"] for row in demo["admissions.csv"] if row["deathtime"]}
    seen = last_seen(demo)
    for number, row in enumerate(demo["patients.csv"]):
        patient = row["subject_id"]
        if row["dod"] and (in_hospital or patient not in died_in_hospital):
            yield {**people[patient], "death_date": row["dod"]}
        elif not row["dod"] and number % 2:
            yield {**people[patient], "death_date": str(seen[patient] + timedelta(days=367 + number))}
    for number in range(STRANGERS):
        other = invented(1000 + number, 2030 + number % 90)
        same = list(people.values())[number % len(people)]
        shared = ("last_name",) if number % 3 else ("first_name", "last_name")
        yield {
            **other,
            **{name: same[name] for name in shared},
            "death_date": f"{2111 + number % 99}-03-{1 + number % 28:02}",
        }


def test_the_demo_has_a_hundred_patients_of_whom_thirty_one_died(demo: dict[str, list[Row]]) -> None:
    assert len(demo["patients.csv"]) == 100
    assert sum(bool(row["dod"]) for row in demo["patients.csv"]) == 31


@pytest.mark.parametrize("in_hospital", [True, False], ids=["all deaths", "deaths outside the hospital"])
@pytest.mark.parametrize("anchor", ["hospital", "hospital_or_ed"])
def test_the_published_date_of_death_of_all_hundred_comes_out_again(
    tmp_path: Path, demo: dict[str, list[Row]], people: dict[str, Row], anchor: str, in_hospital: bool
) -> None:
    patients = [{**row, **people[row["subject_id"]], "dod": ""} for row in demo["patients.csv"]]
    deaths = [{"death_id": str(1 + n), **row} for n, row in enumerate(registry(demo, people, in_hospital=in_hospital))]
    command = [
        *(sys.executable, "-m", "linkage", "run", "--quiet", "--anchor", anchor),
        *("--patients", str(write(tmp_path / "patients.csv", patients))),
        *("--deaths", str(write(tmp_path / "registry.csv", deaths))),
        *("--encounters", *(str(Path(FOLDER) / name) for name in ENCOUNTERS)),
        *("--coverage", "2100-01-01", "2299-12-31", "--output", str(tmp_path / "out")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {row["subject_id"]: row["dod"] for row in read(tmp_path / "out" / "patients.csv.gz")}
    assert found == {row["subject_id"]: row["dod"] for row in demo["patients.csv"]}
    assert sum(bool(day) for day in found.values()) == 31
