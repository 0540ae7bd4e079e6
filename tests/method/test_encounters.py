"""Times of encounters are read, counted as not known, or refused, because follow-up depends on them."""

from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.encounters import load_encounters
from linkage.method.rejected import start_rejected
from linkage.sources.reading import Reading
from linkage.sources.source import Source

PATIENTS = pd.DataFrame({"patient_id": ["1", "2"], "last_name": ["Lee", "Roe"], "ssn": ["212345678", None]})
DEATHS = pd.DataFrame({"death_id": ["8"], "last_name": ["LEE"], "ssn": ["212345678"], "death_date": ["2015-06-01"]})


def link(stays: dict[str, list[Any]], **declared: Any) -> linkage.Linkage:
    """A run with encounters with these columns."""
    encounters = Source("stays.csv", frame=pd.DataFrame(stays), reading=Reading(**declared))
    return linkage.link(PATIENTS, DEATHS, encounters=encounters, threads=1)


def anchors(stays: dict[str, list[Any]], **declared: Any) -> list[str]:
    """The last discharge of each patient."""
    with link(stays, **declared) as run:
        return [str(day)[:10] for day in run.outcomes["anchor_date"]]


TIMES = [
    # as written, expected day and hour
    ("2015-01-31", "2015-01-31 00:00:00"),
    ("2015-01-31 07:30:00", "2015-01-31 07:30:00"),
    ("2015-01-31 07:30", "2015-01-31 07:30:00"),
    ("2015-01-31T07:30:00", "2015-01-31 07:30:00"),
    ("2015-01-31T23:30:00-05:00", "2015-01-31 23:30:00"),  # the local day, not the UTC day
    ("2015-01-31T23:30-05", "2015-01-31 23:30:00"),
    ("2015-01-31T23:30:00Z", "2015-01-31 23:30:00"),
    ("2015-01-31 07:30:00.123", "2015-01-31 07:30:00.123000"),
    ("01/31/2015", "2015-01-31 00:00:00"),
    ("01/31/2015 07:30", "2015-01-31 07:30:00"),
    ("1/31/2015 7:30:15 PM", "2015-01-31 19:30:15"),
    ("1/31/2015 12:05 am", "2015-01-31 00:05:00"),
    ("31/01/2015 07:30", "2015-01-31 07:30:00"),
    ("31.01.2015", "2015-01-31 00:00:00"),
    ("20150131", "2015-01-31 00:00:00"),
    ("20150131073000", "2015-01-31 07:30:00"),
    ("201501310730", "2015-01-31 07:30:00"),  # HL7
    ("20150131073000.1234-0500", "2015-01-31 07:30:00.123400"),
    ("20150131T073000Z", "2015-01-31 07:30:00"),
    ("2015-01-31Z", "2015-01-31 00:00:00"),
    ("2015 01 31", "2015-01-31 00:00:00"),
    ("2015:01:31 07:30:00", "2015-01-31 07:30:00"),  # as in EXIF metadata
    ("JAN-31-2015", "2015-01-31 00:00:00"),
    ("2015-JAN-31", "2015-01-31 00:00:00"),
    ("31-JAN-2015 07.30.00.000000 AM", "2015-01-31 07:30:00"),  # Oracle
    ("2015-01-31-07.30.00.000000", "2015-01-31 07:30:00"),  # DB2
    ("Sat Jan 31 07:30:00 EST 2015", "2015-01-31 07:30:00"),  # Java
    ("20150131 07:30:00", "2015-01-31 07:30:00"),
    ("31JAN2015:07:30:00.00", "2015-01-31 07:30:00"),  # SAS
    ("31-Jan-2015 07:30", "2015-01-31 07:30:00"),
    ("Jan 31, 2015, 7:30 AM", "2015-01-31 07:30:00"),
]


def moment(written: str, **declared: Any) -> str:
    """One time, as read."""
    engine = DuckDBEngine(threads=1)
    engine.create("patient", "SELECT '1' AS patient_id")
    start_rejected(engine)
    frame = pd.DataFrame({"patient_id": ["1"], "discharge": [written]})
    load_encounters(engine, [Source("stays", frame=frame, reading=Reading(**declared))])
    ((found,),) = engine.rows("SELECT discharge_time FROM encounter")
    engine.close()
    return str(found)


