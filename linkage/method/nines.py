"""Codes of nines, such as 9999 for "not known", in columns that are declared as numbers of days.

There they are days like all others, so they are counted beside the other days of their column, for each file. Of
encounters this is done while a file is read, because its rows are not told from those of other files later.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.engines import Engine
from linkage.values.date_forms import DateForm
from linkage.values.dates import standard_date

_NINES = ("999", "9999", "99999")


@dataclass(frozen=True)
class Nines:
    """How often the day of a code occurs in a column, beside how many `others`, which span so many `days`.

    `is_apart`: the day is before the first or after the last of the others.
    """

    code: str
    digits: str
    number: int
    others: int
    days: int
    is_apart: bool


def count_nines(engine: Engine, table: str, day: str, form: DateForm, where: str = "TRUE") -> Sequence[Nines]:
    """Count the days of each code among the rows of a table that meet a condition.

    `day` is the expression for a day as eight digits. Other forms than numbers of days have codes that are no dates.
    """
    codes = {code: standard_date(code, (), form).digits for code in _NINES} if form.days_since else {}
    return [_counted(engine, f"{table} WHERE {where}", day, code, digits) for code, digits in codes.items() if digits]


def _counted(engine: Engine, rows: str, day: str, code: str, digits: str) -> Nines:
    iso = f"concat(substr({day}, 1, 4), '-', substr({day}, 5, 2), '-', substr({day}, 7, 2))"
    ((number, others, days, is_apart),) = engine.rows(f"""
SELECT
  (SELECT count(*) FROM {rows} AND {day} = '{digits}'),
  count(*),
  days_between(CAST(max({iso}) AS DATE), CAST(min({iso}) AS DATE)),
  CASE WHEN '{digits}' BETWEEN min({day}) AND max({day}) THEN 0 ELSE 1 END
FROM {rows} AND {day} IS NOT NULL AND {day} NOT LIKE '%00' AND {day} <> '{digits}'
""")
    return Nines(code, digits, int(number), int(others), int(days or 0), bool(is_apart))


def day_of_time(time: str) -> str:
    """The expression for the day of a time as eight digits."""
    return f"replace(CAST(CAST({time} AS DATE) AS STRING), '-', '')"
