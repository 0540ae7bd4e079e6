"""Dates in the patients file that are read as dates of death, but make nearly everyone dead."""

from typing import Any

import pandas as pd
import pytest

from tests.concerns.test_silent_faults import DEATHS, STAYS
from tests.stages import prepared


def said_of(patients: pd.DataFrame) -> str:
    """The concerns about patients and their dates of death, of which there is at most one."""
    with prepared(patients, DEATHS, encounters=STAYS) as ready:
        found = [concern for concern in ready.concerns if "Each date counts as a death" in concern]
    assert len(found) <= 1
    return "".join(found)


def people(number: int, **columns: Any) -> pd.DataFrame:
    """Patients with further columns."""
    return pd.DataFrame({
        "patient_id": [str(1001 + n) for n in range(number)],
        "first_name": [f"ANN{chr(65 + n % 26)}{chr(65 + n // 26)}" for n in range(number)],
        "last_name": "ROE",
        "birth_date": [f"1950-02-{1 + n % 28:02}" for n in range(number)],
        **columns,
    })  # fmt: skip


def dates(dated: int, number: int, other: str = "") -> list[str]:
    """So many different dates, and a word for all others."""
    return [f"20{10 + n // 28:02}-06-{1 + n % 28:02}" for n in range(dated)] + [other] * (number - dated)


def test_a_date_beside_a_flag_that_says_alive_is_told() -> None:
    found = said_of(people(10, death_date=dates(3, 10), deceased=["Y", "N", "N"] + ["N"] * 7))
    assert "death_date (read as hospital_death_date): 2 patients have a date although deceased (read as dec" in found
    assert "says that they did not die. Each date counts as a death. Is it the date of the last follow-up" in found


@pytest.mark.parametrize("other", ["", "9999-12-31", "12/31/9999", "NULL", "2099-12-31 00:00:00"])
@pytest.mark.parametrize("flags", [{"deceased": ["Y"] * 5 + ["N"] * 35}, {}])
def test_a_placeholder_of_the_living_is_no_date(other: str, flags: dict[str, list[str]]) -> None:
    assert said_of(people(40, death_date=dates(5, 40, other), **flags)) == ""


@pytest.mark.parametrize(("dated", "number", "said"), [(12, 20, True), (11, 20, False), (11, 11, False)])
def test_a_date_of_most_patients_is_told(dated: int, number: int, said: bool) -> None:
    found = said_of(people(number, hospital_death_date=dates(dated, number)))
    assert ("12 patients have a date (60.0 %). Each date counts" in found) == said
    assert bool(found) == said


def test_a_date_beside_a_status_that_is_not_read_is_told() -> None:
    table = people(4, death_date=dates(3, 4))
    found = said_of(table.assign(pt_status=["A", "A", "A", "D"]))
    assert "3 patients have a date (75.0 %), and pt_status, which is not read, may say who died." in found
    assert said_of(table.assign(smoking_status=["A", "A", "A", "D"])) == ""
    assert said_of(table.assign(pt_status=["A"] * 4)) == ""
    assert said_of(people(4, death_date=dates(2, 4), pt_status=["A", "A", "A", "D"])) == ""


@pytest.mark.parametrize(("same", "said"), [(10, True), (9, False)])
def test_dates_on_one_day_are_told(same: int, said: bool) -> None:
    found = said_of(people(80, death_date=[*["03/01/2019"] * same, *dates(20, 80 - same)]))
    assert ("33.3 % of the 30 dates are the same day." in found) == said
    assert bool(found) == said


def test_several_reasons_are_told_in_one_sentence() -> None:
    found = said_of(people(20, death_date=["2019-03-01 10:00"] * 20, deceased=["Y"] * 5 + ["N"] * 15))
    assert "15 patients have a date although" in found
    assert "; 20 patients have a date (100.0 %); 100.0 % of the 20 dates are the same day." in found


def test_without_encounters_the_dates_are_not_used_and_not_told() -> None:
    with prepared(people(20, death_date=dates(20, 20)), DEATHS) as ready:
        assert "Each date counts" not in "\n".join(ready.concerns)
