"""The coverage of a registry: if not stated, inferred from its dates of death and reported as inferred.

A single absurd date (2099-12-31) must not make everybody alive until then, and a date known only to the month must not
extend coverage over days without any known death.
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
"""Years with deaths that are this far from the next such years (two empty years between) are treated as isolated."""
FEW_APART = 0.05
"""Isolated years are left out if they have no more than this share of all deaths,"""
FEW_IN_A_YEAR = 0.01
"""and a first or last year if it has less than this share of the deaths of the year with the most."""

ENDED = "ended on the day until which the extracted registry can be complete"

# The days certainly covered: for a date known only to the month, its end if it is the first and its start if the last.
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
    """The deaths of one calendar year, and the days that they certainly span."""

    year: int
    deaths: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Guess:
    """The first and last day that a registry seems to cover, and how they were determined."""

    first: date
    last: date
    how: str


def guess_coverage(engine: Engine) -> Guess:
    """The coverage inferred from the table `death`; none if no date of death can be read."""
    years = [Year(int(year), int(deaths), _day(first), _day(last)) for year, deaths, first, last in engine.rows(_YEARS)]
    if not years:
        return Guess(NO_COVERAGE, NO_COVERAGE, "no date of death can be read")
    kept = without_strays(years)
    left_out = sum(one.deaths for one in years) - sum(one.deaths for one in kept)
    how = "the first and the last death in the file"
    if left_out:
        how += f", ignoring {left_out:,} isolated in time"
    first, last = min(one.first for one in kept), max(one.last for one in kept)
    return Guess(min(first, last), last, how)


def within_what_is_complete(first: date, last: date, how: str, study: StudyFacts) -> tuple[date, date, str]:
    """Coverage without the days for which the registry cannot be complete, given its stated extraction and years; and
    how it was determined.

    Raises InputError if the coverage and the stated years have no day in common.

    >>> facts = StudyFacts(extracted=date(2021, 12, 31), registry_lag_days=90)
    >>> within_what_is_complete(date(2008, 1, 1), date(2021, 12, 31), "as stated", facts)[1:]
    (datetime.date(2021, 10, 2), 'as stated, ended on the day until which the extracted registry can be complete')
    >>> by_year = StudyFacts(registry_years={"2010-2020": "final"})
    >>> within_what_is_complete(date(2008, 1, 1), date(2021, 12, 31), "as stated", by_year)
    (datetime.date(2010, 1, 1), datetime.date(2020, 12, 31), 'as stated, within the years stated: 2010-2020 final')
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
    """The years without those at either end that come from a few odd dates.

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
    """A policy with the registry's coverage, stated as days or as years, or else inferred from the file; and how it was
    determined. Days for which the registry cannot be complete, given what is stated of it, are excluded."""
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
    """Whether the user has stated the coverage of the registry."""
    return bool(study.years) or (policy.coverage_first is not None and policy.coverage_last is not None)
