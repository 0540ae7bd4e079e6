"""Columns of days whose times are midnight in another time zone look wrong: each day is one off."""

from pathlib import Path

import pandas as pd
import pytest

from linkage.values.clocks import shifted_midnights
from tests.concerns.test_silent_faults import concerns

ROWS = 20
_NAMES = [f"{first}{last}" for first in ("AB", "CE", "DI", "FO") for last in ("BA", "LO", "MI", "NU", "RE")]
PATIENTS = pd.DataFrame({
    "patient_id": [str(1000 + n) for n in range(ROWS)], "first_name": _NAMES, "last_name": _NAMES[::-1],
    "birth_date": [f"19{40 + n}-{1 + n % 12:02}-{3 + n:02}" for n in range(ROWS)],
})  # fmt: skip
DEATHS = PATIENTS.rename(columns={"patient_id": "death_id"}).assign(
    death_date=[f"2015-{1 + n % 12:02}-{2 + n:02}" for n in range(ROWS)]
)
STAYS = pd.DataFrame({
    "patient_id": PATIENTS["patient_id"],
    "start": [f"2014-12-{1 + n % 9:02} 0{n % 10}:{n + 11}" for n in range(ROWS)],
    "discharge": [f"2014-12-{10 + n % 9} 1{n % 10}:{n + 11}" for n in range(ROWS)],
})  # fmt: skip


def said(folder: Path, **tables: pd.DataFrame) -> list[str]:
    """The concerns about times of day."""
    found = concerns(folder, **{"patients": PATIENTS, "deaths": DEATHS, "encounters": STAYS, **tables})
    return [line for line in found.splitlines() if "times of day" in line]


def timed(days: pd.Series, *clocks: str) -> list[str]:
    """Days with these times of day in turn."""
    return [f"{day[:10]}{clocks[place % len(clocks)]}" for place, day in enumerate(days)]


def test_plain_days_are_no_concern(tmp_path: Path) -> None:
    assert concerns(tmp_path, PATIENTS, DEATHS, STAYS) == ""


SHIFTED = [
    ([" 05:00:00"], "05:00"),
    ([" 22:00", " 23:00"], "22:00 or 23:00"),
    (["T04:00:00", "T05:00:00.000"], "04:00 or 05:00"),
    ([" 7:00 PM"], "19:00"),
    ([" 18:30:00"], "18:30"),
    ([" 23:00", " 00:00"], "00:00 or 23:00"),
    ([" 05:00", *[" 05:00"] * 17, "", ""], "05:00"),
]
HARMLESS = [
    [""], [" 00:00"], [" 12:00:00"], [" 23:59:00"], [" 05:00", ""], [" 05:00", " 07:00"],
    [" 05:00", " 06:00", " 07:00"], [" 00:00", *[" 00:00"] * 18, " 01:00"],
]  # fmt: skip


@pytest.mark.parametrize(("clocks", "shown"), SHIFTED)
def test_dates_of_death_and_birth_at_a_shifted_midnight_are_told(tmp_path: Path, clocks: list[str], shown: str) -> None:
    deaths = DEATHS.assign(death_date=timed(DEATHS["death_date"], *clocks))
    (line,) = said(tmp_path, deaths=deaths)
    assert line.startswith(f"deaths.csv, death_date (read as death_date): all times of day are {shown}. Are")
    patients = PATIENTS.assign(birth_date=timed(PATIENTS["birth_date"], *clocks))
    (line,) = said(tmp_path, patients=patients)
    assert line.startswith("patients.csv, birth_date (read as birth_date): all")


@pytest.mark.parametrize("clocks", HARMLESS)
def test_other_times_of_day_are_no_concern(tmp_path: Path, clocks: list[str]) -> None:
    births, days = timed(PATIENTS["birth_date"], *clocks), timed(DEATHS["death_date"], *clocks)
    assert not said(
        tmp_path,
        patients=PATIENTS.assign(birth_date=births, hospital_death_date=days),
        deaths=DEATHS.assign(birth_date=births, death_date=days),
    )


def test_digits_without_signs_are_read_too(tmp_path: Path) -> None:
    days = [f"{day.replace('-', '')}050000" for day in DEATHS["death_date"]]
    (line,) = said(tmp_path, deaths=DEATHS.assign(death_date=days))
    assert "are 05:00." in line


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%m/%d/%Y"])
@pytest.mark.parametrize("column", ["start", "discharge", "death_time"])
def test_times_of_encounters_that_are_all_a_shifted_midnight_are_told(tmp_path: Path, column: str, form: str) -> None:
    days = pd.to_datetime(STAYS["discharge"]).dt.strftime(form) + " 05:00"
    (line,) = said(tmp_path, encounters=STAYS.assign(**{column: days}))
    assert line.startswith(f"stays.csv, {column} (read as {column}): all times of day are 05:00.")
    assert not said(tmp_path, encounters=STAYS.assign(**{column: [*days[:-1], f"{days.iloc[-1][:-5]}07:20"]}))


def test_hospital_dates_of_death_are_searched(tmp_path: Path) -> None:
    days = timed(DEATHS["death_date"], " 04:00", " 05:00")
    (line,) = said(tmp_path, patients=PATIENTS.assign(hospital_death_date=days))
    assert line.startswith("patients.csv, hospital_death_date (read as hospital_death_date): all times")


def test_a_few_values_show_nothing() -> None:
    assert shifted_midnights({300: 9}) == ()
    assert shifted_midnights({300: 9}, 1) == ("05:00",)
    assert shifted_midnights({300: 9}, 2) == ()
    assert shifted_midnights({}) == ()


def test_a_column_with_a_zone_is_told_once(tmp_path: Path) -> None:
    days = timed(STAYS["discharge"], " 05:00:00Z")
    found = concerns(tmp_path, PATIENTS, DEATHS, STAYS.assign(discharge=days))
    assert found.count("discharge (read as discharge)") == 1
    assert "in UTC" in found
    deaths = timed(DEATHS["death_date"], " 05:00:00-05:00")
    assert concerns(tmp_path, PATIENTS, DEATHS.assign(death_date=deaths), STAYS) == ""
