"""Dates that a statistics package stores as numbers.

The format of the column says what the number counts, and which parts of the date are shown. Only these are used: under
a format that shows a month, the day is whatever the program stored with it. The reading library's own conversion is not
used: it does not know all formats, takes the seconds under DTDATE for days, and refuses a file with one date beyond the
calendar.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_SAS, _SPSS = datetime(1960, 1, 1), datetime(1582, 10, 14)
_DAY, _MONTH, _YEAR, _MOMENT, _CLOCK = "day", "%Y-%m", "%Y", "moment", "clock"
_SIGNS = ("", "B", "C", "D", "N", "P", "S")
_OF_SAS = {
    **dict.fromkeys(("DATE", "E8601DA", "B8601DA", "IS8601DA", "EURDFDE", "EURDFDD", "JULIAN"), _DAY),
    **{f"{name}{sign}": _DAY for name in ("DDMMYY", "MMDDYY", "YYMMDD") for sign in _SIGNS},
    **dict.fromkeys(("WORDDATE", "WORDDATX", "WEEKDATE", "WEEKDATX", "NLDATE", "NLDATEL", "NLDATES"), _DAY),
    **dict.fromkeys(("MONYY", "YYMON", "NLDATEYM"), _MONTH),
    **{f"{name}{sign}": _MONTH for name in ("MMYY", "YYMM") for sign in _SIGNS},
    **dict.fromkeys(("YEAR", "YYQ", "YYQC", "YYQD", "YYQP", "YYQS", "YYQN", "YYQR"), _YEAR),
}
_SECONDS_OF_SAS = {
    **dict.fromkeys(("DATETIME", "DATEAMPM", "MDYAMPM", "NLDATM", "NLDATMS", "IS8601DT", "EURDFDT"), _MOMENT),
    **{f"{name}8601{kind}": _MOMENT for name in "EB" for kind in ("DT", "DX", "DZ", "LX")},
    **dict.fromkeys(("DTDATE", "DTWKDATX", "NLDATMAP", "E8601DN", "B8601DN", "IS8601DN"), _DAY),
    "DTMONYY": _MONTH,
    "DTYEAR": _YEAR,
    **dict.fromkeys(("TIME", "TIMEAMPM", "HHMM", "TOD", "E8601TM", "B8601TM", "IS8601TM"), _CLOCK),
}
_OF_SPSS = {
    **dict.fromkeys(("DATE", "ADATE", "EDATE", "JDATE", "SDATE"), _DAY),
    **dict.fromkeys(("DATETIME", "YMDHMS"), _MOMENT),
    **dict.fromkeys(("TIME", "DTIME"), _CLOCK),
    "MOYR": _MONTH,
    "QYR": _YEAR,
    "WKYR": _YEAR,
}
_IN_A_YEAR = {"m": 12, "q": 4, "h": 2, "w": 52}

Reader = Callable[[float], Any]


def reader_of(suffix: str, format_: str | None) -> Reader | None:
    """The function that reads a stored number as a date, or None if the format is not that of a date.

    >>> str(reader_of(".dta", "%tdNN/DD/CCYY")(20240)), reader_of(".dta", "%tm")(665)
    ('2015-06-01', '2015-06')
    >>> reader_of(".xpt", "MONYY7.")(20240), str(reader_of(".sas7bdat", "DTDATE9.")(1748736000))
    ('2015-06', '2015-06-01')
    >>> reader_of(".dta", "%9.0g")
    """
    name = str(format_ or "")
    if suffix == ".dta":
        return _of_stata(name)
    name = re.sub("[0-9.]+$", "", name.upper())
    if suffix in (".sas7bdat", ".xpt"):
        if name in _SECONDS_OF_SAS:
            return _counted(_SAS, 1, _SECONDS_OF_SAS[name])
        return _counted(_SAS, 86_400, _OF_SAS[name]) if name in _OF_SAS else None
    return _counted(_SPSS, 1, _OF_SPSS[name]) if name in _OF_SPSS else None


def _of_stata(name: str) -> Reader | None:
    match = re.fullmatch("%-?(?:t([dcCmqhw])|(d))(.*)", name)
    if not match:
        return None
    unit, shown = match[1] or "d", match[3]
    if unit in _IN_A_YEAR:
        return _in_a_year(_IN_A_YEAR[unit])
    written = _shown_by_stata(shown)
    if unit == "d":
        return _counted(_SAS, 86_400, written)
    moment = _counted(_SAS, 0.001, _MOMENT if written == _DAY else written)
    return _time_alone(moment) if re.fullmatch(_CLOCK_OF_STATA, shown) else moment


_CLOCK_OF_STATA = "[Hh]{2}:MM(:SS)?([.]s{1,3})?"


def _time_alone(read: Reader) -> Reader:
    """A reader of times of day, which Stata stores as times of 1 January 1960; on any other day, the day is kept."""

    def alone(value: float) -> Any:
        found = read(value)
        is_first = isinstance(found, datetime) and found.date() == _SAS.date()
        return found.time() if is_first else found

    return alone


def _shown_by_stata(codes: str) -> str:
    """How a day is written under the codes of a format: a day, a month, or a year as the codes show.

    A format with another code is taken to show a day: a day that is too exact can be seen, but one that is lost cannot.

    >>> _shown_by_stata("D_m_CY"), _shown_by_stata("M,_CY"), _shown_by_stata("CCYY!wWW"), _shown_by_stata("CY-?")
    ('day', '%Y-%m', '%Y', 'day')
    """
    shown, place = set(), 0
    while match := _STATA_CODE.match(codes, place):
        shown.add(match.lastgroup)
        place = match.end()
    if "day" in shown or place < len(codes):
        return _DAY
    if "month" in shown:
        return _MONTH
    return _YEAR if "year" in shown and not shown & {"weekday", "time"} else _DAY


_STATA_CODE = re.compile(
    r"(?P<weekday>DAYNAME|[Dd]ayname|[Dd]ay|[Dd]a)|(?P<time>[Hh]{2}|MM|mm|SS|ss|[.]s{1,3}|[aA][.][mM][.]|am|AM)"
    r"|(?P<day>DD|dd|JJJ|jjj|[DdJj])|(?P<month>[ML]ON(?:TH)?|[MmLl]on(?:th)?|NN|nn|[NnMmLl])"
    r"|(?P<year>CC|cc|YY|yy|[CcYy])|(?P<part>WW|ww|[WwHhQq])|(?P<mark>![^ ]|[ _.,:;/'+-]|\\)"
)


def _in_a_year(parts: int) -> Reader:
    """A reader of months, quarters, half-years or weeks since 1960; of all but months, only the year is used."""

    def read(value: float) -> Any:
        year, part = divmod(int(value), parts)
        return f"{1960 + year:04}-{part + 1:02}" if parts == 12 else f"{1960 + year:04}"

    return read


def _counted(first: datetime, seconds: float, written: str) -> Reader:
    def read(value: float) -> Any:
        try:
            moment = first + timedelta(seconds=value * seconds)
        except OverflowError:
            return value
        if written == _MOMENT:
            return moment
        if written == _CLOCK:
            return moment.time()
        return moment.date() if written == _DAY else f"{moment:{written}}"

    return read
