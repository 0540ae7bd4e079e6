"""Dates in the Buddhist or Hijri calendar are reported with what to do, and never converted."""

import pandas as pd
import pytest

from tests.stages import prepared

PEOPLE = pd.DataFrame({
    "last_name": [f"ROE{n}" for n in range(12)], "ssn": [f"2123456{n:02}" for n in range(12)],
    "birth_date": [f"19{30 + n}-02-11" for n in range(12)],
})  # fmt: skip
STAYS = pd.DataFrame({"patient_id": [str(n) for n in range(12)], "start": "2015-01-02", "discharge": "2015-01-09"})


def ahead(dates: "pd.Series[str]", years: int) -> "pd.Series[str]":
    """The same days of years with another number."""
    return dates.map(lambda text: f"{int(text[:4]) + years}{text[4:]}")


def concerns(born: int, died: int, seen: int, deaths: int = 12) -> str:
    """What looks wrong if the years of births in the registry, deaths, and encounters are moved by so many."""
    registry = PEOPLE.assign(
        death_id=[str(n) for n in range(12)], death_date=[f"{2015 + died}-{n + 1:02}-09" for n in range(12)]
    )
    stays = STAYS.assign(start=ahead(STAYS["start"], seen), discharge=ahead(STAYS["discharge"], seen))
    registry = registry.assign(birth_date=ahead(PEOPLE["birth_date"], born))
    patients = PEOPLE.assign(patient_id=[str(n) for n in range(12)])
    with prepared(patients, registry[:deaths], encounters=stays) as ready:
        return "\n".join(ready.concerns)


MOVED = [
    # years by which births, deaths and encounters are moved, number of deaths, what is said
    ((0, 0, 0), 12, []),
    ((0, 543, 0), 6, ["death_date (read as death_date): 100.0 % cannot be read", "Years such as 2567"]),
    ((543, 543, 543), 12, ["Most dates of death are in years from 2423 on", "Most encounters are in years"]),
    ((543, 0, 0), 12, ["birth_date (read as birth_date): 100.0 % cannot be read", "subtract 543 from the year"]),
    ((0, 0, 543), 12, ["Most encounters are in years from 2423 on, such as 2558."]),
    ((-510, 0, 0), 12, ["Years such as 1445 are those of the Hijri calendar", "1445-06-12 is 2023-12-25"]),
    ((0, -575, 0), 12, ["(read as death_date): 100.0 % cannot be read", "Years such as 1445"]),
    ((0, 90, 0), 6, []),
]


@pytest.mark.parametrize(("moved", "deaths", "said"), MOVED)
def test_years_of_another_calendar_are_reported(moved: tuple[int, int, int], deaths: int, said: list[str]) -> None:
    found = concerns(*moved, deaths=deaths)
    assert all(one in found for one in said)
    assert ("calendar" in found) == bool(said)


def test_deaths_and_encounters_centuries_apart_are_reported() -> None:
    assert "shifted by the same days" not in concerns(0, 0, 0)
    found = concerns(0, 0, 180)
    assert "the usual year of the dates of death is 2015, and the usual year of the encounters is 2195." in found
