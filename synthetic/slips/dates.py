"""Slips in dates. All but the last two give a date that exists, because record systems check this."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from synthetic.chance import Bools, Ints
from synthetic.names import Texts
from synthetic.people import date_of
from synthetic.slips.records import Dice, Record

_LENGTHS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_FIRST_DAY, _LAST_DAY = -65_744, 29_220  # 1790 to 2049
_TRIES = 12  # digits tried until the changed date exists and has not left the last two centuries


@lru_cache(maxsize=1)
def _calendar() -> Texts:
    return np.datetime_as_string(date_of(np.arange(_FIRST_DAY, _LAST_DAY))).astype(object)


def date_text(days: Ints) -> Texts:
    """Dates as 1938-08-21, from days since 1970-01-01.

    >>> import numpy as np
    >>> date_text(np.array([0, -1])).tolist()
    ['1970-01-01', '1969-12-31']
    """
    return _calendar()[np.clip(days, _FIRST_DAY, _LAST_DAY - 1) - _FIRST_DAY]


def _split(texts: Texts) -> tuple[Ints, Ints, Ints]:
    digits = texts.astype("U10").view(np.uint32).reshape(-1, 10).astype(np.int64) - ord("0")
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    return year, digits[:, 5:7] @ np.array([10, 1]), digits[:, 8:] @ np.array([10, 1])


def _length(year: Ints, month: Ints) -> Ints:
    leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.asarray(_LENGTHS[np.clip(month, 1, 12) - 1] + leap)


def _joined(year: Ints, month: Ints, day: Ints) -> Texts:
    day = np.minimum(day, _length(year, month))
    months = (year - 1970) * 12 + month - 1
    start: npt.NDArray[np.int64] = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return date_text(start + day - 1)


def is_date(record: Record, field: str) -> Bools:
    """Records whose field has a complete date."""
    return np.asarray(np.char.str_len(record.text(field).astype("U10")) == 10)


def can_swap(record: Record, field: str) -> Bools:
    """Dates whose day could be a month."""
    whole = is_date(record, field)
    swaps = np.zeros(len(whole), dtype=bool)
    _, month, day = _split(record.text(field)[whole])
    swaps[whole] = (day <= 12) & (day != month)
    return swaps


def day_and_month_swapped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The fourth of August becomes the eighth of April."""
    year, month, day = _split(record.text(field))
    return {field: _joined(year, day, month)}


def date_digit_changed(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One digit of the day, the month or the last two digits of the year is changed."""
    parts = _split(record.text(field))
    result, open_ = record.text(field).copy(), np.ones(len(dice.keys), dtype=bool)
    for attempt in range(_TRIES):
        place, digit = dice.whole(f"place/{attempt}", 6), dice.whole(f"digit/{attempt}", 10)
        part, ten = place // 2, place % 2 == 0
        year, month, day = (_with_digit(parts[n], part == n, ten, digit) for n in range(3))
        fits = open_ & (month >= 1) & (month <= 12) & (day >= 1) & (day <= _length(year, month)) & (year <= 2021)
        fits &= (year != parts[0]) | (month != parts[1]) | (day != parts[2])
        result[fits] = _joined(year[fits], month[fits], day[fits])
        open_ &= ~fits
    return {field: result}


def _with_digit(number: Ints, here: Bools, ten: Bools, digit: Ints) -> Ints:
    tens = number // 100 * 100 + digit * 10 + number % 10
    ones = number // 10 * 10 + digit
    return np.where(here, np.where(ten, tens, ones), number)


def date_digits_swapped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The last two digits of the year, or the digits of the day if the result exists, are transposed."""
    year, month, day = _split(record.text(field))
    turned_year, turned_day = year // 100 * 100 + year % 10 * 10 + year // 10 % 10, day % 10 * 10 + day // 10
    in_day = (dice.uniform("where") < 0.5) & (turned_day >= 1) & (turned_day <= _length(year, month))
    usable = np.where(turned_year <= 2021, turned_year, year)
    return {field: _joined(np.where(in_day, year, usable), month, np.where(in_day, turned_day, day))}


def day_off_by_one(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The day before or the day after."""
    days = record.text(field).astype("datetime64[D]").astype(np.int64)
    return {field: date_text(days + np.where(dice.uniform("which") < 0.5, -1, 1))}


def year_off_by_one(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The year before or the year after."""
    year, month, day = _split(record.text(field))
    return {field: _joined(year + np.where(dice.uniform("which") < 0.5, -1, 1), month, day)}


def year_off_by_ten(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Ten years too early or too late, as when an age is misread."""
    year, month, day = _split(record.text(field))
    later = (dice.uniform("which") < 0.5) & (year <= 2000)
    return {field: _joined(year + np.where(later, 10, -10), month, day)}


def default_date(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """January 1 of the true year, the 15th of the true month, or 1900-01-01."""
    year, month, _ = _split(record.text(field))
    which = dice.uniform("which")
    january, fifteenth = which < 0.5, (which >= 0.5) & (which < 0.8)
    never = which >= 0.8
    return {
        field: _joined(
            np.where(never, 1900, year), np.where(january | never, 1, month), np.where(fifteenth, 15, 1)
        )
    }  # fmt: skip


def partial_date(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Only month and year (day 00), or only the year."""
    texts, which = record.text(field), dice.uniform("which")
    month = texts.astype("U7").astype(object)
    return {
        field: np.where(which < 0.5, month, np.where(which < 0.8, month + "-00", texts.astype("U4").astype(object)))
    }
