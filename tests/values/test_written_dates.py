"""A date is read completely, in births, deaths and encounters alike, or it is not known."""

import pytest

from linkage.engines.duck.engine import DuckDBEngine
from linkage.values.date_forms import DateForm
from linkage.values.dates import standard_date, standard_moment
from linkage.values.no_dates import no_dates

READ = [
    # as written, eight digits, time of day
    ("2015 06 01", "20150601", "00:00:00"),
    ("2015:06:01", "20150601", "00:00:00"),
    ("2015_06_01", "20150601", "00:00:00"),
    ("2015 - 06 - 01", "20150601", "00:00:00"),
    ("2015\u201306\u201301", "20150601", "00:00:00"),  # dashes inserted by a word processor
    ("2015\u00a006\u00a001", "20150601", "00:00:00"),  # non-breaking spaces
    ('="2015-06-01"', "20150601", "00:00:00"),  # a spreadsheet's text
    ("'2015-06-01", "20150601", "00:00:00"),
    ("20150601", "20150601", "00:00:00"),
    ("2015060112", "20150601", "12:00:00"),  # HL7, as precise as known
    ("201506011230", "20150601", "12:30:00"),
    ("20150601123000", "20150601", "12:30:00"),
    ("20150601123000.1234", "20150601", "12:30:00.123400"),
    ("20150601123000-0500", "20150601", "12:30:00"),
    ("201506011230+0530", "20150601", "12:30:00"),
    ("20150601-0500", "20150601", "00:00:00"),
    ("20150601T123000Z", "20150601", "12:30:00"),
    ("20150601 123000", "20150601", "12:30:00"),
    ("1950-02-11Z", "19500211", "00:00:00"),
    ("1950-02-11+01:00", "19500211", "00:00:00"),
    ("2015-06-01T23:30:00-05:00", "20150601", "23:30:00"),  # the local day, not the UTC day
    ("2015-06-01 10:00:00 EST", "20150601", "10:00:00"),
    ("2015-06-01 24:00", "20150601", "00:00:00"),  # the end of the written day
    ("2015-06-01 12:30 am", "20150601", "00:30:00"),
    ("11-FEB-1950", "19500211", "00:00:00"),
    ("feb 11 1950", "19500211", "00:00:00"),
    ("Feb. 11, 1950", "19500211", "00:00:00"),
    ("1950-FEB-11", "19500211", "00:00:00"),
    ("1950FEB11", "19500211", "00:00:00"),
    ("11FEB1950", "19500211", "00:00:00"),
    ("FEB111950", "19500211", "00:00:00"),
    ("FEB-11-1950", "19500211", "00:00:00"),
    ("11th of February 1950", "19500211", "00:00:00"),
    ("11FEB1950:00:00:00", "19500211", "00:00:00"),  # SAS
    ("11/Feb/1950:07:30:00 -0500", "19500211", "07:30:00"),
    ("Mon, 01 Jun 2015 10:00:00 -0500", "20150601", "10:00:00"),
    ("Mon Jun  1 10:00:00 2015", "20150601", "10:00:00"),
    ("2200-01-01", "22000101", "00:00:00"),  # MIMIC
    ("22010615073000", "22010615", "07:30:00"),
]
PARTIAL = [
    # as written, eight digits
    ("JUN2015", "20150600"),
    ("JUN 2015", "20150600"),
    ("June, 2015", "20150600"),
    ("2015-JUN", "20150600"),
    ("2015-06", "20150600"),
    ("2015 06", "20150600"),
    ("06/2015", "20150600"),
    ("2015.0", "20150000"),  # a column of numbers with gaps
    ("UN-FEB-1950", "19500200"),
    ("UNK/UNK/1950", "19500000"),
    ("??/08/1938", "19380000"),  # month first: a day without its month says nothing
    ("2015|6.0|", "20150600"),
    ("2015|JUN|99", "20150600"),
    ("2015|99|15", "20150000"),
    ("2015||", "20150000"),
    ("2015|06", "20150600"),
]
NOT_KNOWN = [
    # as written, reason why it is not known
    ("2015 or 2016", "not a date"),
    ("2015.5", "not a date"),
    ("2015.06", "not a date"),  # June, or a fraction
    ("2015?", "not a date"),
    ("circa 2015", "not a date"),
    ("1950s", "not a date"),
    ("2015-2016", "not a date"),
    ("2015/16", "impossible"),
    ("2015-06-01 or 02", "not a date"),
    ("2015-06-01?", "not a date"),
    ("2015-06-01/2015-06-03", "not a date"),
    ("20150601-0602", "not a date"),  # no zone
    ("2015-06-01 (est)", "not a date"),
    ("2015-06-01 at noon", "not a date"),
    ("2015-06/01", "not a date"),
    ("2015 06:01", "not a date"),  # a year and a time of day
    ("JUN2015 10:30", "not a date"),
    ("2015-06Z", "not a date"),
    ("2015-W23-1", "not a date"),
    ("2015-152", "not a date"),
    ("201506", "not a date"),  # or 6 May or June of a year of two digits
    ("JUN-15", "not a date"),
    ("FEB11950", "not a date"),
    ("10:30", "not a date"),
    ("10:30:00", "not a date"),
    ("2015-06-01 25:00", "impossible"),
    ("2015-06-01 10:60", "impossible"),
    ("2015-06-01 13:00 AM", "impossible"),
    ("2015060125", "impossible"),
    ("Tuesday, June 1, 2015", "impossible"),  # a Monday
    ("617-555-1234", "not a date"),
    ("FEB\u00b21950", "not a date"),  # a raised 2
    ("2015|13|01", "impossible"),
    ("2015|x|01", "not a date"),
    ("2015-06-01|6|1", "not a date"),
    ("9999|06|15", "year not known"),
    ("|06|15", "year not known"),
    ("0000|6|15", "year not known"),
    ("9999|99|99", "placeholder"),
    ("XXXX-06-15", "year not known"),
    ("9999-06-15", "placeholder"),
    ("9999-12-31 23:59:59.997", "placeholder"),
    ("0001-01-01T00:00:00", "placeholder"),
    ("1753-01-01", "placeholder"),
    ("2999-12-31", "placeholder"),
    ("99/99/9999", "placeholder"),
    ("  /  /    ", "placeholder"),
    ("0000-00-00 00:00:00", "placeholder"),
    ("<NA>", "placeholder"),
    ("\\N", "placeholder"),
]


