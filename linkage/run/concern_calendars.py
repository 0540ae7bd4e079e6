"""What looks wrong in the years of dates: another calendar, which is never converted without being asked.

Dates that only one file has in another calendar are not known, and are reported as such by column. Here are those that
are read, because most years of all files are in it, as the shifted years of de-identified files are.
"""

from collections.abc import Sequence

from linkage.engines import Engine
from linkage.method.records import Loaded
from linkage.values.calendars import ADVICE, BUDDHIST, FIRST_BUDDHIST

_APART = 100
"""So many years between deaths and encounters are due to neither a registry's age nor to shifted dates."""
_YEARS = {
    "dates of death": "SELECT CAST(substr(death_date_partial, 1, 4) AS INT) AS year FROM death",
    "encounters": "SELECT CAST(year(coalesce(discharge_time, start_time)) AS INT) AS year FROM encounter",
}


def concerns_of_calendars(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about the usual year of the dates of death and of the encounters."""
    found = {what: _median(engine, select) for what, select in _YEARS.items() if what != "encounters" or loaded[2:]}
    usual = {what: year for what, year in found.items() if year is not None}
    concerns = [
        f"Most {what} are in years from {FIRST_BUDDHIST:04} on, such as {year}. {ADVICE[BUDDHIST]} 29 February falls in"
        " other years there, and is lost."
        for what, year in usual.items()
        if year >= FIRST_BUDDHIST
    ]
    if len(usual) == len(_YEARS) and max(usual.values()) - min(usual.values()) >= _APART:
        listed = ", and ".join(f"the usual year of the {what} is {year}" for what, year in usual.items())
        concerns.append(f"In these files {listed}. Are both in one calendar, and shifted by the same days?")
    return concerns


def _median(engine: Engine, select: str) -> int | None:
    """The median of the years of a SELECT; None if it has none."""
    rows = engine.rows(f"SELECT year, count(*) FROM ({select}) AS dated WHERE year IS NOT NULL GROUP BY year")
    total, seen = sum(int(number) for _, number in rows), 0
    for year, number in sorted(rows):
        seen += int(number)
        if 2 * seen > total:
            return int(year)
    return None
