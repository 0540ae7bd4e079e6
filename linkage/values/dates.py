"""Dates as eight digits, YYYYMMDD, with 00 for a month or day that is not known.

Digits, because every engine and every slip of a clerk works on digits; 00, because a partial date
still tells something. A date that cannot exist is not known: it is counted, never guessed at.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from linkage.errors import InputError

NOT_KNOWN_WORDS = frozenset({"UNKNOWN", "UNK", "NOT KNOWN", "NONE", "NULL", "NA", "N/A", "NAN", "NAT", "?", "."})
EARLIEST_YEAR, LATEST_YEAR = 1800, 2199
ORDERS = {"MDY": "month first", "DMY": "day first", "YMD": "year first"}
PATTERNS = ("YYYY-MM-DD", "MM/DD/YYYY", "DD/MM/YYYY", "MMDDYYYY", "MM/DD/YY", "DDMONYYYY", "EXCEL", "EXCEL 1904")
# Day 0 of a spreadsheet. Lotus took 1900 for a leap year, so that serials from March 1900 on count from here.
_EXCEL_DAY_0 = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_MONTHS = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE"),
    *("JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)

_TIME = r"(?:[T :].*)?"
_YEAR_FIRST = re.compile(
    rf"([0-9]{{4}})(?:[-/.]([0-9]{{1,2}}|--|XX)(?:[-/.]([0-9]{{1,2}}|--|XX))?)?{_TIME}", re.IGNORECASE
)
_COMPACT = re.compile(rf"([0-9]{{4}})([0-9]{{2}})([0-9]{{2}}){_TIME}")
_COMPACT_YEAR_LAST = re.compile(rf"([0-9]{{2}})([0-9]{{2}})([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_SEPARATED = re.compile(rf"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{4}}|[0-9]{{1,2}}){_TIME}")
_MONTH_AND_YEAR = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})")
_DAY_AND_NAME = re.compile(rf"([0-9]{{1,2}})[-/. ]?([A-Z]{{3,9}})[-/., ]{{0,2}}([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_NAME_AND_DAY = re.compile(rf"([A-Z]{{3,9}})[. ]+([0-9]{{1,2}})[, ]+([0-9]{{4}}|[0-9]{{2}}){_TIME}")
# How a column of whole numbers is written once it has gaps.
_DECIMAL = re.compile(r"^([0-9]{5,8})\.0+$")
_SERIAL = re.compile(r"([0-9]{1,6})(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """Eight digits with 00 where a part is not known, or None, and why something was dropped."""

    digits: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DateForm:
    """How dates that could be read in several ways are to be read.

    `order` is that of a date whose four-digit year does not stand first (MDY, DMY, or YMD for two-digit years).
    `compact` says that digits without separators stand in this order too. A two-digit year is one of the
    hundred years that end with `two_digit_years_up_to`; None leaves such dates not known. `excel` is the
    first year of a spreadsheet's calendar, 1900 or 1904, where whole numbers are its serial days.
    """

    order: str = "MDY"
    compact: bool = False
    two_digit_years_up_to: int | None = None
    excel: int | None = None


MONTH_FIRST = DateForm()


def date_form(pattern: str, two_digit_years_up_to: int | None = None) -> DateForm:
    """The form that a pattern such as MM/DD/YYYY declares. Separators mean nothing; their absence does.

    Raises InputError for a pattern that has no meaning, and for YY without a year up to which it counts.

    >>> date_form("DD.MM.YYYY"), date_form("MMDDYYYY").compact
    (DateForm(order='DMY', compact=False, two_digit_years_up_to=None, excel=None), True)
    """
    plain = pattern.strip().upper()
    if plain in ("EXCEL", "EXCEL 1900", "EXCEL 1904"):
        return DateForm(two_digit_years_up_to=two_digit_years_up_to, excel=1904 if plain.endswith("4") else 1900)
    parts = re.fullmatch(r"(YYYY|YY|MM?|DD?|MON)([-/. ]?)(MM?|DD?|MON)([-/. ]?)(YYYY|YY|DD?)", plain)
    order = "".join(parts[n][0] for n in (1, 3, 5)) if parts else ""
    if order not in ORDERS or parts is None:
        raise InputError(f"{pattern!r} is not a form of dates. Write it like one of: {', '.join(PATTERNS)}.")
    if "YYYY" not in plain and two_digit_years_up_to is None:
        raise InputError(
            f"{pattern!r} has a two-digit year. Say which century it means: two_digit_years_up_to names the last"
            " of the hundred years that it can be."
        )
    compact = not parts[2] and not parts[4] and "MON" not in plain
    return DateForm(order, compact, two_digit_years_up_to)


def standard_date(text: str | None, not_known: Collection[str] = (), form: DateForm = MONTH_FIRST) -> PartialDate:
    """Read one date: 1980-01-31, 19800131, 1980/1/31, 01/31/1980, 31JAN1980, 1980-01, 1980, with or without a time.

    `not_known` lists default dates as eight digits. `form` settles what could be read in several ways; a
    whole column is read one way, see `forms_found`.

    >>> standard_date("1980-01-31 07:00:00"), standard_date("1938-08")
    (PartialDate(digits='19800131', note=None), PartialDate(digits='19380800', note='partial'))
    >>> standard_date("19811131"), standard_date("01/31/1980").digits
    (PartialDate(digits=None, note='impossible'), '19800131')
    >>> standard_date("9/13/49").note, standard_date("9/13/49", form=DateForm(two_digit_years_up_to=2020)).digits
    ('two-digit year', '19490913')
    """
    plain = (text or "").strip().upper()
    if not plain:
        return PartialDate(None)
    if plain in NOT_KNOWN_WORDS:
        return PartialDate(None, "placeholder")
    parts = _parts(_DECIMAL.sub(r"\1", plain), form)
    if parts is None:
        return PartialDate(None, "not a date")
    if len(parts[0]) < 4 and form.two_digit_years_up_to is None:
        return PartialDate(None, "two-digit year")
    year, month, day = _year(parts[0], form), _part(parts[1]), _part(parts[2])
    if not _exists(year, month, day):
        return PartialDate(None, "impossible")
    digits = f"{year:04}{month:02}{day if month else 0:02}"
    if digits in not_known:
        return PartialDate(None, "placeholder")
    return PartialDate(digits, None if month and day else "partial")


_Parts = tuple[str, str | None, str | None]


def _parts(plain: str, form: DateForm) -> _Parts | None:
    """Year, month and day as they are written, or None for what is not a date."""
    if form.excel and (match := _SERIAL.fullmatch(plain)):
        return _of_serial(int(match[1]), form.excel)
    if form.compact and (match := _compact(plain, form.order)):
        return _ordered(match, form.order)
    if (match := _COMPACT.fullmatch(plain)) or (match := _YEAR_FIRST.fullmatch(plain)):
        return match[1], match[2], match[3]
    if match := _SEPARATED.fullmatch(plain):
        return _ordered(match, form.order)
    if match := _MONTH_AND_YEAR.fullmatch(plain):
        return match[2], match[1], None
    if match := _DAY_AND_NAME.fullmatch(plain):
        return _named(match[3], match[2], match[1])
    if match := _NAME_AND_DAY.fullmatch(plain):
        return _named(match[3], match[1], match[2])
    return None


def _compact(plain: str, order: str) -> re.Match[str] | None:
    # A column of numbers has lost the zero of the months and days before the 10th.
    plain = f"0{plain}" if re.fullmatch("[0-9]{7}|[0-9]{5}", plain) else plain
    match, year_first = _COMPACT_YEAR_LAST.fullmatch(plain), _COMPACT.fullmatch(plain)
    # Of the years that are read, none can be taken for a month and a day, or the other way round.
    if year_first and _exists(int(year_first[1]), _part(year_first[2]), _part(year_first[3])):
        return None
    return match if match and (order != "YMD" or len(match[3]) == 2) else None


def _ordered(match: re.Match[str], order: str) -> _Parts | None:
    parts = dict(zip(order, match.groups(), strict=True))
    return (parts["Y"], parts["M"], parts["D"]) if len(parts["Y"]) > 1 and len(parts["D"]) < 3 else None


def _named(year: str, name: str, day: str) -> _Parts | None:
    months = [number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name) or name == month[:4]]
    return (year, str(months[0]), day) if months else None


def _of_serial(serial: int, calendar: int) -> _Parts:
    day = _EXCEL_DAY_0[calendar] + timedelta(days=serial)
    return f"{day.year:04}", str(day.month), str(day.day)


def _year(text: str, form: DateForm) -> int:
    latest = form.two_digit_years_up_to
    if len(text) == 4 or latest is None:
        return int(text)
    return latest - (latest - int(text)) % 100


def _part(text: str | None) -> int:
    # 99 is how certificates write "day or month not known" (IJE: DOB_MO, DOB_DY).
    return 0 if text is None or not text.isdigit() or text == "99" else int(text)


def _exists(year: int, month: int, day: int) -> bool:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return False
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class FormFound:
    """The form in which a column of dates is read, and how that is known; "" where nothing had to be settled."""

    form: DateForm
    how: str = ""

    def __str__(self) -> str:
        return f"{'spreadsheet days' if self.form.excel else ORDERS[self.form.order]}, {self.how}"


_CLEAR = "as some numbers show"
BOTH_ORDERS = "though the column holds both orders"
_SLIPS = 0.05  # so few numbers against the others are slips of a clerk, not another order


def forms_found(
    texts: Mapping[str, Collection[str]], declared: Mapping[str, DateForm], up_to: Mapping[str, int] | None = None
) -> dict[str, FormFound]:
    """How each column of one file is read: as declared, or as its own dates show.

    First numbers over 12 and no second ones (but for a slip in twenty) mean day first. A column that shows
    nothing is read like the others of its file, and month first where they show nothing either. `up_to`
    gives, by column, the last of the hundred years that a two-digit year can be.

    >>> found = forms_found({"birth_date": ["31/01/1980"], "death_date": ["02/03/2015"]}, {})
    >>> print(found["death_date"])
    day first, as the other dates of the file show
    """
    return forms_shown({column: Counter(map(order_shown, values)) for column, values in texts.items()}, declared, up_to)


def order_shown(text: str) -> str:
    """What one date shows of the order of its column: the digits of its year, and which number is over 12.

    >>> order_shown("31/01/1980"), order_shown("1/31/80"), order_shown("02/03/1980"), order_shown("1980-01-31")
    ('4 first', '2 second', '4 ', '')
    """
    match = _SEPARATED.fullmatch(text.strip().upper())
    if not match:
        return ""
    over = [place for place, number in (("first", match[1]), ("second", match[2])) if int(number) > 12]
    return f"{len(match[3])} {' '.join(over)}"


def forms_shown(
    shown: Mapping[str, Mapping[str, int]], declared: Mapping[str, DateForm], up_to: Mapping[str, int] | None = None
) -> dict[str, FormFound]:
    """As `forms_found`, from how many dates of each column show what `order_shown` says."""
    up_to = up_to or {}
    found = {}
    for column, numbers in shown.items():
        if column in declared:
            found[column] = FormFound(declared[column], "as declared")
        else:
            found[column] = _form_of(numbers, DateForm(two_digit_years_up_to=up_to.get(column)))
    clear = {one.form.order for one in found.values() if one.how == _CLEAR}
    for column, one in found.items():
        if one.how == "assumed" and len(clear) == 1:
            form = replace(one.form, order=next(iter(clear)))
            found[column] = FormFound(form, "as the other dates of the file show")
    return found


def _form_of(shown: Mapping[str, int], form: DateForm) -> FormFound:
    years = "421" if form.two_digit_years_up_to is not None else "4"
    told = {one: number for one, number in shown.items() if one and one[0] in years}
    if not told:
        return FormFound(form)
    days_first = sum(number for one, number in told.items() if "first" in one)
    days_second = sum(number for one, number in told.items() if "second" in one)
    if min(days_first, days_second) > _SLIPS * max(days_first, days_second):
        return FormFound(form, BOTH_ORDERS)
    if days_first > days_second:
        return FormFound(replace(form, order="DMY"), _CLEAR)
    return FormFound(form, _CLEAR if days_second else "assumed")
