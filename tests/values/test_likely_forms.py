"""The form that numbers seem to have is proposed, and never one of several that fit equally well."""

import pytest

from linkage.values.likely_forms import advice, likely_forms

FORMS = [
    # texts, our column, the forms that fit
    (["06012015", "12312014"], "death_date", ("MMDDYYYY",)),
    (["6012015", "12312014.0"], "death_date", ("MMDDYYYY",)),  # a number has lost its leading zero
    (["31122015", "01022015"], "death_date", ("DDMMYYYY",)),
    (["01022015", "03042015"], "death_date", ("MMDDYYYY", "DDMMYYYY")),
    (["060115", "123115"], "start", ("MMDDYY",)),
    (["310115", "280215"], "start", ("YYMMDD", "DDMMYY")),
    (["500211", "661231"], "birth_date", ("YYMMDD",)),
    (["201506", "201512"], "death_date", ("YYYYMM",)),
    (["42156", "42157.75"], "death_date", ("EXCEL",)),
    (["18305", "36526"], "birth_date", ("EXCEL",)),
    (["20240", "24000"], "death_date", ("SAS", "UNIX")),
    (["-3611", "7200", "12"], "birth_date", ("SAS", "UNIX")),
    (["3611", "7200"], "birth_date", ("EXCEL", "SAS", "UNIX")),
    (["16587", "3000"], "discharge", ("UNIX",)),
    (["30000", "34000"], "death_date", ("EXCEL",)),
    (["660", "671"], "death_date", ()),  # months since 1960, as Stata counts them
    (["1433116800"], "discharge", ("SECONDS",)),
    (["1433116800000"], "discharge", ("SECONDS",)),
    (["13653100800.0"], "discharge", ("SECONDS",)),
    ([f"{14 + day % 2}{day:03}" for day in range(1, 366, 7)], "death_date", ("YYYYDDD",)),
    ([f"15{day:03}" for day in range(1, 366, 7)], "death_date", ("SAS", "UNIX", "YYYYDDD")),  # or days of one year
    ([str(day) for day in range(42005, 42370, 7)], "death_date", ("EXCEL",)),  # 2015, not the days of the year 42
    ([str(day) for day in range(21001, 21366, 7)], "death_date", ("SAS", "UNIX", "YYYYDDD")),
    ([f"75{day:03}" for day in range(1, 366, 7)], "death_date", ("YYYYDDD",)),
    ([str(day) for day in range(42005, 42370, 7)], "birth_date", ("EXCEL", "YYYYDDD")),
    ([f"2015{day:03}" for day in range(1, 366, 7)], "death_date", ("YYYYDDD",)),
    (["99999999", "88888888"], "death_date", ()),
    (["123456", "987654"], "death_date", ()),
    (["06012015", "soon"], "death_date", ()),
    ([], "death_date", ()),
]


@pytest.mark.parametrize(("texts", "column", "forms"), FORMS, ids=[f"{row[1]} {row[0]}" for row in FORMS])
def test_numbers_have_the_forms_in_which_nearly_all_are_days(
    texts: list[str], column: str, forms: tuple[str, ...]
) -> None:
    assert likely_forms(texts, column) == forms


def test_the_advice_names_the_setting() -> None:
    assert advice([], "start") == ""
    assert advice(["MMDDYYYY", "DDMMYYYY"], "start").startswith(
        "They seem to be dates in the form MMDDYYYY or DDMMYYYY: declare the right one, such as dates = { start ="
    )
    assert advice(["MMDDYY"], "start").endswith(
        'declare dates = { start = "MMDDYY" } and two_digit_years_up_to = { start = ... }.'
    )
    assert advice(["SAS", "UNIX"], "start") == (
        "They seem to be days since 1960 (SAS) or days since 1970 (UNIX): declare the right one, such as"
        ' dates = { start = "SAS" }.'
    )
    assert "years with the day of the year" in advice(["YYYYDDD"], "start")
    assert advice(["SAS", "YYYYDDD"], "start") == (
        "They seem to be days since 1960 (SAS) or years with the day of the year (YYDDD, which cannot be declared):"
        ' declare the right one, such as dates = { start = "SAS" }.'
    )
    assert "numbers of seconds" in advice(["SECONDS"], "start")
