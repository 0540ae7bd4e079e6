"""Hospital deaths and contacts that the certificates of people with the same names contradict look wrong."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.concerns.test_silent_faults import concerns

PEOPLE = 40
DIED = 24
"""The first of them died in hospital."""


def day(number: int, month: int = 6) -> str:
    return f"2015-{month:02}-{1 + number % 28:02}"


def names(number: int) -> str:
    return "".join(chr(ord("A") + (number * 7 + place * 5) % 26) for place in range(5)) + chr(ord("A") + number % 26)


def files(
    *, registry: str = "same", without: int = 0, flag: str = "last", sexes: str = "FM", death_sex: str = "FM"
) -> dict[str, pd.DataFrame]:
    """Patients with two stays each, of whom the first `DIED` died at the end of the second, and the registry.

    `registry` is the day in the registry, "same", "next" or "earlier" by months; it lacks `without` of three deaths.
    `flag` marks the last stay of the dead or "each".
    """
    people = pd.DataFrame({
        "first_name": [names(n) for n in range(PEOPLE)], "last_name": [names(n + 3) for n in range(PEOPLE)],
        "birth_date": [f"19{40 + n}-{1 + n % 12:02}-{3 + n % 25:02}" for n in range(PEOPLE)],
        "sex": [sexes[n % len(sexes)] for n in range(PEOPLE)],
    })  # fmt: skip
    patients = people.assign(patient_id=[str(1000 + n) for n in range(PEOPLE)])
    died = {"same": [day(n) for n in range(DIED)], "next": [day(n + 1) for n in range(DIED)]}
    died["earlier"] = [day(n, 1) for n in range(DIED)]
    deaths = people[:DIED].assign(death_id=[str(n) for n in range(DIED)], death_date=died[registry])
    deaths = deaths.assign(sex=[death_sex[n % len(death_sex)] for n in range(DIED)])
    stays = [
        (patients["patient_id"][n], start, discharge, str(int(n < DIED and (is_last or flag == "each"))))
        for n in range(PEOPLE)
        for start, discharge, is_last in ((day(n, 2), day(n, 3), False), (day(n, 5), day(n), True))
    ]
    columns = ["patient_id", "start", "discharge", "died_in_hospital"]
    return {
        "patients": patients,
        "deaths": deaths[[n % 3 >= without or n == DIED - 1 for n in range(DIED)]],
        "encounters": pd.DataFrame(stays, columns=columns),
    }


def test_plain_files_are_no_concern(tmp_path: Path) -> None:
    assert concerns(tmp_path, **files()) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"registry": "next"}, "100.0 % of those who died in hospital and have the same names and birth date in both"),
        (
            {"registry": "earlier"},
            "100.0 % of those with the same names and birth date in both files died more than",
        ),
        ({"without": 2}, "Of 22 patients who died in hospital while the registry has deaths, it has only 36.4 %"),
        ({"flag": "each"}, "24 patients have stays on different days that all ended with a death by the flag (100.0 %"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    assert said in concerns(tmp_path, **files(**changed))


def test_a_few_deaths_that_the_registry_lacks_are_no_concern(tmp_path: Path) -> None:
    assert concerns(tmp_path, **files(without=1)) == ""


def test_a_registry_of_one_sex_is_told(tmp_path: Path) -> None:
    tables = files()
    people = pd.concat([tables["deaths"]] * 20, ignore_index=True)
    many = people.assign(
        sex="F",
        death_id=[str(n) for n in range(len(people))],
        last_name=[names(n * 11 + 1) for n in range(len(people))],
    )
    found = concerns(tmp_path, **(tables | {"deaths": many}))
    assert "deaths.csv: all 480 people whose sex is known have the sex F, and patients have both." in found


def test_dates_of_weeks_are_told(tmp_path: Path) -> None:
    tables = files()
    saturdays = pd.date_range("2015-01-03", periods=DIED, freq="14D").strftime("%Y-%m-%d")
    found = concerns(tmp_path, **(tables | {"deaths": tables["deaths"].assign(death_date=saturdays)}))
    assert "100.0 % of the dates of death are a Saturday." in found
