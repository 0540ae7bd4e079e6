"""Dates as eight digits, YYYYMMDD, with 00 for an unknown month or day.

Digits, because every engine and every typing error works on digits; 00, because a partial date is still informative. A
date that cannot exist is not known: it is counted, never corrected by a guess.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from linkage.errors import InputError
from linkage.values.no_dates import NO_YEARS
from linkage.values.written_dates import UNKNOWN, Written, clock_of, month_of, numbers, tidy, written

NOT_KNOWN_WORDS = frozenset({
    *("UNKNOWN", "UNK", "NOT KNOWN", "NOT STATED", "NOT AVAILABLE", "MISSING", "NONE", "NULL", "NIL", "NA", "N/A"),
    *("NAN", "NAT", "<NA>", "#N/A", "#NULL!", "\\N", "INFINITY", "-INFINITY", "?", "."),
})  # fmt: skip
EARLIEST_YEAR = 1800
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
    *("YYYY-MM", "YYYYMM", "YYYY", "EXCEL", "EXCEL 1904"),
)
_DAY = r"(YYYY|YY|MM?|DD?|MON)([-/.:_ ]?)(MM?|DD?|MON)([-/.:_, ]{0,2})(YYYY|YY|DD?)"
_MONTH = r"(YYYY|MM?|MON)([-/._ ]?)(YYYY|MM?|MON)"
_CLOCK = r"(?:[T :,]{0,2}H{1,2}(?:12|24)?:?(?:MM|MI)(?::?SS(?:\.[SF]+)?)?(?: ?[AP]M)?)?"
# Day 0 of a spreadsheet. Lotus took 1900 for a leap year, so serial numbers from March 1900 on count from here.
_EXCEL_DAY_0 = {1900: datetime(1899, 12, 30), 1904: datetime(1904, 1, 1)}
_LOTUS_DAY = 60
_LAST_SERIAL = 2_958_465
# The form of whole numbers in a column with missing values.
_DECIMAL = re.compile(r"([0-9]{4,14})\.0+")
_SERIAL = re.compile(r"([0-9]{1,7})(\.[0-9]+)?")
_DAY_AND_CLOCK = re.compile(r"([0-9A-Za-z/.-]{8,11})[ T:]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AP]M)?)")
_NOTHING = re.compile(
    r"(?:[-/.,:_ ?|0]|XX)+|(?:99(?:99)?[-/. |]?){1,3}|9{6}|9{8}"
    r"|(?:0?1/0?0/1900|1900([-/]?)01\1?00)(?: 0?0:00(?::00)?)?"  # how Excel shows a zero
)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """Eight digits, with 00 for parts not known, or None; and why something was dropped."""

    digits: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A day in ISO format, with its time of day, or None; and why it is not known."""

    text: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DateForm:
    """How to read dates that have several possible readings.

    `order` applies to dates whose four-digit year is not first (MDY, DMY, or YMD for two-digit years). `compact` says
    that digits without separators are in this order too. A two-digit year is one of the hundred years that end with
    `two_digit_years_up_to`; None leaves such dates not known. `excel` is the first year of a spreadsheet's calendar,
    1900 or 1904, in which whole numbers are day numbers. `either_order` says that the column has dates with the month
    first and dates with the day first: a date that is valid in both orders, with different meanings, is not known.
    """

    order: str = "MDY"
    compact: bool = False
    two_digit_years_up_to: int | None = None
    excel: int | None = None
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
    if plain in ("EXCEL", "EXCEL 1900", "EXCEL 1904"):
        return DateForm(two_digit_years_up_to=two_digit_years_up_to, excel=1904 if plain.endswith("4") else 1900)
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


def standard_date(text: str | None, not_known: Collection[str] = (), form: DateForm = MONTH_FIRST) -> PartialDate:
    """Read one date: 1980-01-31, 19800131, 1980/1/31, 01/31/1980, 31JAN1980, 1980-01, 1980, with or without a time.

    `not_known` lists placeholder days as eight digits. `form` settles ambiguous dates; all dates of a column are read
    with one form, see `forms_found`. A text that cannot be read completely is not known. Year, month and day from three
    columns are given as one text, separated by bars.

    >>> standard_date("1980-01-31 07:00:00"), standard_date("1938-08")
    (PartialDate(digits='19800131', note=None), PartialDate(digits='19380800', note='partial'))
    >>> standard_date("19811131"), standard_date("01/31/1980").digits, standard_date("2015|6.0|99").digits
    (PartialDate(digits=None, note='impossible'), '19800131', '20150600')
    >>> standard_date("9/13/49").note, standard_date("9/13/49", form=DateForm(two_digit_years_up_to=2020)).digits
    ('two-digit year', '19490913')
    >>> standard_date("2015 or 2016"), standard_date("9999-12-31").note
    (PartialDate(digits=None, note='not a date'), 'placeholder')
    """
    return _read(text, frozenset(not_known), form)[0]


