"""What a registry covers, where nobody says so: guessed from its dates of death, and told as a guess.

A single absurd date (2099-12-31) must not make everybody alive until then, and a date known to its month
only must not count for days of which nothing is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from linkage.engines import Engine
from linkage.errors import InputError
from linkage.rules.policy import NO_COVERAGE, MortalityPolicy
from linkage.rules.registry_years import in_words
from linkage.rules.study_facts import NO_FACTS, StudyFacts

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


def within_what_is_complete(first: date, last: date, how: str, study: StudyFacts) -> tuple[date, date, str]:
    """Coverage without the days of which the registry cannot be complete, by what is stated of its extraction and its
    years; and how it was found.

    >>> facts = StudyFacts(extracted=date(2021, 12, 31), registry_lag_days=90)
    >>> within_what_is_complete(date(2008, 1, 1), date(2021, 12, 31), "as stated", facts)[1:]
    (datetime.date(2021, 10, 2), 'as stated, ended on the day until which the extracted registry can be complete')
    >>> by_year = StudyFacts(registry_years={"2010-2020": "final"})
    >>> within_what_is_complete(date(2008, 1, 1), date(2021, 12, 31), "as stated", by_year)
    (datetime.date(2010, 1, 1), datetime.date(2020, 12, 31), 'as stated, within the years stated: 2010-2020 final')

    Raises InputError for coverage of which no day lies in the years stated.
    """
    begins, ends = study.complete_from or first, study.complete_until or last
    if begins <= first and last <= ends:
        return first, last, how
    if study.years and (ends < first or last < begins):
        raise InputError(
            f"The coverage from {first} to {last} and the years stated of the registry ({in_words(study.years)}) have"
            " no day in common. Correct coverage or registry_years."
        )
    first, last = max(first, begins), min(last, ends)
    by = f"within the years stated: {in_words(study.years)}" if study.years else ENDED
    return min(first, last), last, f"{how}, {by}"


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


def covered(engine: Engine, policy: MortalityPolicy, study: StudyFacts = NO_FACTS) -> tuple[MortalityPolicy, str]:
    """A policy with the registry's coverage: as stated by days or by years, else as the file shows; and how it was
    found. No day of which the registry cannot be complete, by what is stated of it, is covered."""
    first, last, how = policy.coverage_first, policy.coverage_last, "as stated"
    if study.years:
        how = f"as stated: {in_words(study.years)}" if first is None and last is None else how
        first, last = first or study.complete_from, last or study.complete_until
    if first is None or last is None:
        guess = guess_coverage(engine)
        first, last, how = first or guess.first, last or guess.last, guess.how
    first, last, how = within_what_is_complete(first, last, how, study)
    return replace(policy, coverage_first=first, coverage_last=last), how


def is_stated(policy: MortalityPolicy, study: StudyFacts) -> bool:
    """Whether somebody has said what the registry covers."""
    return bool(study.years) or (policy.coverage_first is not None and policy.coverage_last is not None)
