"""Dates in a form that has to be declared: the summary names the form, and the run with the declaration is right."""

from collections.abc import Collection
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.run.reading_summary import hints
from linkage.sources.make_source import source
from linkage.values.likely_forms import likely_forms
from linkage.values.no_dates import DAYS_AS_SECONDS, WRITE_DAYS
from tests.stages import prepared

NAMES = ["ABEL", "BORIS", "CLARA", "DORA"]
PATIENTS = pd.DataFrame({
    "patient_id": ["1", "2", "3", "4"], "first_name": NAMES, "last_name": [f"{name}SON" for name in NAMES],
    "birth_date": [f"195{n}-02-11" for n in range(4)], "ssn": [f"21234567{n}" for n in range(4)],
})  # fmt: skip
DEATHS = PATIENTS.rename(columns={"patient_id": "death_id"})
STAYS = pd.DataFrame({"patient_id": PATIENTS["patient_id"], "start": "2015-01-02", "discharge": "2015-01-09"})
DAYS = ["20150601", "20151231"]
FORMS: list[tuple[list[Any], str, int | None]] = [
    # dates of death, the form to declare, the last year that two digits can mean
    (["06012015", "12312015"], "MMDDYYYY", None),
    ([6012015, 12312015], "MMDDYYYY", None),
    (["01062015", "31122015"], "DDMMYYYY", None),
    (["060115", "123115"], "MMDDYY", 2020),
    (["42156", "42369"], "EXCEL", None),
    ([20240.0, 20453.0], "SAS", None),
]


@pytest.mark.parametrize(("texts", "form", "year"), FORMS, ids=[f"{row[1]} {row[0]}" for row in FORMS])
def test_the_form_of_dates_that_cannot_be_read_is_named(texts: list[Any], form: str, year: int | None) -> None:
    deaths = DEATHS.assign(death_date=texts * 2)
    with prepared(PATIENTS, deaths, encounters=STAYS) as ready:
        (concern,) = ready.concerns
        assert f'dates = {{ death_date = "{form}" }}' in concern
        assert ("two_digit_years_up_to" in concern) == (year is not None)
    with (
        pytest.raises(linkage.InputError) as refused,
        prepared(PATIENTS, DEATHS, encounters=STAYS.assign(discharge=texts * 2)),
    ):
        pass
    assert f'dates = {{ discharge = "{form}" }}' in str(refused.value)
    declared = source(deaths, dates={"death_date": form}, two_digit_years_up_to={"death_date": year} if year else {})
    with prepared(PATIENTS, declared, encounters=STAYS) as ready:
        read = ready.linking.engine.rows("SELECT death_date_partial FROM death ORDER BY death_id")
        assert [row[0] for row in read] == DAYS * 2
        assert not ready.concerns


def test_the_setting_for_a_date_in_the_patients_file_has_its_own_name() -> None:
    patients = PATIENTS.assign(hospital_death_date=["06012015", "12312015"] * 2)
    with pytest.raises(linkage.InputError) as refused, prepared(patients, DEATHS, encounters=STAYS):
        pass
    assert "have a hospital_death_date time that cannot be read" in str(refused.value)
    assert 'dates = { hospital_death_date = "MMDDYYYY" }' in str(refused.value)
    declared = source(patients, dates={"hospital_death_date": "MMDDYYYY"})
    with prepared(declared, DEATHS, encounters=STAYS) as ready:
        read = ready.linking.engine.rows("SELECT CAST(death_time AS DATE) FROM encounter WHERE death_time IS NOT NULL")
        assert sorted({str(row[0]) for row in read}) == ["2015-06-01", "2015-12-31"]


def test_years_of_two_digits_and_early_years_are_named() -> None:
    with prepared(PATIENTS, DEATHS.assign(death_date="6/13/15"), encounters=STAYS) as ready:
        assert "two_digit_years_up_to = { death_date = ... }" in ready.concerns[0]
    with prepared(PATIENTS, DEATHS.assign(death_date="1715-06-13"), encounters=STAYS) as ready:
        assert "Most of these are before 1800, the first year that is read." in ready.concerns[0]


