"""The form of the dates of a column: the order of day, month and year, and the century of two-digit years.

Separate from reading one date, because the form is declared for a whole column or inferred from all of its dates:
02/03/2015 alone does not show whether the day or the month is first.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from linkage.errors import InputError
from linkage.values.written_dates import numbers

ORDERS = {
    "MDY": "month first",
    "DMY": "day first",
    "YMD": "year first",
    "YM": "year and month",
    "MY": "month and year",
    "Y": "year",
}
PATTERNS = (
    *("YYYY-MM-DD", "MM/DD/YYYY", "DD/MM/YYYY", "YYYYMMDD", "MMDDYYYY", "MM/DD/YY", "DDMONYYYY"),
    *("YYYY-MM", "YYYYMM", "YYYY", "EXCEL", "EXCEL 1904", "SAS", "UNIX"),
)
_DAYS_SINCE = {"EXCEL": 1900, "EXCEL 1900": 1900, "EXCEL 1904": 1904, "SAS": 1960, "UNIX": 1970}
_DAY = r"(YYYY|YY|MM?|DD?|MON)([-/.:_ ]?)(MM?|DD?|MON)([-/.:_, ]{0,2})(YYYY|YY|DD?)"
_MONTH = r"(YYYY|MM?|MON)([-/._ ]?)(YYYY|MM?|MON)"
_CLOCK = r"(?:[T :,]{0,2}H{1,2}(?:12|24)?:?(?:MM|MI)(?::?SS(?:\.[SF]+)?)?(?: ?[AP]M)?)?"
DAY_AND_CLOCK = re.compile(r"([0-9A-Za-z/.-]{8,11})[ T:]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AP]M)?)")


@dataclass(frozen=True, slots=True)
class DateForm:
    """How to read dates that have several possible readings.

    `order` applies to dates whose four-digit year is not first (MDY, DMY, or YMD for two-digit years). `compact` says
    that digits without separators are in this order too. A two-digit year is one of the hundred years that end with
    `two_digit_years_up_to`; None leaves such dates not known. `days_since` is the first year of a calendar in which
    numbers are days: 1900 or 1904 of spreadsheets, 1960 of SAS and Stata, 1970 of R and Unix. `zero_is_no_date` says
    that day 0 of this calendar is a default date. `either_order` says that
    the column has dates with the month first and dates with the day first: a date that is valid in both orders, with
    different meanings, is not known.
    """

    order: str = "MDY"
    compact: bool = False
    two_digit_years_up_to: int | None = None
    days_since: int | None = None
    zero_is_no_date: bool = False
    either_order: bool = False


MONTH_FIRST = DateForm()


def date_form(pattern: str, two_digit_years_up_to: int | None = None) -> DateForm:
    """The form that a pattern such as MM/DD/YYYY declares, with or without a time of day.

    The kind of separator does not matter, but its absence does. Raises InputError for a pattern without a meaning, and
    for YY without `two_digit_years_up_to`.

    >>> date_form("DD.MM.YYYY HH:MM").order, date_form("MMDDYYYY").compact
    ('DMY', True)
    """
    plain = " ".join(pattern.upper().split())
    if plain in _DAYS_SINCE:
        return DateForm(two_digit_years_up_to=two_digit_years_up_to, days_since=_DAYS_SINCE[plain])
    groups: list[str] = []
    order = ""
    for parts in (re.fullmatch(_DAY + _CLOCK, plain), re.fullmatch(f"{_MONTH}|(YYYY)", plain)):
        if parts and order not in ORDERS:
            groups = [group for group in parts.groups() if group]
            order = "".join(group[0] for group in groups if group[0].isalpha())
    if order not in ORDERS:
        raise InputError(f"{pattern!r} is not a date format. Write it like one of: {', '.join(PATTERNS)}.")
    if "YYYY" not in plain and two_digit_years_up_to is None:
        raise InputError(
            f"{pattern!r} has a two-digit year. Declare its century: two_digit_years_up_to is the last"
            " of the hundred years that it can be."
        )
    compact = all(group[0].isalpha() for group in groups) and "MON" not in plain and order != "Y"
    return DateForm(order, compact, two_digit_years_up_to)


@dataclass(frozen=True, slots=True)
class FormFound:
    """The form in which a column of dates is read, and how it was determined; "" if nothing was ambiguous.

    `likely` are the forms that the numbers seem to have which cannot be read in this form, see `likely_forms`.
    `swapped` is the number of different dates whose day and month a program seems to have exchanged, see
    `is_half_converted`. `left_as_text` is the number of different dates that it left in a part of the column, see
    mixed_orders.py. `day_second` is the number of different dates that show the order year, day, month, if no date
    shows another, and `day_second_too` if others do. `undecided` is the number of different dates that show no order,
    if no date of the column shows one.
    `against` is the number of different dates that only the other order of day and month can read, unless they are so
    few that they are typing errors.
    """

    form: DateForm
    how: str = ""
    likely: tuple[str, ...] = ()
    swapped: int = 0
    left_as_text: int = 0
    day_second: int = 0
    day_second_too: int = 0
    against: int = 0
    undecided: int = 0

    @property
    def is_shown(self) -> bool:
        """Whether the order of day and month is declared, or shown by a date."""
        return bool(self.how) and self.how != ASSUMED and not self.form.either_order

    def __str__(self) -> str:
        order = ORDERS[self.form.order]
        if self.form.either_order:
            order = "each date in its only valid order"
        text = f"{order}, {self.how}"
        if self.form.days_since:
            days = "spreadsheet days" if self.form.days_since < 1960 else f"days since {self.form.days_since}"
            text = f"{days}, {self.how}; other dates {order}"
        return f"{text}; dates valid in both orders are not known" if self.form.either_order else text


DECLARED = "as declared"
ASSUMED = "assumed"
"""How a form was determined if no date shows its order."""
_CLEAR = "as some numbers show"
_BOTH_ORDERS = "because the column holds both orders"
_SLIPS = 0.05  # so few numbers, compared with the others, are typing errors and not another order
_SEVERAL, _TYPED_WRONGLY = 3, 0.002


def are_several(dates: int, others: int) -> bool:
    """Whether so many different dates in another order are no typing errors: three or more, and more than two of a
    thousand.

    >>> [are_several(dates, others) for dates, others in ((2, 9), (3, 900), (3, 9_000))]
    [False, True, False]
    """
    return dates >= _SEVERAL and dates > _TYPED_WRONGLY * others


def forms_found(
    texts: Mapping[str, Collection[str]], declared: Mapping[str, DateForm], up_to: Mapping[str, int] | None = None
) -> dict[str, FormFound]:
    """How each column of one file is read: as declared, or as inferred from its dates.

    First numbers over 12 and no second ones (except one in twenty, as errors) mean day first. A column that shows no
    order is read like the others of its file, and month first if they show none either. In a column that shows both
    orders, a date is known only if it is valid in just one. `up_to` has, by column, the last of the hundred years that
    a two-digit year can mean.

    >>> found = forms_found({"birth_date": ["31/01/1980"], "death_date": ["02/03/2015"]}, {})
    >>> print(found["death_date"])
    day first, as the other dates of the file show
    """
    return forms_shown({column: Counter(map(order_shown, values)) for column, values in texts.items()}, declared, up_to)


def order_shown(text: str) -> str:
    """What one date shows about the order of its column: the number of digits of its year, and which number is over 12
    and can be a day.

    >>> order_shown("31/01/1980"), order_shown("1/31/80"), order_shown("02/03/1980"), order_shown("1980-01-31")
    ('4 first', '2 second', '4 ', '')
    """
    parted = DAY_AND_CLOCK.fullmatch(text)
    found = _numbers(parted[1] if parted else text)
    if found is None:
        return ""
    first, second, year = found
    over = [
        place for place, number in (("first", first), ("second", second)) if number.isdigit() and 12 < int(number) <= 31
    ]
    return f"{len(year)} {' '.join(over)}"


DAY_SECOND, MONTH_SECOND = "day second", "month second"


def shown_by_year_first(text: str) -> str:
    """What a date with the year first shows about the order of day and month, also one in three columns: `DAY_SECOND`
    if its second number is over 12, `MONTH_SECOND` if its third is, and "" if none is.

    >>> shown_by_year_first("2015-31-01 07:30"), shown_by_year_first("2015|1|31"), shown_by_year_first("2015-02-01")
    ('day second', 'month second', '')
    """
    match = _THREE_NUMBERS.match(text)
    if not match or match[2] != match[4]:
        return ""
    second_is_day, third_is_day = (12 < int(match[place]) <= 31 for place in (3, 5))
    if second_is_day == third_is_day or min(int(match[3]), int(match[5])) == 0:
        return ""
    return DAY_SECOND if second_is_day else MONTH_SECOND


_THREE_NUMBERS = re.compile(r"((?:18|19|2[0-9])[0-9]{2})([-/. |]?)([0-9]{1,2})([-/. |]?)([0-9]{1,2})(?![0-9])")
_numbers = lru_cache(1 << 14)(numbers)
_ENOUGH = 5
"""So many dates without a counterexample are not due to chance."""
_UP_TO_12, _BY_CHANCE = 0.4, 1e-5
"""The share of days up to the 12th, and the probability below which dates are divided by day on purpose."""
NO_CHANCE = 13
"""Of so many different dates, one has a day after the 12th: `_UP_TO_12` to this power is below `_BY_CHANCE`."""


def is_half_converted(shown: Mapping[str, int], year_first: int, latest_day: int) -> bool:
    """Whether a program seems to have converted those dates of a column that are valid in its own order.

    A spreadsheet that expects the month first reads 02/06/2015 as 6 February and leaves 16/06/2015 as text. So no
    date that it converted has a day after the 12th, and every text has a number over 12. `shown` counts the dates by
    what `order_shown` returns; `year_first` are the dates with the year first, and `latest_day` their latest day.

    >>> is_half_converted({"4 first": 14}, 10, 12), is_half_converted({"4 first": 14}, 10, 28)
    (True, False)
    >>> is_half_converted({"4 first": 14, "4 ": 9}, 10, 12)
    False
    >>> is_half_converted({"4 first": 12}, 8, 12), is_half_converted({"4 first": 12}, 4, 12)
    (True, False)
    """
    if not may_be_half_converted(shown) or year_first < _ENOUGH or latest_day > 12:
        return False
    texts = sum(number for one, number in shown.items() if one)
    return _UP_TO_12**year_first * (1 - _UP_TO_12) ** texts <= _BY_CHANCE


def may_be_half_converted(shown: Mapping[str, int]) -> bool:
    """Whether the dates that are not converted allow it: all show their order, and all the same one."""
    texts = {one: number for one, number in shown.items() if one}
    return set(texts) in ({"4 first"}, {"4 second"}) and sum(texts.values()) >= _ENOUGH


def forms_shown(
    shown: Mapping[str, Mapping[str, int]], declared: Mapping[str, DateForm], up_to: Mapping[str, int] | None = None
) -> dict[str, FormFound]:
    """Like `forms_found`, from the number of dates of each column by what `order_shown` returns."""
    up_to = up_to or {}
    found = {}
    for column, counts in shown.items():
        if column not in declared:
            found[column] = _form_of(counts, DateForm(two_digit_years_up_to=up_to.get(column)))
        elif declared[column].days_since:  # says nothing about the order of dates that are not numbers
            # People were born on day 0, but the other columns rarely go back to it, and systems write it as a default.
            form = replace(declared[column], zero_is_no_date=column != "birth_date")
            found[column] = _form_of(counts, form)
        else:
            found[column] = FormFound(declared[column], DECLARED, against=against_order(counts, declared[column]))
    clear = {one.form.order for one in found.values() if one.how == _CLEAR}
    for column, one in found.items():
        if one.how == ASSUMED and len(clear) == 1:
            form = replace(one.form, order=next(iter(clear)))
            found[column] = FormFound(form, "as the other dates of the file show")
    return {column: replace(one, how=DECLARED) if column in declared else one for column, one in found.items()}


def _form_of(shown: Mapping[str, int], form: DateForm) -> FormFound:
    by_order = _by_order(shown, form)
    if not by_order:
        return FormFound(form)
    days_first, days_second = _over_12(by_order)
    if min(days_first, days_second) > _SLIPS * max(days_first, days_second):
        return FormFound(replace(form, either_order=True), _BOTH_ORDERS)
    if days_first or days_second:
        form = replace(form, order="DMY" if days_first > days_second else "MDY")
        return FormFound(form, _CLEAR, against=against_order(shown, form))
    return FormFound(form, ASSUMED, undecided=sum(by_order.values()))


def _by_order(shown: Mapping[str, int], form: DateForm) -> dict[str, int]:
    """The dates whose year is last, by what they show; two-digit years only if their century is known."""
    years = "421" if form.two_digit_years_up_to is not None else "4"
    return {one: number for one, number in shown.items() if one and one[0] in years}


def _over_12(by_order: Mapping[str, int]) -> tuple[int, int]:
    """The number of dates of which only the first, and only the second, number is over 12."""
    first, second = (sum(n for one, n in by_order.items() if one[1:] == place) for place in (" first", " second"))
    return first, second


def against_order(shown: Mapping[str, int], form: DateForm) -> int:
    """The number of dates that only the other order of day and month can read, unless they are so few that they are
    typing errors; from the number of dates by what `order_shown` returns.

    >>> against_order({"4 first": 3, "4 second": 2}, DateForm("MDY")), against_order({"4 second": 2}, DateForm("MDY"))
    (3, 0)
    >>> [against_order({"4 first": number, "4 second": 900}, DateForm("MDY")) for number in (2, 3)]
    [0, 3]
    """
    days_first, days_second = _over_12(_by_order(shown, form))
    against, in_favor = (days_second, days_first) if form.order == "DMY" else (days_first, days_second)
    is_told = against > _SLIPS * in_favor or are_several(against, in_favor)
    return against if form.order in ("DMY", "MDY") and is_told else 0
