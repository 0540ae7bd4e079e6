"""The coverage of a registry is stated, or inferred from its dates and reported as inferred."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

import linkage

PATIENTS = pd.DataFrame({"patient_id": ["1"], "last_name": ["Roe"], "ssn": ["212345678"]})
STAYS = pd.DataFrame({"patient_id": ["1"], "start": ["2015-01-01"], "discharge": ["2015-01-02"]})


def guessed(days: list[str | None], **stated: Any) -> tuple[str, str, str]:
    """First and last day of a registry with these dates of death, and the reported remark."""
    deaths = pd.DataFrame(
        {"death_id": [str(n) for n in range(len(days))], "ssn": "313456789", "last_name": "Lee", "death_date": days}
    )
    policy = linkage.MortalityPolicy(**stated)
    with linkage.link(PATIENTS, deaths, encounters=STAYS, policy=policy) as run:
        (said,) = (line for line in str(run).splitlines() if line.startswith("Registry coverage: "))
        return str(run.policy.coverage_first), str(run.policy.coverage_last), said


BODY = [f"{year}-{month:02}-15" for year in range(2008, 2020) for month in range(1, 13)]
STRAYS = [
    # additional dates, expected guess, reason
    ([], ("2008-01-15", "2019-12-15"), "nothing odd"),
    (["2099-12-31"], ("2008-01-15", "2019-12-15"), "a single absurd date"),
    (["1900-01-01", "2099-12-31", "2098-01-01"], ("2008-01-15", "2019-12-15"), "absurd on both sides"),
    (
        ["1999-01-01", "2024-12-31", "2023-01-01"],
        ("2008-01-15", "2019-12-15"),
        "odd on both sides, though they have come",
    ),
    (["2020-01-02"], ("2008-01-15", "2020-01-02"), "a last year that has just begun"),
    (["2021-12-00"], ("2008-01-15", "2021-12-01"), "the month alone says nothing of its end"),
    (["2007-02-00"], ("2007-02-28", "2019-12-15"), "nor of its start"),
    (["2021"], ("2008-01-15", "2021-01-01"), "a year alone"),
    (["2024-01-01"] * 20, ("2008-01-15", "2024-01-01"), "too many to be absurd"),
    ([None, "soon"], ("2008-01-15", "2019-12-15"), "nothing that can be read"),
]


@pytest.mark.parametrize(("further", "expected", "reason"), STRAYS, ids=[row[-1] for row in STRAYS])
def test_a_few_odd_dates_do_not_move_the_guess(
    further: list[str | None], expected: tuple[str, str], reason: str
) -> None:
    assert guessed([*BODY, *further])[:2] == expected, reason


def test_the_guess_says_how_it_was_made() -> None:
    assert guessed(BODY)[2] == (
        "Registry coverage: 2008-01-15 to 2019-12-15, inferred, because it was not stated: the first and the last death"
        " in the file."
    )
    assert guessed([*BODY, "2024-12-31", "1999-01-01"])[2].endswith("in the file, ignoring 2 isolated in time.")


def test_a_year_with_hardly_a_death_beside_full_ones_is_not_covered() -> None:
    assert guessed(["2007-12-31", *["2008-01-01", "2009-12-31"] * 101])[:2] == ("2008-01-01", "2009-12-31")


def test_what_is_stated_is_not_guessed() -> None:
    first, last, said = guessed(BODY, coverage_first=date(2001, 1, 1), coverage_last=date(2030, 1, 1))
    assert (first, last) == ("2001-01-01", "2030-01-01")
    assert said == "Registry coverage: 2001-01-01 to 2030-01-01, as stated."
    assert guessed([*BODY, "2099-12-31"], coverage_first=date(2001, 1, 1))[:2] == ("2001-01-01", "2019-12-15")


def test_few_dates_are_taken_as_they_are() -> None:
    assert guessed(["2010-01-01", "2015-06-01"])[:2] == ("2010-01-01", "2015-06-01")
    assert guessed(["2015-06-00"])[:2] == ("2015-06-01", "2015-06-01")
    assert "no date of death can be read" in guessed([None, "soon"])[2]
