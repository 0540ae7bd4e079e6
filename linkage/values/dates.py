"""Dates as eight digits, YYYYMMDD, with 00 for an unknown month or day.

Digits, because every engine and every typing error works on digits; 00, because a partial date is still informative. A
date that cannot exist is not known: it is counted, never corrected by a guess.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from linkage.values.calendars import HIJRI, HIJRI_YEARS
from linkage.values.date_forms import DAY_AND_CLOCK, MONTH_FIRST, DateForm
from linkage.values.no_dates import NO_YEARS
from linkage.values.written_dates import UNKNOWN, Written, clock_of, month_of, tidy, written

NOT_KNOWN_WORDS = frozenset({
    *("UNKNOWN", "UNK", "NOT KNOWN", "NOT STATED", "NOT AVAILABLE", "MISSING", "NONE", "NULL", "NIL", "NA", "N/A"),
    *("NAN", "NAT", "<NA>", "#N/A", "#NULL!", "\\N", "INFINITY", "-INFINITY", "?", "."),
})  # fmt: skip
EARLIEST_YEAR = 1800
TOO_EARLY = f"before {EARLIEST_YEAR}"
"""The reason for which a date is not known."""
# Day 0 of a calendar. Lotus took 1900 for a leap year, so serial numbers from March 1900 on count from here.
_DAY_0 = {
    1900: datetime(1899, 12, 30),
    1904: datetime(1904, 1, 1),
    1960: datetime(1960, 1, 1),
    1970: datetime(1970, 1, 1),
}
_LOTUS_DAY = 60
_LAST_SERIAL = 2_958_465
# The usual codes for a missing number, which are days before day 0 in the calendars that have any.
_NO_SERIAL = re.compile(r"-(?:1|9{1,4})(?:\.0+)?")
_ZERO = re.compile(r"-?0+(?:\.0+)?")
# The form of whole numbers in a column with missing values.
_DECIMAL = re.compile(r"([0-9]{4,14})\.0+")
_SERIAL = re.compile(r"(-?[0-9]{1,7})(\.[0-9]+)?")
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


def differ(one: str, other: str) -> bool:
    """Whether two dates of eight digits differ in a part that both know (00 is a month or day that is not known).

    >>> differ("20150600", "20150601"), differ("20150600", "20150701")
    (False, True)
    """
    parts = ((one[start:end], other[start:end]) for start, end in ((0, 4), (4, 6), (6, 8)))
    return any(this != that and "00" not in (this, that) for this, that in parts)


def standard_date(text: str | None, not_known: Collection[str] = (), form: DateForm = MONTH_FIRST) -> PartialDate:
    """Read one date: 1980-01-31, 19800131, 1980/1/31, 01/31/1980, 31JAN1980, 1980-01, 1980, with or without a time.

    `not_known` lists placeholder days as eight digits. `form` settles ambiguous dates; all dates of a column are read
    with one form, see `date_forms.forms_found`. A text that cannot be read completely is not known. Year, month and
    day from three columns are given as one text, separated by bars.

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
    if text and (parted := DAY_AND_CLOCK.fullmatch(text)):
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
    if plain in NOT_KNOWN_WORDS or _is_nothing(plain, form):
        return PartialDate(None, "placeholder"), None
    found = _written(plain, form)
    if found is None:
        return PartialDate(None, "not a date"), None
    return _dated(found, not_known, form), found.clock


def _is_nothing(plain: str, form: DateForm) -> bool:
    """Whether a text is a code for a missing date. Most such codes are days in a column of day numbers."""
    if not form.days_since:
        return bool(_NOTHING.fullmatch(plain))
    negative = form.days_since >= 1960 and _NO_SERIAL.fullmatch(plain)
    return bool(negative or (form.zero_is_no_date and _ZERO.fullmatch(plain)))


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
    if form.days_since and (match := _SERIAL.fullmatch(plain)):
        return _of_serial(int(match[1]), float(match[2] or 0), form.days_since)
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
    if year < EARLIEST_YEAR:
        return PartialDate(None, HIJRI if year in HIJRI_YEARS else TOO_EARLY)
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
    if serial < 0 and (calendar < 1960 or of_day):  # spreadsheets have no days before their day 0
        return None
    days = serial + 1 if calendar == 1900 and 0 < serial < _LOTUS_DAY else serial
    try:
        moment = _DAY_0[calendar] + timedelta(days=days, seconds=min(86_399, round(86_400 * of_day)))
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
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return False
    return True
