"""A year in the future, or a birth after the last contact, is treated as not known, and excludes no exact link."""

from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.method.future_dates import HAS_COME, last_year_of
from linkage.report.tables import dates_not_known

YEARS = [
    # counts of dates by year, last possible year, reason
    ({}, None, "nothing shows which years have come"),
    ({2014: 3, 2015: 4}, HAS_COME, "what had come when this version was made has come"),
    ({2014: 3, 2015: 4, 2301: 1}, HAS_COME, "a slip"),
    ({2015: 2, 2051: 1}, HAS_COME, "a slip in a file of few dates"),
    ({2015: 9, HAS_COME + 9: 1, 2051: 1, 2301: 1}, HAS_COME, "slips"),
    ({2015: 900, **dict.fromkeys(range(HAS_COME + 1, 2090), 1)}, HAS_COME, "so many slips that none stands apart"),
    ({HAS_COME: 50, HAS_COME + 1: 50, HAS_COME + 2: 40}, HAS_COME + 2, "files of later years"),
    ({2051: 1}, 2051, "the only date there is"),
    ({2110: 3, 2150: 8, 2201: 2, 2211: 1}, 2211, "de-identified dates, with gaps"),
    ({2110: 3, 2150: 8, 2201: 2, 2301: 1}, 2201, "a slip among them"),
    ({2110: 2, 2199: 2}, 2199, "two de-identified patients"),
    ({2200: 2, 2201: 1}, 2201, "one de-identified patient"),
]


@pytest.mark.parametrize(("dates", "last", "reason"), YEARS, ids=[row[2] for row in YEARS])
def test_the_files_show_which_years_have_come(dates: dict[int, int], last: int | None, reason: str) -> None:
    assert last_year_of(dates) == last, reason


NAMES = {
    "first_name": ["ANN", "BOB", "EVE", "ZOE"],
    "last_name": ["LEE", "ROE", "POE", "COE"],
    "ssn": ["212345678", "313456789", "414567890", "515678901"],
}
PATIENTS = pd.DataFrame({"patient_id": ["1", "2", "3", "4"], **NAMES, "birth_date": [
    "1950-02-11", "2051-03-04", "2015-08", "1960-05-06"]})  # fmt: skip
DEATHS = pd.DataFrame({"death_id": ["6", "7", "8", "9"], **NAMES, "birth_date": [
    "1950-02-11", "1951-03-04", "1960-04-05", "2060-05-06"], "death_date": [
    "2015-06-01", "2015-07-01", "2015-09-01", "2301-06-01"]})  # fmt: skip
STAYS = pd.DataFrame({"patient_id": ["1", "2", "3", "4"], "start": "2015-01-01", "discharge": [
    "2015-01-09", "2015-01-09", "2015-03-09", "2051-01-09"]})  # fmt: skip


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_birth_or_death_that_has_not_come_vetoes_no_link_and_is_counted(engine: str) -> None:
    with linkage.link(PATIENTS, DEATHS, encounters=STAYS, engine=engine, threads=1) as run:
        assert dict(zip(run.links["patient_id"], run.links["death_id"], strict=True)) == dict(
            zip("1234", "6789", strict=True)
        )
        statuses = dict(zip(run.outcomes["patient_id"], run.outcomes["status"], strict=True))
        assert statuses == {**dict.fromkeys("123", "died_within_one_year"), "4": "died_date_not_known"}
        assert run.counts["cleaned"] == {
            "patient": {"birth_date": {"in the future": 1, "partial": 1, "after the last contact": 1}},
            "death": {"birth_date": {"in the future": 1}, "death_date_partial": {"in the future": 1}},
        }
        assert run.counts["times_not_read"] == {"encounters": {"discharge": {"in the future": 1}}}
        assert run.loaded[0].last_year == HAS_COME
        assert f"Dates after {HAS_COME} are in the future" in str(run)
        table = dates_not_known(run.counts, run.loaded, 1)
        assert ("encounters", "discharge", "in the future", 1) in table.rows
        assert ("patients", "birth_date", "after the last contact", 1) in table.rows


def test_a_patient_of_whom_only_the_death_is_recorded_was_seen_then() -> None:
    died = pd.DataFrame({"patient_id": ["1", "3"], "death_time": ["1949-01-01", "2015-08-15"]})
    with linkage.link(PATIENTS, DEATHS, encounters=died, threads=1) as run:
        assert run.counts["cleaned"]["patient"]["birth_date"]["after the last contact"] == 1


def shifted(**changed: Any) -> linkage.Linkage:
    """A run with two patients whose dates were shifted by different numbers of years."""
    patients = PATIENTS[:2].assign(birth_date=["2050-02-11", "2140-03-04"])
    deaths = DEATHS[:2].assign(birth_date=["2050-02-11", "2140-03-04"], death_date=["2111-06-01", "2201-07-01"])
    stays = STAYS[:2].assign(start=["2110-12-01", "2200-01-01"], discharge=["2111-01-09", "2201-01-09"])
    return linkage.link(patients, deaths.assign(**changed), encounters=stays, threads=1)


def test_dates_of_de_identified_files_have_come() -> None:
    with shifted() as run:
        assert list(run.release["dod"].astype(str)) == ["2111-06-01", "2201-07-01"]
        assert not any(run.counts["cleaned"].values())
