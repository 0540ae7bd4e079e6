"""A number is nine digits that could have been issued, or it is not known, with a reason."""

import pytest
from hypothesis import given, settings

from linkage.values.ssn import SsnPolicy, standard_ssn
from tests.values.texts import MIMIC, NUMBERS

SSNS = [
    # as written, nine digits, last four, note
    ("212345678", "212345678", "5678", None),
    ("212-34-5678", "212345678", "5678", None),
    ("212 34 5678", "212345678", "5678", None),
    (" 212345678 ", "212345678", "5678", None),
    ("212345678.0", "212345678", "5678", None),  # a spreadsheet converted it to a number
    ("012-34-5679", "012345679", "5679", None),
    ("912-34-5678", "912345678", "5678", None),  # a taxpayer number is kept by default
    ("XXX-XX-5678", None, "5678", "last four digits only"),
    ("***-**-5678", None, "5678", "last four digits only"),
    ("5678", None, "5678", "last four digits only"),
    ("12345678", None, None, "7 or 8 digits"),  # which zero was lost cannot be known
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
    ("2.12346E+08", None, None, "rounded by a spreadsheet"),
    ("2e8", None, None, "rounded by a spreadsheet"),
    ("1.2E-8", None, None, "not a number"),
    ("2.12345678E8", "212345678", "5678", None),  # all nine digits are present
    ("2.12345678e+08", "212345678", "5678", None),
    ("2.1234567E8", None, None, "rounded by a spreadsheet"),  # 212345670, or any of ten
    ("2.123456789E8", None, None, "rounded by a spreadsheet"),
    ("1.2345678E7", None, None, "7 or 8 digits"),
    ("1234567.00", None, None, "7 or 8 digits"),  # the decimals are not digits of the SSN
    ("212345678.00", "212345678", "5678", None),
    ("212345678.000", "212345678", "5678", None),
    ("212345678.", "212345678", "5678", None),
    ("2123456.78", None, None, "not a number"),
    ("212345678.5", None, None, "not a number"),
    ("212.34.5678", "212345678", "5678", None),
    ("212\u201334\u20135678", "212345678", "5678", None),  # en dashes
    ("212\u201434\u20145678", "212345678", "5678", None),  # em dashes
    ("212\u221234\u22125678", "212345678", "5678", None),  # minus signs
    ("212\u201134\u20115678", "212345678", "5678", None),  # non-breaking hyphens
    (
        "\uff12\uff11\uff12\uff0d\uff13\uff14\uff0d\uff15\uff16\uff17\uff18",
        "212345678",
        "5678",
        None,
    ),  # full width
    ("212\u00a034\u00a05678", "212345678", "5678", None),  # non-breaking spaces
    ("212\u200b345678", "212345678", "5678", None),  # a zero-width character
    ('="212345678"', "212345678", "5678", None),  # a formula, as exports for spreadsheets write it
    ('"212-34-5678"', "212345678", "5678", None),
    ("'212345678", "212345678", "5678", None),  # the text marker of spreadsheets
    ("'212-34-5678'", "212345678", "5678", None),
    ("-212345678", None, None, "not a number"),
    ("212345678?", None, None, "not a number"),
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


@settings(max_examples=300)
@given(NUMBERS)
def test_a_standardized_number_stays_as_it_is(text: str) -> None:
    once = standard_ssn(text, MIMIC.fields["ssn"].not_known)
    assert once.ssn is None or standard_ssn(once.ssn, MIMIC.fields["ssn"].not_known) == once
    assert once.last_four is None or standard_ssn(once.last_four).last_four == once.last_four


@pytest.mark.parametrize("text", ["1941-03-07", "03/07/1941", "212-34-567", "12-34-5678", "21234 567"])
def test_zeros_are_restored_only_to_what_was_a_number(text: str) -> None:
    """A spreadsheet takes zeros from numbers, and numbers have no separators: a date would become a stranger's SSN."""
    assert standard_ssn(text, restore_zeros=True).ssn is None
    assert standard_ssn(text, restore_zeros=True).note == "7 or 8 digits"