@pytest.mark.parametrize(("written", "expected"), TIMES, ids=[row[0] for row in TIMES])
def test_times_are_read_in_the_forms_that_hospitals_write(written: str, expected: str) -> None:
    assert moment(written) == expected


DECLARED = [
    ("DD/MM/YYYY", "02/01/2015 07:30", "2015-01-02 07:30:00"),
    ("MMDDYYYY", "01022015", "2015-01-02 00:00:00"),
    ("MM/DD/YY", "1/2/15 07:30", "2015-01-02 07:30:00"),
    ("EXCEL", "42006", "2015-01-02 00:00:00"),
    ("EXCEL", "42006.3125", "2015-01-02 07:30:00"),
    ("YYYY MM DD", "2015 01 02 07:30", "2015-01-02 07:30:00"),
]


@pytest.mark.parametrize(("form", "written", "expected"), DECLARED, ids=[row[0] + row[1] for row in DECLARED])
def test_times_are_read_in_the_form_that_was_declared(form: str, written: str, expected: str) -> None:
    assert moment(written, dates={"discharge": form}, two_digit_years_up_to={"discharge": 2024}) == expected


def test_days_first_are_seen_in_the_whole_file_and_reported() -> None:
    stays = {"patient_id": ["1", "2"], "start": ["02/01/2015", "02/01/2015"], "discharge": ["03/01/2015", "13/01/2015"]}
    assert anchors(stays) == ["2015-01-03", "2015-01-13"]
    with link(stays) as run:
        forms = {column: str(found) for column, found in run.loaded[2].forms.items()}
    assert forms == {
        "start": "day first, as the other dates of the file show",
        "discharge": "day first, as some numbers show",
    }


REFUSED = [
    # discharges, expected message
    (["31.1.15", "31.2.15"], "2 different times of discharge have a two-digit year. Declare the last year"),
    (["2015-01-09", "1/9/15"], "two_digit_years_up_to = { discharge = 2024 }"),
    (["13/01/2015", "01/13/2015"], "some times of discharge have the month first and others the day"),
    (["soon", "later"], "2 of 2 rows have a discharge time that cannot be read, first in row 2."),
    (["soon", "later"], 'or declare their form: dates = { discharge = "DD/MM/YYYY" }.'),
    (["1445-01-09", "1440-02-09"], "Years such as 1445 are those of the Hijri calendar. Convert them"),
    (["1615-01-09", "1715-02-09"], "These days are before 1800, the first year that is read."),
    (["JUN2015", "2015-07"], "They give only a month or year, and discharge needs a day."),
]


@pytest.mark.parametrize(("discharges", "words"), REFUSED, ids=[row[1][:40] for row in REFUSED])
def test_a_column_of_times_that_could_be_other_days_is_refused(discharges: list[str], words: str) -> None:
    with pytest.raises(linkage.InputError) as refused:
        link({"patient_id": ["1", "2"], "discharge": discharges})
    assert words in str(refused.value)


def test_a_column_of_day_numbers_and_both_orders_is_refused() -> None:
    with pytest.raises(
        linkage.InputError, match=r"have the month first and others the day\. Write all in one order\.$"
    ):
        link(
            {"patient_id": ["1"] * 3, "discharge": ["42006", "13/01/2015", "01/13/2015"]}, dates={"discharge": "EXCEL"}
        )


def test_a_single_time_that_cannot_be_read_is_not_known_and_counted() -> None:
    discharges = ["2015-01-02", "soon", "2015-01-02 25:00", "2015-02-30", *["2015-01-02"] * 4]
    stays = {"patient_id": ["1", "1", "1", "2", *["2"] * 4], "discharge": discharges}
    assert anchors(stays) == ["2015-01-02", "2015-01-02"]
    with link(stays) as run:
        assert run.loaded[2].times_not_read == {"discharge": {"not a date": 1, "impossible": 2}}