@pytest.mark.parametrize(("text", "digits", "clock"), READ, ids=[row[0] for row in READ])
def test_a_day_is_read_the_same_as_a_birth_a_death_and_a_discharge(text: str, digits: str, clock: str) -> None:
    for column in ("birth_date", "death_date"):
        assert standard_date(text, no_dates(column)).digits == digits
    moment = standard_moment(text, no_dates("discharge")).text
    assert moment == f"{digits[:4]}-{digits[4:6]}-{digits[6:]} {clock}"


@pytest.mark.parametrize(("text", "digits"), PARTIAL, ids=[row[0] for row in PARTIAL])
def test_less_than_a_day_is_a_partial_date_and_no_moment(text: str, digits: str) -> None:
    found = standard_date(text)
    assert (found.digits, found.note) == (digits, "partial")
    assert standard_moment(text).note == "day not known"


@pytest.mark.parametrize(("text", "note"), NOT_KNOWN, ids=[row[0] for row in NOT_KNOWN])
def test_a_text_of_which_a_part_would_stay_unread_is_not_known(text: str, note: str) -> None:
    found = standard_date(text, no_dates("birth_date"))
    assert (found.digits, found.note) == (None, note)
    assert standard_moment(text, no_dates("discharge")).text is None


def test_parts_that_are_all_blank_are_missing_and_not_counted() -> None:
    assert standard_date("||").note is None


def test_a_day_that_stands_for_no_date_depends_on_the_column() -> None:
    none = {
        "1900-01-01": {"death_date", "start", "discharge", "death_time"},  # for birth dates, according to a rule file
        "1970-01-01": {"start", "discharge", "death_time"},
        "2099-12-31": {"death_date", "start", "discharge", "death_time"},
        "2100-12-31": {"death_date", "discharge", "death_time"},
        "1840-12-31": {"birth_date", "death_date", "start", "discharge", "death_time"},
    }
    columns = ("birth_date", "death_date", "start", "discharge", "death_time")
    for day, expected in none.items():
        assert {column for column in columns if standard_date(day, no_dates(column)).note == "placeholder"} == expected


def test_two_digit_years_in_a_column_of_their_own_need_a_century() -> None:
    assert standard_date("49|9|13").note == "two-digit year"
    assert standard_date("49|9|13", form=DateForm(two_digit_years_up_to=2020)).digits == "19490913"


def test_what_sql_reads_quickly_is_what_the_grammar_reads() -> None:
    texts = [row[0] for row in (*READ, *PARTIAL, *NOT_KNOWN)]
    texts += [
        f"2015-06-01{rest}" for rest in ("T10", " 10:00:00.1234567", " 1:00", "T10:00+05:30", " 10:00:00-5", "T24:00")
    ]
    texts += ["20150631", "2015-02-29", "2015-06-01 24:00:00", "1799-12-31", "20150601240000", "2015-06-01 7:30:00"]
    engine = DuckDBEngine(threads=1)
    engine.insert("written", {"value": texts}, {"value": "STRING"})
    quick = engine.rows(
        "SELECT value, CAST(timestamp_of(value) AS STRING) FROM written WHERE timestamp_of(value) IS NOT NULL"
    )
    engine.close()
    assert len(quick) > 5
    for text, moment in quick:
        found = standard_moment(text)
        assert found.note == "placeholder" or (found.text or "").rstrip("0") == moment.rstrip("0"), text
