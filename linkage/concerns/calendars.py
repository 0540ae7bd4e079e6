"""What looks wrong in the years of dates: another calendar, which is never converted without being asked.

Dates that only one file has in another calendar are not known, and are reported as such by column. Here are those that
are read, because most years of all files are in it, as the shifted years of de-identified files are.
"""

from collections.abc import Mapping

from linkage.values.calendars import ADVICE, BUDDHIST, FIRST_BUDDHIST

_APART = 100
"""So many years between deaths and encounters are due to neither a registry's age nor to shifted dates."""
YEARS = {
    "dates of death": "SELECT CAST(substr(death_date_partial, 1, 4) AS INT) AS year FROM death",
    "encounters": "SELECT CAST(year(coalesce(discharge_time, start_time)) AS INT) AS year FROM encounter",
}


def by_year(what: str) -> str:
    """The SELECT for the number of dates in each year."""
    return f"SELECT CAST(year AS STRING), count(*) FROM ({YEARS[what]}) AS dated WHERE year IS NOT NULL GROUP BY year"


def concerns_of_calendars(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The concerns about the usual year of the dates of death and of the encounters, from the counts by year."""
    found = {what: _median(counts.get(what, {})) for what in YEARS}
    usual = {what: year for what, year in found.items() if year is not None}
    concerns = [
        f"Most {what} are in years from {FIRST_BUDDHIST:04} on, such as {year}. {ADVICE[BUDDHIST]} 29 February falls in"
        " other years there, and is lost."
        for what, year in usual.items()
        if year >= FIRST_BUDDHIST
    ]
    if len(usual) == len(YEARS) and max(usual.values()) - min(usual.values()) >= _APART:
        listed = ", and ".join(f"the usual year of the {what} is {year}" for what, year in usual.items())
        concerns.append(f"In these files {listed}. Are both in one calendar, and shifted by the same days?")
    return concerns


def _median(numbers: Mapping[str, int]) -> int | None:
    """The median of years, from the number of dates in each; None if there are none."""
    seen = 0
    for year, number in sorted((int(year), number) for year, number in numbers.items()):
        seen += number
        if 2 * seen > sum(numbers.values()):
            return year
    return None