def test_a_few_numbers_among_other_dates_have_a_hint() -> None:
    people = pd.concat([PATIENTS] * 10, ignore_index=True).assign(patient_id=[str(n) for n in range(40)])
    with prepared(people.assign(birth_date=["-3611", *["1950-02-11"] * 39]), DEATHS) as ready:
        said = hints({"cleaned": ready.linking.cleaning}, ready.loaded)
        assert "patients, birth_date: numbers that are not read. They seem to be days since 1960 (SAS) or" in said


MANY = [f"{day}/{month:02}/2015" for month in range(1, 13) for day in (13, 28)]
NO_ADVICE = [
    (["0"], MANY),
    (["9999", "-9", "99", "999"], ["2015-06-13"]),
    (["06152015"], MANY),  # declared as MMDDYYYY, all other dates would be lost
    (["42156", "42157"], [*MANY, "2015"]),
]


@pytest.mark.parametrize(("numbers", "others"), NO_ADVICE)
def test_a_form_is_not_advised_for_codes_or_for_a_few_numbers_among_other_dates(
    numbers: list[str], others: list[str]
) -> None:
    dates = [*numbers * 5, *others]
    with prepared(PATIENTS, many_deaths(dates)) as ready:
        assert ready.loaded[1].forms["death_date"].likely == ()
        assert "They seem to be" not in "\n".join(ready.concerns)
    with prepared(PATIENTS, many_deaths([*["06152015", "12312015"] * 5, *others[:1], "0"])) as ready:
        assert ready.loaded[1].forms["death_date"].likely == ("MMDDYYYY",)


