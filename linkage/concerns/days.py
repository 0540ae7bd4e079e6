"""What looks wrong in the days of death: too many on one date or on one day of the month, or on a program's day zero.

Some registries write the first or the 15th for a day that is not known, and some programs write one date for all deaths
whose date they cannot read. Both look like exact dates.
"""

from collections.abc import Sequence

from linkage.concerns.counts import MANY, Counts, is_beyond_chance
from linkage.engines import Engine
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted, share
from linkage.quoting import quoted
from linkage.values.no_dates import BESIDE_ZERO

OF_ONE_DAY, _OF_ONE_DATE = 0.2, 0.1
"""Shares of the dates of death; each day of the month has about 0.03 of them."""
_DATES_ENOUGH = 60
"""In a file of fewer dates, as of one week, a date can have such a share by chance; here, it has six times the mean."""
MONTHS = 6
"""An event in one month has many deaths on a day; over so many months, it is a habit of writing."""

_DAYS = f"""
WITH dated AS (
    SELECT death_date_partial AS date, count(*) AS deaths
    FROM death
    WHERE death_date_partial IS NOT NULL AND substr(death_date_partial, 7, 2) <> '00'
    GROUP BY death_date_partial
)
SELECT substr(date, 7, 2) AS day, sum(deaths) AS deaths, count(DISTINCT substr(date, 1, 6)) AS months,
    count(*) AS dates, max(deaths) AS most,
    sum(CASE WHEN date IN ({quoted(BESIDE_ZERO)}) THEN deaths ELSE 0 END) AS beside_zero,
    sum(CASE WHEN substr(date, 1, 4) BETWEEN '1955' AND '1974' THEN deaths ELSE 0 END) AS of_these_years
FROM dated
GROUP BY substr(date, 7, 2)
ORDER BY deaths DESC, day
"""


def concerns_of_days(engine: Engine, loaded: Sequence[Loaded], counts: Counts) -> list[str]:
    """The concerns about the table `death`."""
    deaths = loaded[1]
    if "death_date" not in deaths.columns:
        return []
    rows = engine.rows(_DAYS)
    if not rows:
        return []
    day, number, months, *_ = rows[0]
    dated, dates = (sum(int(row[n]) for row in rows) for n in (1, 3))
    most = max(int(row[4]) for row in rows)
    beside_zero, of_these_years = (sum(int(row[n]) for row in rows) for n in (5, 6))
    concerns = []
    if beside_zero and beside_zero == of_these_years and dated > 1:
        concerns.append(
            f"{deaths.name}: {counted(beside_zero, 'date')} of death ({share(beside_zero, dated)})"
            f" {agreeing(beside_zero, 'is', 'are')} within a day of 1960-01-01 or 1970-01-01, from which programs"
            " count, and no other is from 1955 to 1974. Is it a zero for a date that is not known, or a number of days"
            " stored as seconds? Leave unknown dates empty, and store numbers of days with a date format."
        )
    if dates >= _DATES_ENOUGH and most > _OF_ONE_DATE * dated and is_beyond_chance(most, dated, 1 / dates):
        concerns.append(
            f"{deaths.name}: {share(most, dated)} of the dates of death are the same day. Is it a default date? Leave"
            " unknown dates empty."
        )
    if number > OF_ONE_DAY * dated and is_beyond_chance(number, dated, 1 / 30) and months >= MONTHS:
        concerns.append(
            f"{deaths.name}: {share(number, dated)} of the dates of death are on day {int(day)} of {months:,} different"
            " months. Is it written for a day that is not known? Write such dates without a day, as 2015-06."
        )
    return concerns + _of_one_weekday(deaths, counts)


def _of_one_weekday(deaths: Loaded, counts: Counts) -> list[str]:
    """Dates of weeks, which are those of the last or first day of each."""
    weekdays = counts["weekdays of death"]
    day, most = max(weekdays.items(), key=lambda one: (one[1], one[0]), default=("0", 0))
    dated = sum(weekdays.values())
    if len(counts["months of death"]) < MONTHS or most <= MANY * dated or not is_beyond_chance(most, dated, 1 / 7):
        return []
    return [
        f"{deaths.name}: {share(most, dated)} of the dates of death are a {_WEEKDAYS[int(day)]}. Is it the last or"
        " first day of the week of the death? Write the day of the death, or only the month, as 2015-06."
    ]


_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
