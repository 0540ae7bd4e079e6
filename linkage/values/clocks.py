"""Times of day that are no times: a local midnight that a program has written in another time zone."""

from collections.abc import Mapping

_ENOUGH_VALUES, _ENOUGH_TIMED = 10, 0.9
_DAY, _NOON, _SUMMER, _ZONES = 1_440, 720, 60, 15
"""Minutes. All zones are whole quarters of an hour apart; 23:59 is the end of a day."""
_SHARE = 0.1
"""The least share of the rarer of two times if the other is midnight: a date and a few real times look alike."""


def shifted_midnights(clocks: Mapping[int, int], without: int = 0) -> tuple[str, ...]:
    """The one or two times of day of a column of days, if they look like midnight in another time zone; else nothing.

    `clocks` has the number of values by minute of the day, and `without` is the number of values without a time. Summer
    time moves midnight by an hour. Noon alone is harmless, because it is in the middle of its day.

    >>> shifted_midnights({240: 30, 300: 20}), shifted_midnights({240: 30, 300: 20, 480: 1}), shifted_midnights({0: 50})
    (('04:00', '05:00'), (), ())
    """
    timed = sum(clocks.values())
    if timed + without < _ENOUGH_VALUES or timed < _ENOUGH_TIMED * (timed + without) or len(clocks) > 2:
        return ()
    first, last = min(clocks), max(clocks)
    if any(minute % _ZONES for minute in clocks) or (first == last and first in (0, _NOON)):
        return ()
    if first != last and last - first not in (_SUMMER, _DAY - _SUMMER):
        return ()
    if 0 in clocks and min(clocks.values()) < _SHARE * timed:
        return ()
    return tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(clocks))


def minute_of_day(clock: str) -> int:
    """The minute of the day of a time such as 5:00, 0500 or 10:00 PM.

    >>> minute_of_day("5:00"), minute_of_day("2230"), minute_of_day("10:00 PM"), minute_of_day("12:00 AM")
    (300, 1350, 1320, 0)
    """
    digits = "".join(letter for letter in clock if letter.isdigit()).rjust(4, "0")
    hour, half = int(digits[:2]), clock[-2:].upper()
    if half in ("AM", "PM"):
        hour = hour % 12 + (12 if half == "PM" else 0)
    return 60 * hour + int(digits[2:])
