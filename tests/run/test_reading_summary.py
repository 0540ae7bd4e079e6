"""A run reports how dates were read, what could not be used and why, and which columns are unused."""

from typing import Any

import pandas as pd

import linkage
from linkage.sources.reading import Reading
from linkage.sources.source import Source

PEOPLE = {
    "patient_id": [str(n) for n in range(10)],
    "last_name": ["Lee", "Unknown", *["Roe"] * 8],
    "ssn": [14526789, *[212345670 + n for n in range(8)], 999],
    "dob": ["31/01/1950", "1/2/49", *["02/03/1951"] * 8],
    "mrn_check": "x",
}
DEATHS = {
    "death_id": ["8", "9"],
    "last_name": ["LEE", "POE"],
    "ssn": ["014526789", None],
    "dob": ["1950-01-31"] * 2,
    "dod": ["2015-06-01", "x"],
}
STAYS = {"patient_id": ["1", "2", "3"], "discharge": ["2015-01-02", "soon", "01/13/2015"], "ward": "A"}


def said(**declared: Any) -> str:
    """The output of a run on these tables."""
    patients = Source("patients.csv", frame=pd.DataFrame(PEOPLE), reading=Reading(**declared))
    with linkage.link(patients, pd.DataFrame(DEATHS), encounters=pd.DataFrame(STAYS)) as run:
        return str(run)


def section(text: str, title: str) -> list[str]:
    """The lines of a part of what was printed."""
    (part,) = (part for part in text.split("\n\n") if part.startswith(title))
    return [" ".join(line.split()) for line in part.splitlines()[1:]]


def test_the_order_of_days_and_months_is_stated_for_each_column_that_could_be_read_in_two_ways() -> None:
    assert section(said(), "Dates that can be read in several ways") == [
        "patients.csv, dob: day first, as some numbers show",
        "encounters, discharge: month first, as some numbers show",
    ]
    declared = section(said(dates={"birth_date": "MM/DD/YYYY"}), "Dates that can be read in several ways")
    assert declared[0] == "patients.csv, dob: month first, as declared"


def test_values_that_could_not_be_used_are_counted_by_column_and_reason() -> None:
    assert section(said(), "file")[1:] == [
        "patients.csv last_name 1 10.0 % placeholder 1",
        "patients.csv ssn 2 20.0 % 7 or 8 digits 1; not 9 digits 1",
        "patients.csv dob 1 10.0 % two-digit year 1",
        "deaths dod 1 50.0 % not a date 1",
        "encounters discharge 1 33.3 % not a date 1",
    ]


def test_settings_that_would_read_more_are_named_until_they_are_given() -> None:
    assert section(said(), "Settings with") == [
        'patients.csv: ssn_lost_zeros = "restore" restores zeros that a spreadsheet removed',
        "patients.csv: two_digit_years_up_to = { birth_date = ... } sets the century of two-digit years",
    ]
    given = said(ssn_lost_zeros="restore", two_digit_years_up_to={"birth_date": 2005})
    assert "Settings with" not in given
    assert "leading zeros restored 1" in given


def test_columns_that_nobody_has_read_are_listed() -> None:
    assert section(said(), "Columns not used") == ["patients.csv: mrn_check", "encounters: ward"]


def test_a_run_without_any_of_this_says_nothing_of_it() -> None:
    person = {"first_name": ["ANN"], "last_name": ["LEE"], "ssn": ["212345678"], "birth_date": ["1950-01-31"]}
    patients = pd.DataFrame({"patient_id": ["1"], **person})
    with linkage.link(patients, pd.DataFrame({"death_id": ["9"], **person})) as run:
        assert str(run).splitlines()[-1].split() == ["all", "1", "100.0", "%"]


def test_rules_that_want_a_column_that_a_file_lacks_are_named() -> None:
    assert section(said(), "No pair can satisfy these rules") == [
        "first_name: R2, R4, R5, R6, R8, R9",
        "first_name and middle_name: R10",  # an initial after the first name could be used as a middle name
    ]
