"""Months that the coverage includes, and of which the registry has far fewer deaths than is usual, look wrong."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import linkage
from linkage.concerns.months import concerns_of_months
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import StudyFacts
from tests.concerns.test_silent_faults import DEATHS, PATIENTS, STAYS

NOTHING = StudyFacts()


def months(first: str, last: str) -> list[str]:
    """The months from one to another, such as "201501"."""
    return [day.strftime("%Y%m") for day in pd.date_range(f"{first}-01", f"{last}-01", freq="MS")]


def drawn(a_year: float, first: str = "2012-01", last: str = "2017-12", seed: int = 1) -> dict[str, int]:
    """A number of deaths for each month, by chance."""
    named = months(first, last)
    numbers = np.random.default_rng(seed).poisson(a_year / 12, len(named))
    return {month: int(number) for month, number in zip(named, numbers, strict=True) if number}


def without(deaths: dict[str, int], lost: Iterable[str]) -> dict[str, int]:
    """The deaths without those of some months."""
    gone = set(lost)
    return {month: number for month, number in deaths.items() if month not in gone}


def named(
    deaths: dict[str, int], first: str | None = None, last: str | None = None, study: StudyFacts = NOTHING
) -> str:
    """The months that the concern names; empty if there is none."""
    days = (None if day is None else date.fromisoformat(day) for day in (first, last))
    found = concerns_of_months("deaths", deaths, MortalityPolicy("hospital", *days), study)
    return found[0].partition(" dates of death in ")[2].partition(", although")[0] if found else ""


USUAL = drawn(135)
STATED = ("2012-01-01", "2017-12-31")
STRAYS = {"201709": 2, "201710": 1, "201711": 1, "201712": 2}


def test_a_part_of_a_year_is_named_whether_or_not_coverage_is_stated() -> None:
    gap = without(USUAL, months("2015-01", "2015-09"))
    assert named(gap, *STATED) == named(gap) == "2015-01 to 2015-09"


def test_the_time_from_the_last_death_to_the_stated_end_is_named() -> None:
    until_april = without(USUAL, months("2017-05", "2017-12"))
    assert named(until_april, *STATED) == "2017-05 to 2017-12"
    assert named(until_april) == named(until_april, "2012-01-01", "2017-04-30") == ""
    assert named(until_april, "2012-01-01", "2017-05-20") == ""  # seven deaths are usual in twenty days


def test_a_few_stray_deaths_do_not_end_the_coverage_silently() -> None:
    strays = {**without(USUAL, months("2017-01", "2017-12")), **STRAYS}
    assert named(strays) == "2017-01 to 2017-12"
    assert named(strays, "2012-01-01", "2016-12-31") == ""
    assert named(strays, *STATED) == ""  # the whole year is reported
    first = {**without(USUAL, months("2012-01", "2012-12")), "201202": 3, "201206": 3}
    assert named(first).startswith("2012-0")


def test_several_runs_are_named_apart() -> None:
    gaps = [("2012-03", "2012-06"), ("2013-09", "2014-01"), ("2015-02", "2015-04"), ("2016-07", "2016-10")]
    lost = [month for gap in gaps for month in months(*gap)]
    deaths = without(drawn(600), lost)
    assert named(deaths) == "2012-03 to 2012-06, 2013-09 to 2014-01, 2016-07 to 2016-10 and 1 more span of months"
    assert named(without(drawn(600), months("2014-04", "2014-04"))) == "2014-04"


def test_a_small_registry_shows_only_long_gaps() -> None:
    small = {month: 1 for month in months("2000-01", "2019-12") if month[4:] <= "09"}
    assert named(without(small, months("2010-01", "2010-10"))) == ""
    assert named(without(small, months("2009-03", "2011-10"))) == "2009-03 to 2011-12"
    assert named({"201503": 2, "201604": 1}, "2000-01-01", "2019-12-31") == ""


@pytest.mark.parametrize("a_year", [3, 12, 60, 135, 1_200])
@pytest.mark.parametrize("seed", range(6))
def test_chance_is_not_named(a_year: int, seed: int) -> None:
    deaths = drawn(a_year, "2008-01", "2019-12", seed=seed)
    assert named(deaths) == named(deaths, "2008-01-01", "2019-12-31") == ""


def test_seasons_and_growth_are_not_named() -> None:
    seasons = {month: 100_000 + 30_000 * ((int(month[4:]) - 6) % 12 > 6) for month in months("2010-01", "2019-12")}
    assert named(seasons) == ""
    growth = {month: int(10 * 1.3 ** (int(month[:4]) - 2005)) for month in months("2005-01", "2019-12")}
    assert named(growth) == ""
    doubled = {month: 20 if month < "201207" else 90 for month in months("2008-01", "2017-12")}
    assert named(doubled) == ""


def test_dates_known_to_the_year_may_be_of_any_month() -> None:
    gap = without(USUAL, months("2015-01", "2015-12"))
    assert named({**gap, "201500": 130}) == ""
    years = {f"{year}00": 500 for year in range(2010, 2018)}
    assert named(years, *STATED) == ""


def test_days_for_which_the_registry_cannot_be_complete_do_not_count() -> None:
    facts = StudyFacts(extracted=date(2017, 6, 30), registry_lag_days=60)
    assert named(without(USUAL, months("2017-05", "2017-12")), *STATED, facts) == ""


def test_no_date_of_death_is_no_concern() -> None:
    assert named({}) == named({}, *STATED) == ""


def test_a_run_reports_months_that_the_registry_lacks() -> None:
    days = [date(2012, 1, 1) + timedelta(days=3 * n) for n in range(700)]
    dates = [day for day in days if not date(2015, 1, 1) <= day <= date(2015, 9, 30)]
    people = pd.concat([DEATHS.head(1)] * len(dates)).assign(
        death_id=[str(n) for n in range(len(dates))], death_date=[day.isoformat() for day in dates]
    )
    deaths = people.assign(first_name="ZOE", last_name="ROE", ssn="")
    with linkage.link(PATIENTS, deaths, encounters=STAYS) as run:
        (said,) = [concern for concern in run.concerns if "coverage" in concern]
    assert said == (
        "deaths: there are no dates of death in 2015-01 to 2015-09, although about 91 are usual in as many months, and"
        " the coverage includes these months. Patients who died then count as alive. State the coverage without these"
        " months, or add the deaths."
    )
