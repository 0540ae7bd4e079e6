"""The same person is written the same way in both files, and what cannot be known is not known.

The forms are those of files that people have sent: see the sections on how identifiers fail.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import linkage
from linkage.columns import column
from linkage.engines.reference_frames import standard_frame
from linkage.errors import InputError
from linkage.rule_file import read_rules
from linkage.standardise.dates import DateForm, date_form, forms_found, standard_date
from linkage.standardise.names import former_names, standard_name, standard_sex, standard_suffix
from linkage.standardise.ssn import SsnPolicy, standard_ssn

MIMIC = read_rules("mimic_iv")
FIRST, LAST = (MIMIC.fields[name].not_known for name in ("first_name", "last_name"))

LAST_NAMES = [
    # as written, standard form, its parts, its suffix, reason
    ("Smith", "SMITH", ("SMITH",), None, "case"),
    ("  smith ", "SMITH", ("SMITH",), None, "blanks around it"),
    ("O'Brien", "OBRIEN", ("OBRIEN",), None, "an apostrophe"),
    ("O\u2019Brien", "OBRIEN", ("OBRIEN",), None, "a typographic apostrophe"),
    ("O Brien", "OBRIEN", ("BRIEN",), None, "a blank instead of it: the particle is no part"),
    ("Garc\u00eda", "GARCIA", ("GARCIA",), None, "an accent"),
    ("Garci\u0301a", "GARCIA", ("GARCIA",), None, "the same accent as a mark of its own"),
    ("M\u00fcller", "MULLER", ("MULLER",), None, "an umlaut"),
    ("\u0141ukasz", "LUKASZ", ("LUKASZ",), None, "a barred letter"),
    ("\u041f\u0435\u0442\u0440\u043e\u0432", "PETROV", ("PETROV",), None, "another script"),
    ("Garcia-Lopez", "GARCIALOPEZ", ("GARCIA", "LOPEZ"), None, "a compound surname"),
    ("Garcia Lopez", "GARCIALOPEZ", ("GARCIA", "LOPEZ"), None, "the same without a hyphen"),
    ("De la Cruz", "DELACRUZ", ("CRUZ",), None, "particles are kept in the name and are no parts"),
    ("Van Der Berg", "VANDERBERG", ("BERG",), None, "Dutch particles"),
    ("St. John", "STJOHN", ("JOHN",), None, "a dot"),
    ("Smith Jr.", "SMITH", ("SMITH",), "JR", "a suffix inside the name"),
    ("Smith, III", "SMITH", ("SMITH",), "III", "a suffix behind a comma"),
    ("Smith 2nd", "SMITH", ("SMITH",), "II", "a suffix in digits"),
    ("Junior", "JUNIOR", ("JUNIOR",), None, "a name that looks like a suffix is a name"),
    ("Smith MD", "SMITH", ("SMITH",), None, "a title behind the name"),
    ("Smith (Jones)", "SMITH", ("SMITH",), None, "what stands in brackets is a remark"),
    ("Sm1th", "SMTH", ("SMTH",), None, "a digit is no letter"),
    ("True", "TRUE", ("TRUE",), None, "a real surname"),
    ("None", "NONE", ("NONE",), None, "a real surname"),
    ("Null", "NULL", ("NULL",), None, "a real surname"),
    ("Unknown", None, (), None, "a placeholder"),
    ("UNK", None, (), None, "a placeholder"),
    ("DOE", None, (), None, "a placeholder"),
    ("XXX", None, (), None, "a key held down"),
    ("---", None, (), None, "no letter at all"),
    ("12345", None, (), None, "digits alone"),
    ("", None, (), None, "empty"),
    ("   ", None, (), None, "blanks"),
]


@pytest.mark.parametrize(("text", "name", "parts", "suffix", "reason"), LAST_NAMES, ids=[row[-1] for row in LAST_NAMES])
def test_last_names(text: str, name: str | None, parts: tuple[str, ...], suffix: str | None, reason: str) -> None:
    found = standard_name(text, LAST)
    assert (found.name, found.parts, found.suffix) == (name, parts, suffix)


FIRST_NAMES = [
    # as written, standard form, middle name moved out, reason
    ("John Q", "JOHN", "Q", "a middle initial"),
    ("John Q.", "JOHN", "Q", "a middle initial with its dot"),
    ("Mary Ann", "MARYANN", None, "a double name"),
    ("Mary-Ann", "MARYANN", None, "the same with a hyphen"),
    ("J", "J", None, "an initial alone stays"),
    ("J Q", "JQ", None, "two initials are nobody's first name and middle initial"),
    ("Dr. John", "JOHN", None, "a title"),
    ("Mrs Anna", "ANNA", None, "a title without a dot"),
    ("Baby Boy", None, None, "a newborn without a name"),
    ("BABY BOY SMITH", None, None, "a newborn with its mother's name"),
    ("Babyboy", None, None, "the same in one word"),
    ("None", None, None, "nobody's first name"),
    ("Unknown", None, None, "a placeholder"),
]


@pytest.mark.parametrize(("text", "name", "middle", "reason"), FIRST_NAMES, ids=[row[-1] for row in FIRST_NAMES])
def test_first_names(text: str, name: str | None, middle: str | None, reason: str) -> None:
    found = standard_name(text, FIRST, given=True)
    assert (found.name, found.middle) == (name, middle)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Smith", ["SMITH"]),
        ("Smith; O'Hara", ["SMITH", "OHARA"]),
        ("Smith|Jones", ["SMITH", "JONES"]),
        ("Smith, Unknown", ["SMITH"]),
        ("", []),
        (" ; ", []),
    ],
)
def test_former_last_names(text: str, names: list[str]) -> None:
    assert former_names(text, LAST) == names


@pytest.mark.parametrize(
    ("text", "suffix"), [("Jr.", "JR"), ("junior", "JR"), ("3rd", "III"), ("iv", "IV"), ("PhD", None), ("", None)]
)
def test_suffixes(text: str, suffix: str | None) -> None:
    assert standard_suffix(text) == suffix


@pytest.mark.parametrize(
    ("text", "sex"), [("M", "M"), (" male ", "M"), ("1", "M"), ("f", "F"), ("2", "F"), ("U", None), ("", None)]
)
def test_sex(text: str, sex: str | None) -> None:
    assert standard_sex(text) == sex


SSNS = [
    # as written, nine digits, last four, note
    ("212345678", "212345678", "5678", None),
    ("212-34-5678", "212345678", "5678", None),
    ("212 34 5678", "212345678", "5678", None),
    (" 212345678 ", "212345678", "5678", None),
    ("212345678.0", "212345678", "5678", None),  # a spreadsheet made a number of it
    ("012-34-5679", "012345679", "5679", None),
    ("912-34-5678", "912345678", "5678", None),  # a taxpayer number is kept by default
    ("XXX-XX-5678", None, "5678", "last four digits only"),
    ("***-**-5678", None, "5678", "last four digits only"),
    ("5678", None, "5678", "last four digits only"),
    ("12345678", None, None, "7 or 8 digits"),  # which zero was lost, nobody knows
    ("2123456789", None, None, "not 9 digits"),
    ("000-12-3456", None, None, "never issued"),
    ("666-12-3456", None, None, "never issued"),
    ("212-00-3456", None, None, "never issued"),
    ("212-34-0000", None, None, "never issued"),
    ("111-11-1111", None, None, "one repeated digit"),
    ("999999999", None, None, "one repeated digit"),
    ("123-45-6789", None, None, "known dummy"),
    ("078-05-1120", None, None, "known dummy"),
    ("219-09-9999", None, None, "known dummy"),
    ("987-65-4320", None, None, "known dummy"),
    ("unknown", None, None, "not a number"),
    ("2I2345678", None, None, "not a number"),
    ("\u0662\u0661\u0662345678", None, None, "not a number"),  # digits of another script
    ("", None, None, None),
    ("  ", None, None, None),
]


@pytest.mark.parametrize(("text", "digits", "last_four", "note"), SSNS, ids=[repr(row[0]) for row in SSNS])
def test_social_security_numbers(text: str, digits: str | None, last_four: str | None, note: str | None) -> None:
    found = standard_ssn(text, MIMIC.fields["ssn"].not_known)
    assert (found.ssn, found.last_four, found.note) == (digits, last_four, note)


def test_taxpayer_numbers_are_dropped_on_request() -> None:
    assert standard_ssn("912345678", policy=SsnPolicy(keep_taxpayer_numbers=False)).note == "taxpayer number"


def test_numbers_of_other_lengths_are_read_where_the_rule_file_says_so() -> None:
    assert standard_ssn("0004567", policy=SsnPolicy(digits=7)).ssn == "0004567"


DATES = [
    # as written, eight digits, note
    ("1980-01-31", "19800131", None),
    ("19800131", "19800131", None),
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
    ("1676-01-01", None, "impossible"),
    ("1850-06-01", "18500601", None),
    ("2200-01-01", None, "impossible"),
    ("9999-12-31", None, "impossible"),
    ("0000-00-00", None, "impossible"),
    ("1900-01-01", None, "placeholder"),
    ("Unknown", None, "placeholder"),
    ("n/a", None, "placeholder"),
    ("NaT", None, "placeholder"),
    ("22413", None, "not a date"),  # a serial number of a spreadsheet
    ("9/13/49", None, "two-digit year"),  # a century that nobody wrote
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
    # declared form, last year of the two-digit ones, as written, digits, note
    ("DD/MM/YYYY", None, "02/03/1980", "19800302", None),
    ("DD.MM.YYYY", None, "02/03/1980", "19800302", None),  # separators mean nothing
    ("DD/MM/YYYY", None, "1980-03-02", "19800302", None),  # the year first is clear without a declaration
    ("DD/MM/YYYY", None, "01/31/1980", None, "impossible"),
    ("YYYY-MM-DD", None, "01/31/1980", None, "not a date"),  # not what was declared
    ("MMDDYYYY", None, "01311980", "19800131", None),  # the Death Master File
    ("MMDDYYYY", None, "09001938", "19380900", "partial"),
    ("MMDDYYYY", None, "9001938", "19380900", "partial"),  # a number, which has no leading zero
    ("DDMMYYYY", None, "1021980", "19800201", None),
    ("MMDDYY", 2020, "13180", "19800131", None),
    ("MM/DD/YYYY", None, "1311980", None, "not a date"),  # nobody has said that it has no separators
    ("MMDDYYYY", None, "19800131", "19800131", None),  # can be nothing else
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
    ("EXCEL", None, "61", "19000301", None),  # Lotus took 1900 for a leap year
    ("excel 1904", None, "22413", "19650513", None),
    ("EXCEL", None, "1961-05-12", "19610512", None),
]


@pytest.mark.parametrize(("pattern", "up_to", "text", "digits", "note"), FORMS, ids=[f"{r[0]} {r[2]}" for r in FORMS])
def test_dates_in_a_declared_form(pattern: str, up_to: int | None, text: str, digits: str | None, note: str) -> None:
    found = standard_date(text, (), date_form(pattern, up_to))
    assert (found.digits, found.note) == (digits, note)


@pytest.mark.parametrize("pattern", ["", "YYYY-DD-MM", "MM/MM/YYYY", "%d/%m/%Y", "DD/YYYY/MM", "EXCEL 1905"])
def test_a_form_that_has_no_meaning_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match=r"is not a form of dates\. Write it like one of: YYYY-MM-DD, MM/DD/YYYY"):
        date_form(pattern)


def test_a_form_with_a_two_digit_year_needs_a_century() -> None:
    with pytest.raises(InputError, match=r"'MM/DD/YY' has a two-digit year\. Say which century"):
        date_form("MM/DD/YY")


COLUMNS = [
    # a column of dates, in which order it is read, reason
    (["31/01/1980", "02/03/1980"], "DMY", "as some numbers show"),
    (["01/31/1980", "02/03/1980"], "MDY", "as some numbers show"),
    (["02/03/1980"], "MDY", "assumed"),
    (["31/01/1980", "01/31/1980"], "MDY", "though the column holds both orders"),
    (["1980-01-31"], "MDY", ""),
    (["31/1/80"], "MDY", ""),  # not read without a century
    ([], "MDY", ""),
]


@pytest.mark.parametrize(("texts", "order", "how"), COLUMNS, ids=[str(row[0]) for row in COLUMNS])
def test_a_column_of_dates_is_read_one_way(texts: list[str], order: str, how: str) -> None:
    found = forms_found({"birth_date": texts}, {})["birth_date"]
    assert (found.form.order, found.how) == (order, how)


def test_a_column_that_shows_nothing_is_read_like_the_others_of_its_file() -> None:
    dates = {"birth_date": ["02/03/1980"], "death_date": ["31/01/2015"], "start": ["1/31/2015"]}
    both = forms_found({name: dates[name] for name in ("birth_date", "death_date")}, {})
    assert str(both["birth_date"]) == "day first, as the other dates of the file show"
    assert str(forms_found(dates, {})["birth_date"]) == "month first, assumed"  # the others disagree
    declared = forms_found(dates, {"start": date_form("DD/MM/YYYY")})
    assert str(declared["start"]) == "day first, as declared"


def test_two_digit_years_count_for_the_order_once_they_have_a_century() -> None:
    found = forms_found({"birth_date": ["31/1/80"]}, {}, {"birth_date": 2005})
    assert standard_date("2/3/80", (), found["birth_date"].form).digits == "19800302"


# Hypothesis: whatever a file holds.

LETTERS = st.text(
    "abzABZ e\u00e9\u00c9\u00df\u00f1\u00f8\u0133\u00b5\u0301'\u2019`.,-/()0129|;\t\n\u00a0\u200b\u674e\u041e",
    max_size=14,
)
WORDS = st.lists(
    st.sampled_from(
        ["Dr.", "SMITH", "jr", "Jr.", "III", "o'", "de la", "García", "Baby", "Boy", "DOE", "Q", "x", "XXX", "MD"]
    ),
    max_size=4,
).map(" ".join)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NAMES = st.one_of(LETTERS, WORDS, ANY)
NUMBERS = st.one_of(
    st.text("0123456789- .xX*", max_size=12), st.from_regex(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}", fullmatch=True), ANY
)
DAYS = st.one_of(
    st.from_regex(r"(18|19|20|21)[0-9]{2}[-/.]?[01][0-9][-/.]?[0-3][0-9]( 07:00)?", fullmatch=True),
    st.from_regex(r"[0-3]?[0-9][-/.][0-3]?[0-9][-/.](19|20)[0-9]{2}", fullmatch=True),
    st.dates().map(str),
    st.text("0129-/. xX", max_size=11),
    ANY,
)


@settings(max_examples=300)
@given(NAMES, st.booleans())
@example("Dr. De la García-López Jr.", False)
def test_a_standardised_name_stays_as_it_is(text: str, given: bool) -> None:
    once = standard_name(text, FIRST if given else LAST, given=given)
    if once.name is not None:
        assert once.name.isascii()
        assert once.name.isalpha()
        assert once.name.isupper()
        twice = standard_name(once.name, FIRST if given else LAST, given=given)
        assert (twice.name, twice.suffix, twice.middle) == (once.name, None, None)


@settings(max_examples=300)
@given(NUMBERS)
def test_a_standardised_number_stays_as_it_is(text: str) -> None:
    once = standard_ssn(text, MIMIC.fields["ssn"].not_known)
    assert once.ssn is None or standard_ssn(once.ssn, MIMIC.fields["ssn"].not_known) == once
    assert once.last_four is None or standard_ssn(once.last_four).last_four == once.last_four


@settings(max_examples=300)
@given(DAYS, st.booleans())
def test_a_standardised_date_stays_as_it_is(text: str, day_first: bool) -> None:
    form = DateForm("DMY" if day_first else "MDY")
    once = standard_date(text, (), form)
    assert once.digits is None or standard_date(once.digits, (), form) == once


PERSON = st.fixed_dictionaries(
    {
        "first_name": st.none() | NAMES,
        "middle_name": st.none() | NAMES,
        "last_name": st.none() | NAMES,
        "former_last_names": st.none() | NAMES,
        "suffix": st.none() | st.one_of(st.sampled_from(["Jr.", "JR", "ii", "2ND", "MD", " sr "]), ANY),
        "ssn": st.none() | NUMBERS,
        "birth_date": st.none() | DAYS,
        "sex": st.none() | st.one_of(st.sampled_from(["M", "f", " Male", "FEMALE", "1", "2", "U"]), ANY),
    }
)
PLAIN = (
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "ssn",
    "ssn_last_four",
    "birth_date",
    "birth_date_partial",
    "sex",
)
LISTED = ("first_name_parts", "middle_name_parts", "last_name_parts", "last_name_all")
PIECES = ("birth_year", "birth_month", "birth_day", "first_name_initial", "last_name_initial")


@settings(max_examples=15)
@given(st.lists(PERSON, min_size=20, max_size=40))
def test_whole_tables_are_standardised_as_single_values_are(people: Sequence[dict[str, str | None]]) -> None:
    """Plain values are done in SQL while a file is read, the odd ones once each in Python."""
    rows = [{"patient_id": str(place), **person} for place, person in enumerate(people)]
    patients = pd.DataFrame(rows, dtype=object)
    cascade = replace(MIMIC, ssn=SsnPolicy(people_at_most=10_000))
    deaths = patients.head(1).rename(columns={"patient_id": "death_id"})
    names = (*PLAIN, *LISTED, *PIECES)
    with linkage.link(patients, deaths, cascade, threads=1) as run:
        listed = ", ".join(column("patient", name) for name in names)
        found = run.engine.rows(f"SELECT patient_id, {listed} FROM patient")
    expected = standard_frame(patients, "patient_id", cascade)
    for id, *values in found:
        row = expected.loc[id]
        assert dict(zip(names, values, strict=True)) == {name: row[name] for name in names}, people[int(id)]
