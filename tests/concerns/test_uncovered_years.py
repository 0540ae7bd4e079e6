"""Years that the coverage includes, and of which the registry has hardly any death, look wrong."""

from datetime import date

import pandas as pd
import pytest

import linkage
from linkage.concerns.coverage import concerns_of_coverage
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import StudyFacts

USUAL = {2013: 190, 2014: 200, 2015: 210, 2016: 205}
NOTHING = StudyFacts()


def lacking(deaths: dict[int, int], first: str | None, last: str | None, study: StudyFacts = NOTHING) -> str:
    """The years that the concern names; empty if there is none."""
    days = (None if day is None else date.fromisoformat(day) for day in (first, last))
    named = {str(year): number for year, number in deaths.items()}
    found = concerns_of_coverage("deaths", named, MortalityPolicy("hospital", *days), study)
    return found[0].partition(" dates of death in ")[2].partition(", though")[0] if found else ""


@pytest.mark.parametrize(
    ("first", "last", "years"),
    [
        (None, None, ""),
        ("2013-01-01", "2016-12-31", ""),
        ("2013-01-01", "2019-12-31", "2017 to 2019"),
        ("2010-07-01", "2016-12-31", "2010 to 2012"),
        (None, "2017-12-31", "2017"),
        ("2013-01-01", "2017-01-10", ""),  # only five deaths are expected in ten days
    ],
)
def test_years_without_deaths_are_named(first: str | None, last: str | None, years: str) -> None:
    assert lacking(USUAL, first, last) == years


def test_a_gap_is_named_whether_or_not_coverage_is_stated() -> None:
    gap = {**USUAL, 2015: 3}
    assert lacking(gap, None, None) == lacking(gap, "2013-01-01", "2016-12-31") == "2015"


def test_a_few_odd_dates_do_not_make_a_gap() -> None:
    assert lacking({**USUAL, 1913: 1, 2031: 2}, None, None) == ""


def test_few_deaths_show_nothing() -> None:
    assert lacking({2013: 4, 2014: 6}, "2010-01-01", "2019-12-31") == ""


def test_days_for_which_the_registry_cannot_be_complete_do_not_count() -> None:
    facts = StudyFacts(extracted=date(2017, 6, 30), registry_lag_days=180)
    assert lacking(USUAL, "2013-01-01", "2017-12-31", facts) == ""


def test_a_run_reports_stated_years_that_the_registry_lacks() -> None:
    numbers = [str(number) for number in range(200)]
    people = pd.DataFrame({"first_name": "ANN", "last_name": "LEE", "birth_date": "1950-02-11", "patient_id": numbers})
    deaths = people.rename(columns={"patient_id": "death_id"}).assign(last_name="ROE", death_date="2014-03-05")
    stays = pd.DataFrame({"patient_id": numbers, "start": "2014-01-02", "discharge": "2014-01-09"})
    stated = MortalityPolicy(coverage_first=date(2014, 1, 1), coverage_last=date(2016, 12, 31))
    with linkage.link(people, deaths, encounters=stays, policy=stated) as run:
        said = [concern for concern in run.concerns if "coverage" in concern]
    assert said == [
        "deaths: there are no dates of death in 2015 to 2016, though a year of this registry has about 200, and its"
        " coverage includes these years. Patients who died then count as alive. Correct the coverage, or add the"
        " deaths."
    ]
