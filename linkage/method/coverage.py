"""What a registry covers, where nobody says so: guessed from its dates of death, and told as a guess.

A single absurd date (2099-12-31) must not make everybody alive until then, and a date known to its month
only must not count for days of which nothing is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from linkage.engines import Engine
from linkage.rules.policy import NO_COVERAGE, MortalityPolicy

APART_YEARS = 3
"""Years with deaths so far from the next ones (two empty years between) stand apart from them."""
FEW_APART = 0.05
"""What stands apart is left out when it holds no more than this share of all deaths,"""
FEW_IN_A_YEAR = 0.01
"""and a first or last year when it holds less than this share of the fullest year's."""

ENDED = "ended on the day until which the extracted registry can be complete"

# What is surely inside: of a date known to its month, the end for the first and the start for the last.
_YEARS = """
SELECT
  CAST(substr(death_date_partial, 1, 4) AS INTEGER) AS year,
  sum(deaths) AS deaths,
  min(latest_day(death_date_partial)) AS first,
  max(earliest_day(death_date_partial)) AS last
FROM (
  SELECT death_date_partial, count(*) AS deaths FROM death
  WHERE death_date_partial IS NOT NULL GROUP BY death_date_partial
) AS day
GROUP BY 1
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Year:
    """The deaths of one calendar year, and the days that they surely span."""

    year: int
    deaths: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Guess:
    """First and last day that a registry seems to cover, and how they were found."""

    first: date
    last: date
    how: str


def guess_coverage(engine: Engine) -> Guess:
    """The coverage that the table `death` shows; none at all where no date of death can be read."""
    years = [Year(int(year), int(deaths), _day(first), _day(last)) for year, deaths, first, last in engine.rows(_YEARS)]
    if not years:
        return Guess(NO_COVERAGE, NO_COVERAGE, "no date of death can be read")
    kept = without_strays(years)
    left_out = sum(one.deaths for one in years) - sum(one.deaths for one in kept)
    how = "the first and the last death in the file"
    if left_out:
        how += f", without {left_out:,} at its ends that stand apart from the others"
    first, last = min(one.first for one in kept), max(one.last for one in kept)
    return Guess(min(first, last), last, how)


def ended_by_extraction(first: date, last: date, how: str, complete_until: date | None) -> tuple[date, date, str]:
    """Coverage that ends no later than the registry can be complete, and how it was found.

    >>> ended_by_extraction(date(2008, 1, 1), date(2021, 12, 31), "as stated", date(2021, 10, 2))[1:]
    (datetime.date(2021, 10, 2), 'as stated, ended on the day until which the extracted registry can be complete')
    """
    if complete_until is None or last <= complete_until:
        return first, last, how
    return min(first, complete_until), complete_until, f"{how}, {ENDED}"


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def without_strays(years: Sequence[Year]) -> Sequence[Year]:
    """The years without those at either end that a few odd dates have made.

    >>> def year(number, deaths): return Year(number, deaths, date(number, 1, 1), date(number, 12, 31))
    >>> kept = without_strays([year(2007, 1), year(2008, 500), year(2009, 480), year(2099, 2)])
    >>> [one.year for one in kept]
    [2008, 2009]
    """
    deaths = sum(one.deaths for one in years)
    groups: list[list[Year]] = []
    for one in years:
        if groups and one.year - groups[-1][-1].year < APART_YEARS:
            groups[-1].append(one)
        else:
            groups.append([one])
    for end in (0, -1):
        while len(groups) > 1 and sum(one.deaths for one in groups[end]) <= FEW_APART * deaths:
            groups.pop(end)
    kept = [one for group in groups for one in group]
    few = FEW_IN_A_YEAR * max(one.deaths for one in kept)
    for end in (0, -1):
        while kept[end].deaths < few:
            kept.pop(end)
    return kept


def covered(engine: Engine, policy: MortalityPolicy, complete_until: date | None = None) -> tuple[MortalityPolicy, str]:
    """A policy with the registry's coverage: as stated, else as the file shows; and how it was found.

    Nothing after `complete_until`, the last day of which the registry can be complete, is covered.
    """
    first, last, how = policy.coverage_first, policy.coverage_last, "as stated"
    if first is None or last is None:
        guess = guess_coverage(engine)
        first, last, how = first or guess.first, last or guess.last, guess.how
    first, last, how = ended_by_extraction(first, last, how, complete_until)
    return replace(policy, coverage_first=first, coverage_last=last), how
