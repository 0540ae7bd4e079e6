"""Birth dates that are coded to one day of the month or of the year look wrong, because their links are lost."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.concerns.test_shifted_days import DEATHS, PATIENTS, STAYS, concerns

BORN = [(date(1940, 1, 5) + timedelta(days=517 * n)).isoformat() for n in range(len(PATIENTS))]
"""Twenty days, of other months and years."""


def said(folder: Path, side: str, births: list[str]) -> list[str]:
    """The concerns about days of birth if one file has these."""
    tables = {"patients": PATIENTS.assign(birth_date=BORN), "deaths": DEATHS.assign(birth_date=BORN)}
    found = concerns(folder, **{**tables, side: tables[side].assign(birth_date=births)}, encounters=STAYS)
    return [line for line in found.splitlines() if " born on " in line]


def coded(end: str, rows: int = len(BORN)) -> list[str]:
    """The births with this end, such as -15 or -07-01, in a number of rows."""
    return [*(day[: -len(end)] + end for day in BORN[:rows]), *BORN[rows:]]


@pytest.mark.parametrize("side", ["patients", "deaths"])
@pytest.mark.parametrize(
    ("births", "share", "where", "advice"),
    [
        (coded("-15"), "100.0 %", "day 15 of 20 different months", "without a day, as 1950-07"),
        (coded("-01"), "100.0 %", "day 1 of", "without a day, as 1950-07"),
        (coded("-15", 12), "60.0 %", "day 15 of 12 different months", "without a day, as 1950-07"),
        (coded("-07-01"), "100.0 %", "day 1 of month 7, in 20 different years", "only the year, as 1950"),
        (coded("-06-15", 9), "45.0 %", "day 15 of month 6, in 9 different years", "only the year, as 1950"),
    ],
)
def test_births_coded_to_a_day_are_told(
    tmp_path: Path, side: str, births: list[str], share: str, where: str, advice: str
) -> None:
    (line,) = said(tmp_path, side, births)
    assert line.startswith(f"{side}.csv, birth_date (read as birth_date): {share} were born on {where}")
    assert line.endswith(f"{advice}.")


def test_births_coded_to_a_day_and_to_a_month_are_told_apart(tmp_path: Path) -> None:
    births = [*coded("-07-01")[:10], *coded("-15")[10:]]
    year, month = said(tmp_path, "deaths", births)
    assert "50.0 % were born on day 1 of month 7" in year
    assert "100.0 % were born on day 15 of 10 different months" in month


@pytest.mark.parametrize(
    "births",
    [
        BORN,
        coded("-15", 3),
        coded("-07-01", 3),
        [f"1950-07-{n % 5 + 1:02}" for n in range(len(BORN))],  # a cohort of newborns of one month
        ["1950-07-01"] * len(BORN),
        [day[:7] for day in BORN],
        [day[:4] for day in BORN],
    ],
)
def test_other_births_are_no_concern(tmp_path: Path, births: list[str]) -> None:
    assert not said(tmp_path, "patients", births)


def test_births_on_the_first_of_january_are_told_once(tmp_path: Path) -> None:
    (line,) = said(tmp_path, "deaths", coded("-01-01"))
    assert line.startswith("deaths.csv: 100.0 % were born on 1 January")
