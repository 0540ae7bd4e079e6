"""A date as written: its year, month, day and time of day, with every character accounted for.

One grammar for births, deaths and encounters. A text with any unread part is not a date: "2015 or 2016" is not 2015. If
the year is not first, the caller decides which number is the month and which the day.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

MONTHS = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE"),
    *("JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
UNKNOWN = ("XX", "XXX", "UU", "UN", "UK", "UNK", "UNKN", "UNKNOWN", "??", "--", "__", "NN", "MM", "DD")
"""Texts for an unknown month or day, in addition to 0, 00 and 99."""

_NO_YEAR = ("XXXX", "UUUU", "YYYY", "????", "----", "____", "UNK", "UNKN", "UNKNOWN")


def _one_of(words: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_PART = rf"[0-9]{{1,2}}|{_one_of(UNKNOWN)}"
_YEAR = rf"[0-9]{{4}}|{_one_of(_NO_YEAR)}"
_YEAR_FIRST = re.compile(rf"({_YEAR})([-/.:_ ])({_PART})\2({_PART})")
_YEAR_LAST = re.compile(rf"({_PART})([-/._ ])({_PART})\2({_YEAR}|[0-9]{{1,2}})")
# A point between year and month would make a fraction: 2015.5.
_YEAR_AND_MONTH = re.compile(rf"([0-9]{{4}})[-/_ ]({_PART})")
_MONTH_AND_YEAR = re.compile(rf"({_PART})[-/._ ]([0-9]{{4}})")
_COMPACT = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_COMPACT_YEAR_LAST = re.compile("([0-9]{2})([0-9]{2})([0-9]{4}|[0-9]{2})")

_FRACTION = r"(?:[.,]([0-9]{1,9}))?"
_HALF = r"(?: ?([AP])\.?M\.?)?"


def _offset(colon: str) -> str:
    # Only zones that exist: 20150601-0602 may be two days. -03:30 is Newfoundland's.
    return rf"(?:\+(?:0[0-9]|1[0-4]){colon}(?:00|30|45)|-(?:0[0-9]|1[0-2]){colon}00|-(?:03|09){colon}30)"


# A zone is read but not used: the day and hour of the local clock count.
_ZONE = rf"(?: ?(?:Z|(?:UTC|GMT)?(?:{_offset(':?')}|[+-][01][0-9])|UTC|GMT|(?:[ECMPHA]|AK)[SD]T))?"
_CLOCK = re.compile(rf"([0-9]{{1,2}}):([0-9]{{2}})(?::([0-9]{{2}}){_FRACTION})?{_HALF}{_ZONE}")
_DOTTED = re.compile(rf"([0-9]{{1,2}})\.([0-9]{{2}})\.([0-9]{{2}})(?:\.([0-9]{{1,9}}))?{_HALF}{_ZONE}")  # Oracle, DB2
_DIGITS = rf"([0-9]{{2}})(?:([0-9]{{2}})(?:([0-9]{{2}}){_FRACTION})?)?()"
_HL7 = re.compile(rf"([0-9]{{8}}){_DIGITS}{_ZONE}")
_BASIC = re.compile(rf"(.+?)T{_DIGITS}{_ZONE}|([0-9]{{8}}) ([0-9]{{2}})([0-9]{{2}})([0-9]{{2}}){_FRACTION}(){_ZONE}")
_ZONED_DAY = re.compile(rf"([0-9]{{8}})(?: ?Z|{_offset(':?')})|(.+)(?: ?Z|{_offset(':')})")
_YEAR_AT_END = re.compile(rf"([A-Z]{{3,9}}[ .]+[0-9]{{1,2}}) ({_CLOCK.pattern}) ([0-9]{{4}})")  # ctime
_BETWEEN = re.compile("[T ,:]+")
_WEEKDAY = re.compile(r"([A-Z]{3,9})[., ]+(.+)")

_SIGNS = str.maketrans(
    {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), **dict.fromkeys("\u00a0\u2007\u202f", " ")}
)
_WRAPPED = re.compile(r"=?\"([^\"]*)\"|'([^']*)'?")


class Written(NamedTuple):
    """The parts of a date as written, None for those that are missing, and the time of day.

    `year` is "" if it is marked as not known; `clock` is None if there is none, and "" for a time that does not exist.
    """

    year: str
    month: str | None
    day: str | None
    clock: str | None = None


def tidy(text: str) -> str:
    """A text in capitals, with plain blanks and dashes, no blanks next to a separator, and without surrounding quotes.

    >>> tidy(" Feb. 11 , 1950"), tidy('="2015 - 06 - 01"')
    ('FEB.11,1950', '2015-06-01')
    """
    plain = text.translate(_SIGNS).strip()
    if wrapped := _WRAPPED.fullmatch(plain):
        plain = wrapped[1] or wrapped[2] or ""
    return re.sub(r" ?([-/.,]) ?", r"\1", " ".join(plain.upper().split()))


def written(plain: str, order: str = "MDY", compact: bool = False) -> Written | None:
    """The parts of a date in `tidy` form, or None if any part of it cannot be read.

    `order` applies to numbers whose four-digit year is not first; `compact` says that digits without separators are in
    this order too. A time of day or a zone needs a full date: after a partial one it cannot be read.

    >>> written("11FEB1950:07:30:00")
    Written(year='1950', month='2', day='11', clock='07:30:00')
    >>> written("2015 OR 2016"), written("2015 06:01"), written("20150601123000-0500").clock
    (None, None, '12:30:00')
    """
    weekday = None
    if (named := _WEEKDAY.fullmatch(plain)) and (
        days := [n for n, d in enumerate(_WEEKDAYS) if d.startswith(named[1])]
    ):
        weekday, plain = days[0], named[2]
    for day, clock in _splits(plain):
        parts = _parts(day, order, compact)
        if parts and (clock is None or all(part is not None for part in parts)):
            fits = weekday is None or _falls_on(parts, weekday)
            return Written(*parts, clock if fits else "")
    return None


def numbers(text: str) -> tuple[str, str, str] | None:
    """The three numbers of a date whose year is last or has two digits; None for all other texts.

    >>> numbers("31/1/1980 07:30"), numbers("1980-01-31")
    (('31', '1', '1980'), None)
    """
    for day, _ in _splits(tidy(text)):
        if (match := _YEAR_LAST.fullmatch(day)) and not _YEAR_FIRST.fullmatch(day):
            return match[1], match[3], match[4]
    return None


def month_of(name: str) -> str | None:
    """The number of a month, from its name or at least its first three letters.

    >>> month_of("SEPT"), month_of("JUNE"), month_of("JU")
    ('9', '6', None)
    """
    found = [number for number, month in enumerate(MONTHS, start=1) if len(name) > 2 and month.startswith(name)]
    return str(found[0]) if found else None


@lru_cache(1 << 14)
def clock_of(text: str) -> str:
    """A time of day in ISO format; "" for one that does not exist.

    >>> clock_of("7:30 PM"), clock_of("25:00")
    ('19:30:00', '')
    """
    match = _CLOCK.fullmatch(text)
    return _clock(match.groups()) if match else ""


_Parts = tuple[str, str | None, str | None]


def _splits(plain: str) -> Iterator[tuple[str, str | None]]:
    """The ways to split a text into a day and a time of day; the time is "" if it does not exist."""
    yield plain, None
    if match := _ZONED_DAY.fullmatch(plain):
        yield match[1] or match[2], "00:00:00"
    if match := _HL7.fullmatch(plain):
        yield match[1], _clock(match.groups()[1:])
    if match := _BASIC.fullmatch(plain):
        yield match[1] or match[7], _clock(match.groups()[1:6] if match[1] else match.groups()[7:])
    if match := _YEAR_AT_END.fullmatch(plain):
        yield f"{match[1]} {match.groups()[-1]}", _clock(match.groups()[2:7])
    for between in _BETWEEN.finditer(plain):
        if match := _CLOCK.fullmatch(plain, between.end()):
            yield plain[: between.start()], _clock(match.groups())
    for between in re.finditer("[ -]", plain):
        if match := _DOTTED.fullmatch(plain, between.end()):
            yield plain[: between.start()], _clock(match.groups())


def _clock(groups: tuple[str | None, ...]) -> str:
    hour, minute, second = (int(part or 0) for part in groups[:3])
    fraction, half = (groups[3] or "")[:6].rstrip("0"), groups[4]
    if (hour, minute, second, fraction) == (24, 0, 0, ""):
        return "00:00:00"  # midnight at the end of the written day: only the day is used
    if half == "P" and 0 < hour < 12:
        hour += 12
    elif half == "A" and hour == 12:
        hour = 0
    elif (half == "A" and hour > 12) or (half == "P" and hour == 0):
        return ""
    if hour > 23 or minute > 59 or second > 59:
        return ""
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{fraction:0<6}" if fraction else "")


def _parts(day: str, order: str, compact: bool) -> _Parts | None:
    if compact and (parts := _compact(day, order)):
        return parts
    if match := _COMPACT.fullmatch(day):
        return match[1], match[2], match[3]
    if match := _YEAR_FIRST.fullmatch(day):
        return _known(match[1], match[3], match[4])
    if match := _YEAR_LAST.fullmatch(day):
        return _ordered((match[1], match[3], match[4]), order)
    if match := _YEAR_AND_MONTH.fullmatch(day):
        return match[1], match[2], None
    if match := _MONTH_AND_YEAR.fullmatch(day):
        return match[2], match[1], None
    if re.fullmatch("[0-9]{4}", day):
        return day, None, None
    return _named(day, order)


def _known(year: str, month: str | None, day: str | None) -> _Parts:
    return year if year.isdigit() else "", month, day


def _ordered(numbers: tuple[str, ...], order: str) -> _Parts | None:
    if len(order) != len(numbers):
        return None
    parts = dict(zip(order, numbers, strict=True))
    fits = len(parts["Y"]) > 1 and all(len(parts[one]) < 3 or not parts[one].isdigit() for one in "MD")
    return _known(parts["Y"], parts["M"], parts["D"]) if fits else None


def _compact(day: str, order: str) -> _Parts | None:
    """Digits without separators, in a declared order."""
    if order in ("YM", "MY") and re.fullmatch("[0-9]{6}", day):
        return (day[:4], day[4:], None) if order == "YM" else (day[2:], day[:2], None)
    # A numeric column has lost the leading zero of months and days before the 10th.
    digits = f"0{day}" if re.fullmatch("[0-9]{7}|[0-9]{5}", day) else day
    # From the year 1300 on, no valid day with its year first can be read as one with its year last.
    if (match := _COMPACT.fullmatch(digits)) and _is_day(*match.groups()):
        return None
    match = _COMPACT_YEAR_LAST.fullmatch(digits)
    return _ordered(match.groups(), order) if match and (order != "YMD" or len(match[3]) == 2) else None


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month.replace("99", "00")) or 1, int(day.replace("99", "00")) or 1)
    except ValueError:
        return False
    return int(year) >= 1300


def _falls_on(parts: _Parts, weekday: int) -> bool:
    try:
        return date(*(int(part or "") for part in parts)).weekday() == weekday
    except ValueError:
        return False


_TOKEN = re.compile(r"[0-9]+|[A-Z]+|[^0-9A-Z]+")


def _named(day: str, order: str) -> _Parts | None:
    """A date with the name of its month, in any order, with or without separators between its parts."""
    day = re.sub(r"^(?:--|\?\?|__)[-/ ]?", "UN ", day)
    day = re.sub(r"(?<=[0-9])(?:ST|ND|RD|TH)\b|\b(?:THE|OF) ", "", day)
    tokens = _TOKEN.findall(day)
    words = [token for token in tokens if re.fullmatch("[0-9A-Z]+", token)]
    signs = [token for token in tokens if token not in words]
    if not words or tokens[0] in signs or tokens[-1] in signs:
        return None
    if any(not re.fullmatch("[-/., _]{1,2}", sign) for sign in signs):
        return None
    months = [number for word in words if (number := month_of(word))]
    others = [word for word in words if not month_of(word)]
    if len(months) != 1 or any(not word.isdigit() and word not in UNKNOWN for word in others):
        return None
    if len(others) == 1 and words[1] == others[0] and re.fullmatch("[0-9]{6}", others[0]):
        others = [others[0][:2], others[0][2:]]  # FEB111950
    if len(others) == 1 and re.fullmatch("[0-9]{4}", others[0]):
        return others[0], months[0], None
    if len(others) != 2:
        return None
    first, second = others
    year_first = len(first) == 4 or (order == "YMD" and len(second) != 4)
    year, of_month = (first, second) if year_first else (second, first)
    fits = year.isdigit() and len(year) in (2, 4) and (len(of_month) < 3 or not of_month.isdigit())
    return (year, months[0], of_month) if fits else None