def standard_moment(text: str | None, not_known: Collection[str] = (), form: DateForm = MONTH_FIRST) -> Moment:
    """Read one time of an encounter, as `standard_date` reads a date; without a day it is not known.

    >>> standard_moment("1/31/2015 7:30 PM"), standard_moment("JUN2015")
    (Moment(text='2015-01-31 19:30:00', note=None), Moment(text=None, note='day not known'))
    """
    known = frozenset(not_known)
    if text and (parted := _DAY_AND_CLOCK.fullmatch(text)):
        # Many times share few different days and hours.
        found, none = _read_day(parted[1], known, form)
        if found.digits and not found.note and none is None:
            time = clock_of(parted[2])
            return Moment(f"{_iso(found.digits)} {time}") if time else Moment(None, "impossible")
    found, clock = _read(text, known, form)
    if found.digits is None:
        return Moment(None, found.note)
    if found.note:
        return Moment(None, "day not known")
    return Moment(f"{_iso(found.digits)} {clock or '00:00:00'}")


def _iso(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _read(text: str | None, not_known: frozenset[str], form: DateForm) -> tuple[PartialDate, str | None]:
    """One date, and its time of day."""
    if form.either_order:
        return _read_in_either_order(text, not_known, form)
    plain = tidy(text or "")
    if not plain or not plain.strip("|"):
        return PartialDate(None), None
    if plain in NOT_KNOWN_WORDS or (_NOTHING.fullmatch(plain) and not form.excel):
        return PartialDate(None, "placeholder"), None
    found = _written(plain, form)
    if found is None:
        return PartialDate(None, "not a date"), None
    return _dated(found, not_known, form), found.clock


_read_day = lru_cache(1 << 14)(_read)


def _read_in_either_order(
    text: str | None, not_known: frozenset[str], form: DateForm
) -> tuple[PartialDate, str | None]:
    one, other = (_read(text, not_known, replace(form, order=order, either_order=False)) for order in ("MDY", "DMY"))
    if one[0].digits is None or one == other:
        return other if other[0].digits else one
    return one if other[0].digits is None else (PartialDate(None, "month or day first"), None)


def _written(plain: str, form: DateForm) -> Written | None:
    if "|" in plain:
        return _of_columns(plain)
    if form.excel and (match := _SERIAL.fullmatch(plain)):
        return _of_serial(int(match[1]), float(match[2] or 0), form.excel)
    if match := _DECIMAL.fullmatch(plain):
        plain = match[1]
    return written(plain, form.order, form.compact)


def _dated(found: Written, not_known: frozenset[str], form: DateForm) -> PartialDate:
    if found.clock == "":
        return PartialDate(None, "impossible")
    if not found.year:
        return PartialDate(None, "year not known")
    if len(found.year) < 4 and form.two_digit_years_up_to is None:
        return PartialDate(None, "two-digit year")
    year, month, day = _year(found.year, form), _part(found.month), _part(found.day)
    if year in NO_YEARS:
        return PartialDate(None, "placeholder")
    digits = f"{year:04}{month:02}{day if month else 0:02}"
    if digits in not_known:
        return PartialDate(None, "placeholder")
    if not _exists(year, month, day):
        return PartialDate(None, "impossible")
    return PartialDate(digits, None if month and day else "partial")


_NO_PART = {"", "0", "00", "000", "99", "999", *UNKNOWN, *NOT_KNOWN_WORDS}
_NO_YEAR = {"", "0", "00", "0000", "9999", "XXXX", *UNKNOWN, *NOT_KNOWN_WORDS}


def _of_columns(plain: str) -> Written | None:
    """Year, month and day from separate columns, in this order; the month can be a name."""
    pieces = [re.sub(r"\.0+$", "", piece.strip()) for piece in plain.split("|")]
    year, month, day = (*pieces, "", "")[:3]
    year, month, day = (
        "" if year in _NO_YEAR else year,
        "0" if month in _NO_PART else month_of(month) or month,
        "0" if day in _NO_PART else day,
    )
    fits = len(pieces) < 4 and re.fullmatch("([0-9]{4}|[0-9]{2})?", year)
    if not fits or not all(re.fullmatch("[0-9]{1,2}", part) for part in (month, day)):
        return None
    return Written(year, month, day)


def _of_serial(serial: int, of_day: float, calendar: int) -> Written | None:
    if serial > _LAST_SERIAL or (calendar == 1900 and serial == _LOTUS_DAY):
        return None
    days = serial + 1 if calendar == 1900 and 0 < serial < _LOTUS_DAY else serial
    try:
        moment = _EXCEL_DAY_0[calendar] + timedelta(days=days, seconds=round(86_400 * of_day))
    except OverflowError:
        return None
    return Written(f"{moment.year:04}", str(moment.month), str(moment.day), f"{moment:%H:%M:%S}")


def _year(text: str, form: DateForm) -> int:
    latest = form.two_digit_years_up_to
    if len(text) == 4 or latest is None:
        return int(text)
    return latest - (latest - int(text)) % 100


def _part(text: str | None) -> int:
    # Certificates write 99 for an unknown day or month (IJE: DOB_MO, DOB_DY).
    return 0 if text is None or not text.isdigit() or text == "99" else int(text)


def _exists(year: int, month: int, day: int) -> bool:
    if year < EARLIEST_YEAR:
        return False
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class FormFound:
    """The form in which a column of dates is read, and how it was determined; "" if nothing was ambiguous."""

    form: DateForm
    how: str = ""

    def __str__(self) -> str:
        if self.form.either_order:
            return f"each date in its only valid order, {self.how}; dates valid in both orders are not known"
        return f"{'spreadsheet days' if self.form.excel else ORDERS[self.form.order]}, {self.how}"


_CLEAR = "as some numbers show"
BOTH_ORDERS = "because the column holds both orders"
_SLIPS = 0.05  # so few numbers, compared with the others, are typing errors and not another order


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
    """What one date shows about the order of its column: the number of digits of its year, and which number is over 12.

    >>> order_shown("31/01/1980"), order_shown("1/31/80"), order_shown("02/03/1980"), order_shown("1980-01-31")
    ('4 first', '2 second', '4 ', '')
    """
    parted = _DAY_AND_CLOCK.fullmatch(text)
    found = _numbers(parted[1] if parted else text)
    if found is None:
        return ""
    first, second, year = found
    over = [
        place
        for place, number in (("first", first), ("second", second))
        if number.isdigit() and int(number) > 12 and number != "99"
    ]
    return f"{len(year)} {' '.join(over)}"


_numbers = lru_cache(1 << 14)(numbers)


def forms_shown(
    shown: Mapping[str, Mapping[str, int]], declared: Mapping[str, DateForm], up_to: Mapping[str, int] | None = None
) -> dict[str, FormFound]:
    """Like `forms_found`, from the number of dates of each column by what `order_shown` returns."""
    up_to = up_to or {}
    found = {}
    for column, counts in shown.items():
        if column in declared:
            found[column] = FormFound(declared[column], "as declared")
        else:
            found[column] = _form_of(counts, DateForm(two_digit_years_up_to=up_to.get(column)))
    clear = {one.form.order for one in found.values() if one.how == _CLEAR}
    for column, one in found.items():
        if one.how == "assumed" and len(clear) == 1:
            form = replace(one.form, order=next(iter(clear)))
            found[column] = FormFound(form, "as the other dates of the file show")
    return found


def _form_of(shown: Mapping[str, int], form: DateForm) -> FormFound:
    years = "421" if form.two_digit_years_up_to is not None else "4"
    by_order = {one: number for one, number in shown.items() if one and one[0] in years}
    if not by_order:
        return FormFound(form)
    days_first = sum(number for one, number in by_order.items() if "first" in one)
    days_second = sum(number for one, number in by_order.items() if "second" in one)
    if min(days_first, days_second) > _SLIPS * max(days_first, days_second):
        return FormFound(replace(form, either_order=True), BOTH_ORDERS)
    if days_first > days_second:
        return FormFound(replace(form, order="DMY"), _CLEAR)
    return FormFound(form, _CLEAR if days_second else "assumed")
