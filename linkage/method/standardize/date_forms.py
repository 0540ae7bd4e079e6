"""The order in which the dates of a column are written: as declared, or as inferred from the column.

A separate step because one date is not enough: 02/03/1980 is read like the rest of its column.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from linkage.engines import Engine
from linkage.method.standardize.as_read import DATES
from linkage.quoting import quoted
from linkage.sources.reading import Reading
from linkage.values.date_forms import (
    DAY_SECOND,
    MONTH_SECOND,
    DateForm,
    FormFound,
    against_order,
    forms_shown,
    is_half_converted,
    may_be_half_converted,
    order_shown,
    shown_by_year_first,
)
from linkage.values.dates import standard_date
from linkage.values.likely_forms import NUMBER, likely_forms
from linkage.values.mixed_orders import left_as_text, year_day_month
from linkage.values.no_dates import NO_YEARS, no_dates

_YEAR_FIRST = re.compile("(1[89]|2[0-9])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
_PLACEHOLDERS = tuple(sorted(no_dates("birth_date") | no_dates("death_date") | no_dates("discharge")))
_NO_YEARS = tuple(f"{year:04}" for year in NO_YEARS)
CODE = "(-1|-?9+)([.]0+)?"
"""A pattern of codes for a missing number."""
_NUMBER = "number"
_SAMPLE = 1_000
_MOST = 9
"""How many times as many dates with the day second as other numbers show their order."""
_ENOUGH = 0.5
"""A declaration applies to the whole column: if fewer of its values are numbers, it could misread the others."""


def date_forms(engine: Engine, side: str, reading: Reading) -> dict[str, FormFound]:
    """How each date column of a side is read: as declared, or as inferred from its dates. Call `list_values` first."""
    columns, values = DATES[side], f"{side}_value"
    shown: dict[str, dict[str, int]] = {ours: {} for ours in columns.values()}
    odd = f"field IN ({quoted(tuple(columns))}) AND NOT full_match(value, '{_YEAR_FIRST.pattern}')"
    if engine.look_up("date_shown", f"SELECT DISTINCT value FROM {values} WHERE {odd}", _order_or_number, ("shown",)):
        counted = f"SELECT field, shown, count(*) FROM {values} JOIN date_shown USING (value) WHERE {odd} GROUP BY 1, 2"
        for column, what, number in engine.rows(counted):
            shown[columns[column]][str(what)] = int(number)
        engine.drop("date_shown")
    seconds = {ours: pop_year_first(orders, reading.forms.get(ours)) for ours, orders in shown.items()}
    numbers = {ours: orders.pop(_NUMBER, 0) for ours, orders in shown.items()}
    found = forms_shown(shown, reading.forms, reading.two_digit_years_up_to)
    selects = {ours: f"SELECT value FROM {values} WHERE field = '{field}'" for field, ours in columns.items()}
    found = with_digits_against(engine, found, selects)
    texts = f"SELECT field, value FROM {values} WHERE field IN ({quoted(tuple(columns))})"
    if any((*numbers.values(), *(days for days, _ in seconds.values()))):
        found = with_likely_forms(engine, found, texts, columns)
    # Some numbers in other forms, such as 20112010, look like this order; most do not.
    surely = {ours: both for ours, both in seconds.items() if both[0] > max(1, _MOST * numbers[ours])}
    if surely or any(may_be_half_converted(orders) for orders in shown.values()):
        found = _with_swapped(engine, found, texts, columns, shown, surely)
    return found


def pop_year_first(shown: dict[str, int], declared: DateForm | None) -> tuple[int, int]:
    """Take the dates with the year first out of those counted by `_order_or_day_second`. Returns how many have the day
    second and how many the month, or none if the declared form has the year last without separators: 20112010 is then
    20 November."""
    days_second, months_second = shown.pop(DAY_SECOND, 0), shown.pop(MONTH_SECOND, 0)
    has_year_last = declared is not None and declared.compact and declared.order.endswith("Y")
    return (0, 0) if has_year_last else (days_second, months_second)


def with_digits_against(
    engine: Engine, found: Mapping[str, FormFound], selects: Mapping[str, str]
) -> dict[str, FormFound]:
    """The forms found, with `against` for columns that are declared as digits without separators, such as DDMMYYYY.

    Such digits show their order only once they are declared: 20112010 can begin with the year. `selects` gives the
    values of each column.
    """
    return {
        ours: replace(one, against=against_order(_orders_of_digits(engine, selects[ours], one.form), one.form))
        if one.form.compact and one.form.order in _OTHER
        else one
        for ours, one in found.items()
    }


_OTHER = {"MDY": "DMY", "DMY": "MDY"}
_DIGITS, _DIGITS_AND_CLOCK = "[0-9]{5,8}([.]0+)?", "[0-9]{8}[T :].*"


def _orders_of_digits(engine: Engine, select: str, form: DateForm) -> dict[str, int]:
    """The number of different dates in digits by what they show about their order, as `order_shown` names it."""

    def shown(text: str) -> tuple[str]:
        forms = {place: replace(form, order=order) for place, order in (("first", "DMY"), ("second", "MDY"))}
        can_be = [place for place, one in forms.items() if standard_date(text, (), one).digits]
        return (f"4 {can_be[0]}" if len(can_be) == 1 else "",)

    days = (
        f"SELECT DISTINCT CASE WHEN full_match(value, '{_DIGITS_AND_CLOCK}') THEN substr(value, 1, 8) ELSE value END"
        f" AS value FROM ({select}) AS listed WHERE full_match(value, '{_DIGITS}|{_DIGITS_AND_CLOCK}')"
    )
    return _counted(engine) if engine.look_up("date_shown", days, shown, ("shown",)) else {}


def _order_or_number(text: str) -> tuple[str]:
    """What a date shows about the order of its column, or that it is a number, and no code for a missing one."""
    (shown,) = _order_or_day_second(text)
    return (shown or (_NUMBER if re.fullmatch(NUMBER, text) and not re.fullmatch(CODE, text) else ""),)


def _order_or_day_second(text: str) -> tuple[str]:
    return (shown_by_year_first(text) or order_shown(text),)


def _with_swapped(
    engine: Engine,
    found: Mapping[str, FormFound],
    texts: str,
    columns: Mapping[str, str],
    shown: Mapping[str, Mapping[str, int]],
    seconds: Mapping[str, tuple[int, int]],
) -> dict[str, FormFound]:
    """The forms found, with the number of dates whose day and month seem to be exchanged, by a program or because the
    column has the order year, day, month."""
    days = (
        f"SELECT field, substr(replace(value, '-', ''), 1, 8) AS day FROM ({texts}) AS listed"
        " WHERE full_match(value, '[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*')"
    )
    latest_days = (
        f"SELECT field, count(*), max(substr(day, 7, 2)) FROM ({days}) AS dated"
        f" WHERE substr(day, 7, 2) <= '31' AND day NOT IN ({quoted(_PLACEHOLDERS)})"
        f" AND substr(day, 1, 4) NOT IN ({quoted(_NO_YEARS)}) GROUP BY field"
    )
    year_first = {columns[field]: (int(number), int(latest)) for field, number, latest in engine.rows(latest_days)}
    for ours, (number, latest) in _serial_days(engine, found, texts, columns, shown).items():
        others, last = year_first.get(ours, (0, 0))
        year_first[ours] = number + others, max(latest, last)
    swapped = {
        ours: number for ours, (number, latest) in year_first.items() if is_half_converted(shown[ours], number, latest)
    }
    left = {ours: left_as_text(shown[ours], number, latest) for ours, (number, latest) in year_first.items()}
    ydm = {ours: year_day_month(*both, *year_first.get(ours, (0, 0))) for ours, both in seconds.items()}
    return {
        ours: replace(
            one,
            swapped=swapped.get(ours, 0),
            left_as_text=left.get(ours, 0),
            day_second=ydm.get(ours, (0, 0))[0],
            day_second_too=ydm.get(ours, (0, 0))[1],
        )
        for ours, one in found.items()
    }


def _serial_days(
    engine: Engine,
    found: Mapping[str, FormFound],
    texts: str,
    columns: Mapping[str, str],
    shown: Mapping[str, Mapping[str, int]],
) -> dict[str, tuple[int, int]]:
    """The number of different day numbers in columns that are declared so and may be half converted, and the latest
    day of a month among them."""
    asked = [
        field for field, ours in columns.items() if found[ours].form.days_since and may_be_half_converted(shown[ours])
    ]
    days: dict[str, list[int]] = {}
    for field in asked:
        numbers = f"SELECT value FROM ({texts}) AS listed WHERE field = '{field}' AND full_match(value, '{NUMBER}')"
        values = [value for (value,) in engine.rows(numbers) if not re.fullmatch(CODE, value)]
        read = (standard_date(value, _PLACEHOLDERS, found[columns[field]].form).digits for value in values)
        days[columns[field]] = [int(digits[6:]) for digits in read if digits]
    return {ours: (len(found), max(found, default=0)) for ours, found in days.items()}


def with_likely_forms(
    engine: Engine, found: Mapping[str, FormFound], select: str, columns: Mapping[str, str]
) -> dict[str, FormFound]:
    """The forms found, with those that numbers seem to have which cannot be read.

    `select` gives the distinct values (`field`, `value`); `columns` maps its fields to our columns. A sample is judged,
    because numbers of seconds can have millions of different values. It is the same in every engine, and spread by a
    hash, because the first values in order can all be of the same month.
    """
    placed = (
        "SELECT field, value, row_number() OVER (PARTITION BY field ORDER BY md5(value), value) AS place"
        f" FROM ({select}) AS listed"
    )
    known: Counter[str] = Counter()
    unread: dict[str, list[str]] = {}
    for field, value in engine.rows(f"SELECT field, value FROM ({placed}) AS placed WHERE place <= {_SAMPLE}"):
        ours = columns[field]
        what = _what_is(value, found[ours].form)
        known[ours] += what != "nothing"
        if what == "number":
            unread.setdefault(ours, []).append(value)
    likely = {
        ours: likely_forms(sorted(texts), ours) for ours, texts in unread.items() if len(texts) >= _ENOUGH * known[ours]
    }
    return {ours: replace(one, likely=likely.get(ours, ())) for ours, one in found.items()}


def _what_is(value: str, form: DateForm) -> str:
    """Whether a value is a "number" that is not read, a code for "nothing", or something else, ""."""
    if form.days_since or _YEAR_FIRST.fullmatch(value):
        return ""
    read = standard_date(value, (), form)
    if read.note == "placeholder" or re.fullmatch(CODE, value):
        return "nothing"
    return "number" if read.digits is None and re.fullmatch(NUMBER, value) else ""


def orders_shown(engine: Engine, select: str) -> dict[str, int]:
    """The number of dates in a SELECT by what they show about their order."""
    return _counted(engine) if _look_up(engine, select) else {}


def _counted(engine: Engine) -> dict[str, int]:
    """The number of values in the table `date_shown` by what they show; drops it."""
    rows = engine.rows("SELECT shown, count(*) FROM date_shown GROUP BY shown")
    engine.drop("date_shown")
    return {str(one): int(number) for one, number in rows}


def _look_up(engine: Engine, select: str) -> int:
    return engine.look_up("date_shown", select, _order_or_day_second, ("shown",))