def test_words_for_nothing_are_no_times() -> None:
    stays = {
        "patient_id": ["1", "2"],
        "discharge": ["2015-01-02", "NULL"],
        "start": ["2015-01-01", "2015-01-01"],
        "death_time": [".", "NULL"],
    }
    assert anchors(stays) == ["2015-01-02", "2015-01-01"]
    with link(stays) as run:
        assert run.loaded[2].times_not_read == {}


def test_days_that_stand_for_no_date_are_not_known_and_counted() -> None:
    ends = ["9999-12-31", "2999-12-31 00:00:00", "12/31/2099", "2100-12-31", "1900-01-01", "99991231235959", "1/1/1970"]
    stays = {"patient_id": ["1", "2"] * 4, "start": ["2015-01-01"] * 8, "discharge": [*ends, "2015-01-01"]}
    stays["death_time"] = [*ends, None]
    assert anchors(stays) == ["2015-01-01", "2015-01-01"]
    with link(stays) as run:
        assert run.loaded[2].times_not_read == {"discharge": {"placeholder": 7}, "death_time": {"placeholder": 7}}
        assert run.counts["times_not_read"] == {"stays.csv": run.loaded[2].times_not_read}
        assert "stays.csv discharge 7 87.5 % placeholder 7" in " ".join(str(run).split())
        assert set(run.outcomes["hospital_death_date"].isna()) == {True}


def test_years_of_de_identified_files_are_read_like_any_other() -> None:
    stays = {"patient_id": ["1", "2", "2"], "discharge": ["2199-12-31", "2200-01-01 07:30", "2201-06-15T10:00:00"]}
    assert anchors(stays) == ["2199-12-31", "2201-06-15"]
    assert anchors({"patient_id": ["1", "2"], "discharge": ["22000101", "1/31/2211"]}) == ["2200-01-01", "2211-01-31"]


def test_times_in_columns_of_year_month_and_day_are_read() -> None:
    stays = pd.DataFrame({"patient_id": ["1"], "y": ["2015"], "m": ["1.0"], "d": ["9"]})
    columns = {"encounters": {"discharge": ["y", "m", "d"]}}
    with linkage.link(PATIENTS, DEATHS, encounters=stays, columns=columns, threads=1) as run:
        assert str(run.outcomes["anchor_date"].iloc[0])[:10] == "2015-01-09"
        assert not run.loaded[2].unused


def test_the_codes_of_hl7_and_omop_are_understood() -> None:
    stays = {"patient_id": ["1", "1", "2", "2"], "discharge": ["2015-01-02", "2015-01-05", "2015-01-02", "2015-01-05"]}
    stays |= {"kind": ["I", "E", "9201", "9203"]}
    policy = linkage.MortalityPolicy(anchor="hospital")
    with linkage.link(PATIENTS, DEATHS, encounters=pd.DataFrame(stays), policy=policy) as run:
        assert [str(day)[:10] for day in run.outcomes["anchor_date"]] == ["2015-01-02", "2015-01-02"]


def test_what_kind_of_encounters_a_file_holds_can_be_declared() -> None:
    stays = {"patient_id": ["1", "2"], "discharge": ["2015-01-02", "2015-01-02"], "kind": ["ED", "ward"]}
    for kind, expected in (("hospital", ["2015-01-02"] * 2), ("ed", ["NaT", "NaT"]), ("", ["NaT", "2015-01-02"])):
        encounters = Source("stays", frame=pd.DataFrame(stays), reading=Reading(kind=kind))
        policy = linkage.MortalityPolicy(anchor="hospital")
        with linkage.link(PATIENTS, DEATHS, encounters=encounters, policy=policy) as run:
            assert [str(day)[:10] for day in run.outcomes["anchor_date"]] == expected


def test_a_file_of_encounters_without_rows_is_refused() -> None:
    with pytest.raises(linkage.InputError, match=r"stays\.csv has a header but no rows"):
        link({"patient_id": [], "discharge": []})
