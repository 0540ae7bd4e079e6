"""All dates of a column are read in one format; partial dates are kept; others are not known, with a reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.values.date_forms import DateForm, date_form, forms_found
from linkage.values.dates import PartialDate, standard_date
from tests.values.texts import DAYS, MIMIC

DATES = [
    # as written, eight digits, note
    ("1980-01-31", "19800131", None),
    ("19800131", "19800131", None),
    ("19800131.0", "19800131", None),  # a column of whole numbers with gaps
    (".", None, "placeholder"),  # SAS, Stata
    ("1980/01/31", "19800131", None),
    ("1980.1.31", "19800131", None),
    ("01/31/1980", "19800131", None),
    ("1/31/1980", "19800131", None),
    ("01-31-1980", "19800131", None),
    ("1980-01-31 07:30:00", "19800131", None),
    ("1980-01-31T07:30:00Z", "19800131", None),
    (" 1980-01-31 ", "19800131", None),
    ("1938-08", "19380800", "partial"),
    ("1938", "19380000", "partial"),
    ("1938-08-00", "19380800", "partial"),
    ("19380800", "19380800", "partial"),
    ("1938-08-99", "19380800", "partial"),
    ("1938-99-99", "19380000", "partial"),
    ("1938-08-XX", "19380800", "partial"),
    ("1938-08---", "19380800", "partial"),
    ("1938-00-15", "19380000", "partial"),  # a day without its month says nothing
    ("08/00/1938", "19380800", "partial"),
    ("2016-02-29", "20160229", None),
    ("2015-02-29", None, "impossible"),
    ("19811131", None, "impossible"),
    ("1981-13-01", None, "impossible"),
    ("1676-01-01", None, "before 1800"),
    ("1676-02-30", None, "impossible"),
    ("1850-06-01", "18500601", None),
    ("2200-01-01", "22000101", None),
    ("9999-12-31", None, "placeholder"),
    ("0000-00-00", None, "placeholder"),
    ("1900-01-01", None, "placeholder"),
    ("1/0/1900", None, "placeholder"),  # a zero in Excel, as a date
    ("01/00/1900 0:00", None, "placeholder"),
    ("1900-01-00", None, "placeholder"),
    ("Unknown", None, "placeholder"),
    ("n/a", None, "placeholder"),
    ("NaT", None, "placeholder"),
    ("22413", None, "not a date"),  # a serial number from a spreadsheet
    ("9/13/49", None, "two-digit year"),  # the century is not written
    ("31-JAN-49", None, "two-digit year"),
    ("31 January 1980", "19800131", None),
    ("31JAN1980", "19800131", None),  # SAS: date9.
    ("31jan1980:07:30:00.00", "19800131", None),  # SAS: datetime22.
    ("31-Jan-1980", "19800131", None),  # Oracle, spreadsheets
    ("Sept 5, 1980", "19800905", None),
    ("31JUN1980", None, "impossible"),
    ("31XYZ1980", None, "not a date"),
    ("08/1938", "19380800", "partial"),
    ("", None, None),
]


@pytest.mark.parametrize(("text", "digits", "note"), DATES, ids=[repr(row[0]) for row in DATES])
def test_dates(text: str, digits: str | None, note: str | None) -> None:
    found = standard_date(text, MIMIC.fields["birth_date"].not_known)
    assert (found.digits, found.note) == (digits, note)


FORMS = [
    # declared format, last year of two-digit years, as written, digits, note
    ("DD/MM/YYYY", None, "02/03/1980", "19800302", None),
    ("DD.MM.YYYY", None, "02/03/1980", "19800302", None),  # separators mean nothing
    ("DD/MM/YYYY", None, "1980-03-02", "19800302", None),  # year first is unambiguous without a declaration
    ("DD/MM/YYYY", None, "01/31/1980", None, "impossible"),
    ("YYYY-MM-DD", None, "01/31/1980", None, "not a date"),  # not what was declared
    ("MMDDYYYY", None, "01311980", "19800131", None),  # the Death Master File
    ("MMDDYYYY", None, "09001938", "19380900", "partial"),
    ("MMDDYYYY", None, "9001938", "19380900", "partial"),  # a number, which has no leading zero
    ("DDMMYYYY", None, "1021980", "19800201", None),
    ("MMDDYY", 2020, "13180", "19800131", None),
    ("MM/DD/YYYY", None, "1311980", None, "not a date"),  # not declared as having no separators
    ("MMDDYYYY", None, "19800131", "19800131", None),  # has no other reading
    ("DDMMYYYY", None, "20011980", "19800120", None),
    ("MM/DD/YY", 2005, "9/13/49", "19490913", None),
    ("MM/DD/YY", 2005, "9/13/05", "20050913", None),
    ("MM/DD/YY", 2005, "9/13/06", "19060913", None),
    ("YY-MM-DD", 2005, "49-09-13", "19490913", None),
    ("YYMMDD", 2005, "490913", "19490913", None),
    ("YYMMDD", 2005, "19490913", "19490913", None),
    ("DDMONYY", 2005, "13SEP49", "19490913", None),
    ("EXCEL", None, "22413", "19610512", None),
    ("EXCEL", None, "22413.0", "19610512", None),
    ("EXCEL", None, "22413.999999", "19610512", None),  # a moment before midnight
    ("EXCEL", None, "61", "19000301", None),  # Lotus treats 1900 as a leap year
    ("excel 1904", None, "22413", "19650513", None),
    ("EXCEL", None, "1961-05-12", "19610512", None),
    ("EXCEL", None, "60", None, "not a date"),  # Lotus's 29 February 1900
    ("EXCEL", None, "2958465", None, "placeholder"),  # 9999-12-31
    ("EXCEL", None, "2015.5", "19050707", None),  # a serial and half a day, as declared
    ("SAS", None, "20240", "20150601", None),
    ("SAS", None, "-3611.0", "19500211", None),
    ("SAS", None, "0", "19600101", None),
    ("SAS", None, "-3611.5", None, "not a date"),
    ("SAS", None, "-9", None, "placeholder"),
    ("SAS", None, "-99.0", None, "placeholder"),
    ("UNIX", None, "-9999", None, "placeholder"),
    ("UNIX", None, "-1", None, "placeholder"),
    ("UNIX", None, "-9998", "19420818", None),
    ("SAS", None, "9999", "19870518", None),  # a day like any other
    ("SAS", None, "-9999999", None, "not a date"),  # before the calendar
    ("UNIX", None, "16587", "20150601", None),
    ("UNIX", None, "-7264", "19500211", None),
    ("EXCEL", None, "-1", None, "not a date"),
    ("EXCEL 1904", None, "2957004", None, "not a date"),  # beyond the calendar
    ("YYYY MM DD", None, "2015 06 01", "20150601", None),
    ("YYYY MM DD", None, "06 01 2015", None, "not a date"),  # not what was declared
    ("YYYY:MM:DD", None, "2015:06:01", "20150601", None),
    ("YYYYMMDD", None, "20150601", "20150601", None),
    ("YYYYMMDD", None, "06012015", None, "impossible"),
    ("YYYYMMDD", None, "150601", None, "two-digit year"),
    ("YYYYMM", None, "201506", "20150600", "partial"),
    ("MMYYYY", None, "062015", "20150600", "partial"),
    ("YYYY-MM", None, "06/01/2015", None, "not a date"),
    ("YYYY", None, "2015", "20150000", "partial"),
    ("MON DD, YYYY", None, "Jun 1, 2015", "20150601", None),
    ("DD/MM/YYYY HH24:MI:SS", None, "02/03/1980 07:30:00", "19800302", None),
]


@pytest.mark.parametrize(("pattern", "up_to", "text", "digits", "note"), FORMS, ids=[f"{r[0]} {r[2]}" for r in FORMS])
def test_dates_in_a_declared_form(pattern: str, up_to: int | None, text: str, digits: str | None, note: str) -> None:
    found = standard_date(text, (), date_form(pattern, up_to))
    assert (found.digits, found.note) == (digits, note)


@pytest.mark.parametrize(
    "pattern", ["", "YYYY-DD-MM", "MM/MM/YYYY", "%d/%m/%Y", "DD/YYYY/MM", "EXCEL 1905", "YYYY-MM-DD or later", "MM"]
)
def test_a_form_that_has_no_meaning_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match=r"is not a date format\. Write it like one of: YYYY-MM-DD, MM/DD/YYYY"):
        date_form(pattern)


def test_a_form_with_a_two_digit_year_needs_a_century() -> None:
    with pytest.raises(InputError, match=r"'MM/DD/YY' has a two-digit year\. Declare its century"):
        date_form("MM/DD/YY")


COLUMNS = [
    # a column of dates, expected order, reason
    (["31/01/1980", "02/03/1980"], "DMY", "as some numbers show"),
    (["01/31/1980", "02/03/1980"], "MDY", "as some numbers show"),
    (["02/03/1980"], "MDY", "assumed"),
    (["31 01 1980 07:30", "02 03 1980"], "DMY", "as some numbers show"),
    (["99/31/1980", "02/03/1980"], "MDY", "as some numbers show"),  # 99 is not a day but an unknown month
    (["31/01/1980", "01/31/1980"], "MDY", "because the column holds both orders"),
    (["1980-01-31"], "MDY", ""),
    (["31/1/80"], "MDY", ""),  # not read without a century
    ([], "MDY", ""),
]


@pytest.mark.parametrize(("texts", "order", "how"), COLUMNS, ids=[str(row[0]) for row in COLUMNS])
def test_a_column_of_dates_is_read_one_way(texts: list[str], order: str, how: str) -> None:
    found = forms_found({"birth_date": texts}, {})["birth_date"]
    assert (found.form.order, found.how) == (order, how)


IN_A_COLUMN_OF_BOTH_ORDERS = [
    # a date, its possible meanings
    ("31/01/1980", "19800131", None),
    ("01/31/1980", "19800131", None),
    ("05/05/1980", "19800505", None),  # the same in both orders
    ("02/03/1980", None, "month or day first"),
    ("2/3/1980 07:30", None, "month or day first"),
    ("05/99/1980", None, "month or day first"),  # an unknown day in May, or the 5th of an unknown month
    ("31/02/1980", None, "impossible"),
    ("1980-02-03", "19800203", None),
    ("3 FEB 1980", "19800203", None),
    ("02/03/80", None, "two-digit year"),
    ("02/1980", "19800200", "partial"),
]


@pytest.mark.parametrize(("text", "digits", "note"), IN_A_COLUMN_OF_BOTH_ORDERS)
def test_in_a_column_of_both_orders_only_a_date_of_one_order_is_known(
    text: str, digits: str | None, note: str | None
) -> None:
    form = forms_found({"death_date": ["31/01/1980", "01/31/1980"]}, {})["death_date"].form
    assert standard_date(text, (), form) == PartialDate(digits, note)


def test_a_column_that_shows_nothing_is_read_like_the_others_of_its_file() -> None:
    dates = {"birth_date": ["02/03/1980"], "death_date": ["31/01/2015"], "start": ["1/31/2015"]}
    both = forms_found({name: dates[name] for name in ("birth_date", "death_date")}, {})
    assert str(both["birth_date"]) == "day first, as the other dates of the file show"
    assert str(forms_found(dates, {})["birth_date"]) == "month first, assumed"  # the others disagree
    declared = forms_found(dates, {"start": date_form("DD/MM/YYYY")})
    assert str(declared["start"]) == "day first, as declared"


@pytest.mark.parametrize("form", ["SAS", "UNIX"])
def test_day_0_can_be_a_birth_but_no_death(form: str) -> None:
    declared = dict.fromkeys(["birth_date", "death_date"], date_form(form))
    found = forms_found({"birth_date": ["0"], "death_date": ["0", "0.0", "20240"]}, declared)
    assert standard_date("0", (), found["birth_date"].form).digits in ("19600101", "19700101")
    for text in ("0", "0.0"):
        assert standard_date(text, (), found["death_date"].form) == PartialDate(None, "placeholder")


def test_the_dates_in_a_column_of_day_numbers_are_read_like_the_others_of_its_file() -> None:
    days = {"death_date": date_form("EXCEL")}
    found = forms_found({"birth_date": ["31/01/1980"], "death_date": ["42156", "02/03/2015"]}, days)
    assert str(found["death_date"]) == "spreadsheet days, as declared; other dates day first"
    found = forms_found({"birth_date": ["02/03/1980"], "death_date": ["42156", "31/01/2015"]}, days)
    assert str(found["birth_date"]) == "day first, as the other dates of the file show"


def test_two_digit_years_count_for_the_order_once_they_have_a_century() -> None:
    found = forms_found({"birth_date": ["31/1/80"]}, {}, {"birth_date": 2005})
    assert standard_date("2/3/80", (), found["birth_date"].form).digits == "19800302"


@settings(max_examples=300)
@given(DAYS, st.booleans())
def test_a_standardized_date_stays_as_it_is(text: str, day_first: bool) -> None:
    form = DateForm("DMY" if day_first else "MDY")
    once = standard_date(text, (), form)
    assert once.digits is None or standard_date(once.digits, (), form) == once
