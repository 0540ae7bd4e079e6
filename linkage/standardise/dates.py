"""Dates as eight digits, YYYYMMDD, with 00 for a month or day that is not known.

Digits, because every engine and every slip of a clerk works on digits; 00, because a partial date
still tells something. A date that cannot exist is not known: it is counted, never guessed at.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

NOT_KNOWN_WORDS = frozenset({"UNKNOWN", "UNK", "NOT KNOWN", "NONE", "NULL", "NA", "N/A", "NAN", "NAT", "?"})
EARLIEST_YEAR, LATEST_YEAR = 1800, 2199

_YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:[-/.]([0-9]{1,2}|--|XX)(?:[-/.]([0-9]{1,2}|--|XX))?)?(?:[T ].*)?", re.IGNORECASE
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """Eight digits with 00 where a part is not known, or None, and why something was dropped."""

    digits: str | None
    note: str | None = None


def standard_date(text: str | None, not_known: Collection[str] = (), day_first: bool = False) -> PartialDate:
    """Read one date: 1980-01-31, 19800131, 1980/1/31, 01/31/1980, 1980-01, 1980, with or without a time.

    `not_known` lists default dates as eight digits. `day_first` reads 31/01/1980; a whole column is
    read one way, see `reads_day_first`.

    >>> standard_date("1980-01-31 07:00:00"), standard_date("1938-08")
    (PartialDate(digits='19800131', note=None), PartialDate(digits='19380800', note='partial'))
    >>> standard_date("19811131"), standard_date("01/31/1980").digits
    (PartialDate(digits=None, note='impossible'), '19800131')
    """
    plain = (text or "").strip()
    if not plain:
        return PartialDate(None)
    if plain.upper() in NOT_KNOWN_WORDS:
        return PartialDate(None, "placeholder")
    parts = _parts(plain, day_first)
    if parts is None:
        return PartialDate(None, "not a date")
    year, month, day = parts
    if not _exists(year, month, day):
        return PartialDate(None, "impossible")
    digits = f"{year:04}{month:02}{day if month else 0:02}"
    if digits in not_known:
        return PartialDate(None, "placeholder")
    return PartialDate(digits, None if month and day else "partial")


def reads_day_first(texts: Collection[str]) -> bool:
    """Whether a column of year-last dates puts the day first: some first number is over 12, and no
    second number is.

    >>> reads_day_first(["31/01/1980", "02/03/1980"]), reads_day_first(["01/31/1980"])
    (True, False)
    """
    found = [match for text in texts if (match := _YEAR_LAST.fullmatch(text.strip()))]
    return any(int(match[1]) > 12 for match in found) and all(int(match[2]) <= 12 for match in found)


def _parts(plain: str, day_first: bool) -> tuple[int, int, int] | None:
    if (match := _COMPACT.fullmatch(plain)) or (match := _YEAR_FIRST.fullmatch(plain)):
        year, month, day = match[1], match[2], match[3]
    elif match := _YEAR_LAST.fullmatch(plain):
        year, month, day = match[3], match[1], match[2]
        if day_first:
            month, day = day, month
    else:
        return None
    return int(year), _part(month), _part(day)


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