def test_a_sample_of_the_numbers_shows_their_form(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []

    def count_texts(texts: Collection[str], column: str) -> tuple[str, ...]:
        judged.append(len(texts))
        return likely_forms(texts, column)

    monkeypatch.setattr("linkage.method.standardize.date_forms.likely_forms", count_texts)
    dates = [
        f"{month:02}{day:02}{year}" for year in range(2010, 2020) for month in range(1, 13) for day in range(1, 29)
    ]
    with prepared(PATIENTS, many_deaths(dates)) as ready:
        assert ready.loaded[1].forms["death_date"].likely == ("MMDDYYYY",)
    (number,) = judged
    assert 900 < number <= 1000  # 11112010 is taken for a placeholder


def many_deaths(dates: list[str]) -> pd.DataFrame:
    """Deaths of different people on these dates."""
    return pd.DataFrame({"death_id": range(len(dates)), "last_name": "ROE", "ssn": 212345670, "death_date": dates})


SPREAD = [f"2015-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29, 3)]
DAYS_OF_DEATH = [
    (SPREAD, ""),
    ([*SPREAD, *["1960-01-01"] * 40], "25.0 % of the dates of death are the same day. Is it a default date?"),
    ([*SPREAD, *SPREAD[::10] * 3], "of the dates of death are on day 1 of 12 different months."),
    ([*SPREAD, *["2015-06-16"] * 11], ""),  # a disaster
    ([*SPREAD[::9], *[f"2015-{month:02}-15" for month in range(1, 10)]], "are on day 15 of 9 different months."),
    (SPREAD[::9], ""),
    (["2015-06-16"] * 10, ""),
    ([*SPREAD, *["2015-06", "2015"] * 40], ""),
    ([f"2015-06-{day:02}" for day in range(1, 8)] * 12, ""),  # a weekly file
    ([*SPREAD[:30], *["2015-06-16"] * 12], ""),  # few dates
    (["unknown"] * 12, ""),
]


@pytest.mark.parametrize(("dates", "said"), DAYS_OF_DEATH, ids=[row[1][:20] for row in DAYS_OF_DEATH])
def test_days_of_death_that_stand_for_days_that_are_not_known_are_told(dates: list[str], said: str) -> None:
    with prepared(PATIENTS, many_deaths(dates)) as ready:
        found = "\n".join(ready.concerns)
    assert said in found
    assert ("of the dates of death" in found) == bool(said)


US = [f"2015-{day:02}-{month:02}" for month in range(1, 13) for day in range(1, 13, 5)]
TEXTS = [f"{day}/{month}/2015" for month in range(1, 13) for day in (13, 28)]
CONVERTED = [
    (US + TEXTS, True),
    (US + [f"{text[3:5].strip('/')}/{text[:2]}/2015" for text in TEXTS], True),  # months first, read as days first
    ([*US, *TEXTS, "9999-12-31", "2099-12-31"], True),
    ([*US, "2015-06-13", *TEXTS], False),
    ([*US, *TEXTS, "05/06/2015"], False),
    (US + TEXTS[:4], False),
    (US[::5] + TEXTS[:12], True),  # a small file
    (US[::5] + TEXTS[:5], False),
    (US, False),
]


@pytest.mark.parametrize(("dates", "is_told"), CONVERTED)
def test_days_and_months_that_a_spreadsheet_has_exchanged_are_told(dates: list[str], is_told: bool) -> None:
    said = "different dates have the year first and none of them a day after the 12th"
    with prepared(PATIENTS, many_deaths(dates)) as ready:
        assert (said in "\n".join(ready.concerns)) == is_told
    stays = pd.DataFrame({"patient_id": "1", "start": "2014-01-01", "discharge": [f"{one} 10:00" for one in dates]})
    with prepared(PATIENTS, DEATHS.assign(death_date="2016-01-01"), encounters=stays) as ready:
        assert (said in "\n".join(ready.concerns)) == is_told


AS_SECONDS = ["1960-01-01 05:37:20", "1960-01-01 05:38:03.5", "01JAN1960:05:40:12", "19600101"]
ZERO_DAYS = [
    # dates of death, what is said
    (AS_SECONDS, "4 dates of death (100.0 %) are within a day of 1960-01-01 or 1970-01-01"),
    (["1969-12-31 19:00", "2015-06-01"], "1 date of death (50.0 %) is within a day of 1960-01-01 or 1970-01-01"),
    (["1970-01-01", "1971-06-01", "2015-06-01"], ""),
    (["1970-01-01"], ""),
    (["1970", "1970-01", "2015-06-01"], ""),
]


@pytest.mark.parametrize(("dates", "said"), ZERO_DAYS)
def test_deaths_on_the_day_from_which_programs_count_are_told(dates: list[str], said: str) -> None:
    with prepared(PATIENTS, many_deaths(dates)) as ready:
        found = "\n".join(ready.concerns)
    assert said in found
    assert ("from which programs count" in found) == bool(said)


NINES = [
    # the form, the code, how many of it, whether it is told
    ("SAS", 9999, 5, True),
    ("SAS", 9999, 3, True),  # long before all others
    ("SAS", 9999, 2, False),
    ("UNIX", 9999, 5, True),
    ("EXCEL", 99999, 5, False),  # 2173, which has not come
]


@pytest.mark.parametrize(("form", "code", "times", "is_told"), NINES)
def test_a_code_of_nines_among_day_numbers_is_told(form: str, code: int, times: int, is_told: bool) -> None:
    days = [*range(15_000, 22_000, 200), *[code] * times]
    born = [*range(-9_000, 5_000, 400), *[code] * times]
    deaths = source(many_deaths(days).assign(birth_date=born), dates={"death_date": form, "birth_date": form})
    stays = source(pd.DataFrame({"patient_id": "1", "start": days}), dates={"start": form})
    with prepared(PATIENTS, deaths, encounters=stays) as ready:
        found = "\n".join(ready.concerns)
    for ours in ("death_date", "birth_date", "start"):
        said = f"(read as {ours}): {times} dates of {35 + times} are the day that {code} stands for."
        assert (said in found) == is_told, ours


def test_a_code_of_nines_is_judged_beside_the_other_days_of_its_file() -> None:
    """Beside the days of both files together, the code of the second would be one day of many."""
    around, later = [*range(9_000, 9_999, 3), *range(10_000, 11_000, 3)], [*range(15_000, 22_000, 200), *[9999] * 3]
    stays = [
        source(pd.DataFrame({"patient_id": "1", "start": days}), dates={"start": "SAS"}) for days in (around, later)
    ]
    with prepared(PATIENTS, DEATHS, encounters=stays) as ready:
        (found,) = [one for one in ready.concerns if "a code for" in one]
    assert found.startswith(
        f"{ready.loaded[3].name}, start (read as start): 3 dates of 38 are the day that 9999 stands"
    )


def test_a_code_of_nines_among_the_hospitals_dates_of_death_is_told() -> None:
    days = [*range(15_000, 22_000, 200), *[9999] * 3]
    people = pd.DataFrame({"patient_id": map(str, range(38)), "last_name": "LEE", "ssn": "212345670"})
    given = source(people.assign(hospital_death_date=days), dates={"hospital_death_date": "SAS"})
    with prepared(given, DEATHS, encounters=STAYS) as ready:
        found = "\n".join(ready.concerns)
    assert "(read as hospital_death_date): 3 dates of 38 are the day that 9999 stands for." in found


def test_numbers_of_days_that_were_read_as_seconds_are_told() -> None:
    born = ["1959-12-31 22:00:01", "1960-01-01 01:10:05"]
    patients = pd.DataFrame({"patient_id": ["1", "2"], "last_name": "ROE", "birth_date": born})
    stays = pd.DataFrame(
        {"patient_id": "1", "start": "2015-01-01", "discharge": "2015-01-02", "death_time": AS_SECONDS}
    )
    with prepared(patients, DEATHS, encounters=stays) as ready:
        assert "100.0 % were born within a day of 1960-01-01" in "\n".join(ready.concerns)
        assert ready.loaded[2].times_not_read["death_time"] == {"placeholder": 1, DAYS_AS_SECONDS: 3}
        assert f"3 times (75.0 %) cannot be read. {WRITE_DAYS}" in "\n".join(ready.concerns)


def test_a_zero_of_a_clock_in_any_zone_is_a_usual_placeholder() -> None:
    zeros = ["1969-12-31 19:00:00", "1970-01-01", "1970-01-01T05:30", "12/31/1969 18:00"]
    stays = pd.DataFrame({"patient_id": "1", "start": "2015-01-01", "discharge": "2015-01-02", "death_time": zeros})
    with prepared(PATIENTS, DEATHS, encounters=stays) as ready:
        assert ready.loaded[2].times_not_read["death_time"] == {"placeholder": 4}
        assert "death_time" not in "\n".join(ready.concerns)


AGAINST = [
    # dates, the declared form, how many only the other order can read
    (["01/31/2015", "02/28/2015", "02/03/2015"], "DD/MM/YYYY", 2),
    (["31/01/2015", "02/03/2015"], "MM/DD/YYYY", 1),
    (["31/01/2015", "02/03/2015"], "DD/MM/YYYY", 0),
    (
        ["31/01/2015", *(f"0{month}/{day}/2015" for month in (1, 3) for day in range(13, 31))],
        "MM/DD/YYYY",
        0,
    ),  # a typing error
    (["2015-01-31", "02/03/2015", "31JAN2015"], "MM/DD/YYYY", 0),
    (["31012015", "02032015", "3022015", "20112010", "20112011 07:30"], "MMDDYYYY", 3),
    (["31012015", "02032015", "3022015", "20112010", "20112011 07:30"], "DDMMYYYY", 0),
    (["01312015", "02032015", "3022015.0", "4282015.0"], "DDMMYYYY", 2),
]


@pytest.mark.parametrize(("dates", "form", "number"), AGAINST)
def test_dates_against_the_declared_order_are_told(dates: list[str], form: str, number: int) -> None:
    stays = pd.DataFrame({"patient_id": "1", "discharge": [*dates, *["2015-02-28"] * 9]})
    declared = source(many_deaths(dates), dates={"death_date": form})
    with prepared(PATIENTS, declared, encounters=source(stays, dates={"discharge": form})) as ready:
        assert [ready.loaded[1].forms["death_date"].against, ready.loaded[2].forms["discharge"].against] == [number] * 2
        found = "\n".join(ready.concerns)
    for ours in ("death_date", "discharge"):
        place = f"(read as {ours}): {number} different date{'s are' if number > 1 else ' is'} valid only"
        assert (place in found) == bool(number)


@pytest.mark.parametrize("discharge", ["", "9999-12-31", "00/00/0000"])
def test_a_discharge_that_no_row_has_is_told(discharge: str) -> None:
    stays = pd.DataFrame({"patient_id": "1", "start": [f"2015-01-{day}" for day in range(10, 22)]})
    for first in (discharge, "2015-02-01"):
        given = stays.assign(discharge=[first, *[discharge] * 11], death_time="9999-12-31")
        with prepared(PATIENTS, DEATHS, encounters=given) as ready:
            found = "\n".join(ready.concerns)
        assert ("discharge (read as discharge): no row has a time that can be used." in found) == (first == discharge)
        assert "death_time" not in found


YEAR_DAY_MONTH = [
    # dates, whether the order year, day, month is told
    (["2015-31-01", "2015-02-11", "2016-28-03"], True),
    (["2015/31/01", "2015/02/11", "2016/28/03"], True),
    (["2015-31-01 07:30", "2015-02-11 08:00", "2016-28-03 09:15"], True),
    (["2015-31-01", "2015-02-11", "2016-03-28", "2016-28-03"], False),
    (["2015-31-01", "2015-02-11", "2016-03-04"], False),  # one typing error
    (["2015|31|1", "2015|2|11", "2016|28|3"], True),
    (["2015|31|1", "2015|2|11", "2016|28|3", "2016|3|28"], False),
    (["20112010", "20052012", "01022012", "11032011"], False),  # the day first
]


@pytest.mark.parametrize(("dates", "is_told"), YEAR_DAY_MONTH)
def test_dates_in_the_order_year_day_month_are_told(dates: list[str], is_told: bool) -> None:
    days = dates + [dates[1]] * 4
    stays = pd.DataFrame({"patient_id": "1", "start": "2014-01-01", "discharge": days})
    with prepared(PATIENTS, many_deaths(days), encounters=None if "-" not in dates[0] else stays) as ready:
        found = "\n".join(ready.concerns)
    for ours in ("death_date", *(["discharge"] if "-" in dates[0] else [])):
        assert (f"(read as {ours}): 2 different dates have the year first and then a number" in found) == is_told


def test_parts_of_dates_in_the_wrong_order_are_told() -> None:
    parts = pd.DataFrame({"death_id": map(str, range(3)), "last_name": "LEE", "ssn": "212345670"})
    parts = parts.assign(Y=["2015", "2015", "2016"], D=["31", "2", "28"], M=["1", "11", "3"])
    with prepared(PATIENTS, source(parts, columns={"death_date": ["Y", "D", "M"]})) as ready:
        assert "have their day and month exchanged. Name the month before the day." in "\n".join(ready.concerns)


def test_declared_numbers_with_the_year_last_are_not_in_the_order_year_day_month() -> None:
    days = ["20112010", "25122010", "19012009"]
    stays = pd.DataFrame({"patient_id": "1", "start": "2001-01-01", "discharge": days * 2})
    form = "DDMMYYYY"
    given = source(stays, dates={"discharge": form})
    with prepared(PATIENTS, source(many_deaths(days), dates={"death_date": form}), encounters=given) as ready:
        assert "Their order seems to be year, day, month" not in "\n".join(ready.concerns)


@pytest.mark.parametrize("slip", ["31/31/2015", "45/12/2015", "99/99/2015"])
def test_a_date_that_no_order_can_read_shows_no_order(slip: str) -> None:
    days = ["2015-01-28", "2015-02-28", slip, "2015-03-28"]
    declared = source(many_deaths(days), dates={"death_date": "MM/DD/YYYY"})
    with prepared(PATIENTS, declared, encounters=STAYS.assign(start="2015-01-01", discharge=days)) as ready:
        assert "order" not in "\n".join(ready.concerns)


REFUSED = [
    # discharges that do not exist, the form that is declared, what to do
    (["2015-31-01", "2015-28-02"], None, "Their order seems to be year, day, month. Write them as 2015-01-31."),
    (["01/31/2015", "02/28/2015"], "DD/MM/YYYY", 'declare: dates = { discharge = "MM/DD/YYYY" }.'),
    (["31/01/2015", "28/02/2015"], "MM/DD/YYYY", 'declare: dates = { discharge = "DD/MM/YYYY" }.'),
    (["31012015 07:30", "28022015 08:00"], "MMDDYYYY", 'declare: dates = { discharge = "DDMMYYYY" }.'),
]


@pytest.mark.parametrize(("dates", "declared", "advice"), REFUSED)
def test_days_that_do_not_exist_are_refused_with_the_order_they_seem_to_have(
    dates: list[str], declared: str | None, advice: str
) -> None:
    stays = source(STAYS.assign(discharge=dates * 2), dates={"discharge": declared} if declared else {})
    with pytest.raises(linkage.InputError) as refused, prepared(PATIENTS, DEATHS, encounters=stays):
        pass
    assert advice in str(refused.value)


# 1 June, two codes for a date that is not known, and 29 January 2015
@pytest.mark.parametrize("odd", ["42156.5", "9999", "73050", "42033"])
def test_day_numbers_of_a_spreadsheet_that_exchanged_days_and_months_are_told(odd: str) -> None:
    days = [*(str(42005 + day) for day in range(12)), odd, *TEXTS]
    stays = pd.DataFrame({"patient_id": "1", "start": "2014-01-01", "discharge": days})
    excel = {"death_date": "EXCEL"}
    given = source(stays, dates={"discharge": "EXCEL"})
    with prepared(PATIENTS, source(many_deaths(days), dates=excel), encounters=given) as ready:
        number = 13 if odd == "42156.5" else 12
        said = f"{number} different dates have the year first and none of them a day after the 12th"
        assert "\n".join(ready.concerns).count(said) == (0 if odd == "42033" else 2)


def test_placeholders_do_not_hide_days_and_months_that_are_exchanged() -> None:
    with prepared(PATIENTS, many_deaths([*US, *TEXTS, "99999999", "1899-12-31"])) as ready:
        assert "none of them a day after the 12th" in "\n".join(ready.concerns)


def test_day_numbers_say_nothing_of_the_order_of_other_dates() -> None:
    deaths = DEATHS.assign(death_date=["42156", "13/06/2015", "14/06/2015", "02/03/2015"])
    with prepared(PATIENTS, source(deaths, dates={"death_date": "EXCEL"}), encounters=STAYS) as ready:
        read = ready.linking.engine.rows("SELECT death_date_partial FROM death ORDER BY death_id")
        assert [row[0] for row in read] == ["20150601", "20150613", "20150614", "20150302"]
        assert str(ready.loaded[1].forms["death_date"]) == "spreadsheet days, as declared; other dates day first"
