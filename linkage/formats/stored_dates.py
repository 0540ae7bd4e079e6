"""Dates that a statistics package stores as numbers under a format that the reading library leaves alone.

The format of the column says what the number counts, and which parts of the date are shown. Only these are used: under
a format that shows a month, the day is whatever the program stored with it.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_SAS, _SPSS = datetime(1960, 1, 1), datetime(1582, 10, 14)
_DAY, _MONTH, _YEAR = "%Y-%m-%d", "%Y-%m", "%Y"
_OF_SAS = {
    **dict.fromkeys(("WORDDATE", "WORDDATX", "WEEKDATE", "WEEKDATX", "NLDATE", "NLDATEL", "NLDATES", "JULIAN"), _DAY),
    **dict.fromkeys(("MONYY", "MMYY", "MMYYC", "MMYYD", "MMYYN", "MMYYP", "MMYYS", "YYMON", "NLDATEYM"), _MONTH),
    **dict.fromkeys(("YYMM", "YYMMC", "YYMMD", "YYMMN", "YYMMP", "YYMMS"), _MONTH),
    **dict.fromkeys(("YEAR", "YYQ", "YYQC", "YYQD", "YYQP", "YYQS", "YYQN", "YYQR"), _YEAR),
}
_SECONDS_OF_SAS = {"DTDATE": _DAY, "DTWKDATX": _DAY, "NLDATMAP": _DAY, "DTMONYY": _MONTH, "DTYEAR": _YEAR}
_OF_SPSS = {"MOYR": _MONTH, "QYR": _YEAR, "WKYR": _YEAR}
_IN_A_YEAR = {"m": 12, "q": 4, "h": 2, "w": 52}

Reader = Callable[[float], Any]


def reader_of(suffix: str, format_: str | None) -> Reader | None:
    """The function that reads a stored number as a date, or None if the format is not that of a date.

    >>> reader_of(".dta", "%tdNN/DD/CCYY")(20240), reader_of(".dta", "%tm")(665), reader_of(".xpt", "MONYY7.")(20240)
    ('2015-06-01', '2015-06', '2015-06')
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
    return _counted(_SAS, 0.001, f"{_DAY} %H:%M:%S" if written == _DAY else written)


def _shown_by_stata(codes: str) -> str:
    """How a day is written under the codes of a format: a day, a month, or a year as the codes show.

    A format with another code is taken to show a day: a day that is too exact can be seen, but one that is lost cannot.

    >>> _shown_by_stata("D_m_CY"), _shown_by_stata("M,_CY"), _shown_by_stata("CCYY!wWW"), _shown_by_stata("CY-?")
    ('%Y-%m-%d', '%Y-%m', '%Y', '%Y-%m-%d')
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
            return f"{first + timedelta(seconds=value * seconds):{written}}"
        except OverflowError:
            return value

    return read
