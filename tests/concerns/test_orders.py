"""Columns of dates in which no date shows whether the day or the month is first look wrong, if real dates would."""

from pathlib import Path

import pandas as pd
import pytest

from tests.concerns.test_shifted_days import DEATHS, PATIENTS, ROWS, STAYS
from tests.concerns.test_silent_faults import concerns

FIRST_OF_MONTH = [f"01/{1 + n % 12:02}/20{14 + n // 12}" for n in range(ROWS)]
DAY_FIRST = [f"{3 + n:02}/{1 + n % 12:02}/19{40 + n}" for n in range(ROWS)]
MONTH_FIRST = [f"{1 + n % 12:02}/{3 + n:02}/19{40 + n}" for n in range(ROWS)]
FEW_DEATHS = ["02/03/2015", "04/05/2015", "2015-06-20", "2015-07-21"] * (ROWS // 4)


def said(folder: Path, **tables: pd.DataFrame) -> list[str]:
    """The concerns about dates that show no order."""
    found = concerns(folder, **{"patients": PATIENTS, "deaths": DEATHS, "encounters": STAYS, **tables})
    return [line for line in found.splitlines() if "has a number over 12" in line]


def test_days_that_are_always_one_are_told(tmp_path: Path) -> None:
    (line,) = said(tmp_path, deaths=DEATHS.assign(death_date=FIRST_OF_MONTH))
    assert "death_date (read as death_date): none of its 20 different dates" in line
    assert "read month first. Is the day always 1" in line


@pytest.mark.parametrize(("births", "number"), [(DAY_FIRST, 1), (MONTH_FIRST, 0), (PATIENTS["birth_date"], 0)])
def test_few_dates_are_told_if_another_file_has_the_day_first(tmp_path: Path, births: list[str], number: int) -> None:
    deaths = DEATHS.assign(death_date=FEW_DEATHS)
    lines = said(tmp_path, patients=PATIENTS.assign(birth_date=births), deaths=deaths)
    assert len(lines) == number
    assert all("none of its 2 different dates" in line and "dates of patients.csv have" in line for line in lines)


def test_times_of_encounters_are_told_too(tmp_path: Path) -> None:
    stays = STAYS.assign(start="04/05/2013 08:00", discharge="06/05/2013 09:00")
    lines = said(tmp_path, patients=PATIENTS.assign(birth_date=DAY_FIRST), encounters=stays)
    assert [line.split(":")[0] for line in lines] == [
        "stays.csv, start (read as start)",
        "stays.csv, discharge (read as discharge)",
    ]


def test_a_column_is_read_like_the_others_of_its_file(tmp_path: Path) -> None:
    deaths = DEATHS.assign(birth_date=DAY_FIRST, death_date=FEW_DEATHS)
    assert not said(tmp_path, patients=PATIENTS.assign(birth_date=DAY_FIRST), deaths=deaths)
