"""A part of a column has day and month in another order than the rest, or a program has exchanged them in it."""

from collections.abc import Mapping

from linkage.values.date_forms import are_several, may_be_half_converted

_ENOUGH_LEFT = 12
"""Of so many different dates, one has a day up to the 12th, except in 2 of 1,000 columns: 0.6 to this power."""
_AMBIGUOUS = 11 / 18.4
"""The days of a month that can be read with day and month exchanged, for each that can be read in one order only."""


def left_as_text(shown: Mapping[str, int], year_first: int, latest_day: int) -> int:
    """The number of different dates that a program seems to have left as text because their order was not its own.

    So many are found in a part of a column that was converted, see `is_half_converted`: the column has correct dates
    with the year first beside it, but none of its texts is valid in both orders.

    >>> left_as_text({"4 first": 12}, 30, 28), left_as_text({"4 first": 12}, 30, 12)
    (12, 0)
    >>> left_as_text({"4 first": 11}, 30, 28), left_as_text({"4 first": 12, "4 ": 1}, 30, 28)
    (0, 0)
    """
    texts = sum(number for one, number in shown.items() if one)
    if latest_day <= 12 or not may_be_half_converted(shown):
        return 0
    return texts if texts >= _ENOUGH_LEFT and year_first >= exchanged_beside(texts) else 0


def year_day_month(day_second: int, month_second: int, plain: int, latest_day: int) -> tuple[int, int]:
    """The number of different dates in the order year, day, month if all dates may have it, and if others have not.

    `month_second` are dates in other forms that show the order year, month, day; `plain` are those that are plainly
    year, month, day, and `latest_day` the latest day of these. A few dates beside these are typing errors.

    >>> year_day_month(7, 0, 9, 12), year_day_month(7, 0, 9, 31), year_day_month(7, 1, 9, 12)
    ((7, 0), (0, 7), (0, 7))
    >>> year_day_month(2, 0, 9, 31), year_day_month(7, 0, 9_000, 31)
    ((0, 0), (0, 0))
    """
    if not month_second and latest_day <= 12:
        return day_second, 0
    return 0, day_second if are_several(day_second, month_second + plain) else 0


def exchanged_beside(in_one_order: int) -> int:
    """About how many dates can be read with day and month exchanged, beside so many that only one order can read.

    >>> exchanged_beside(3), exchanged_beside(100)
    (2, 60)
    """
    return round(in_one_order * _AMBIGUOUS)
