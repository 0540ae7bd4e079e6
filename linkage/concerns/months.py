"""What looks wrong in the months that the coverage includes: runs of months with far fewer deaths than is usual.

A part of a year that is missing is hidden in the number of deaths of the year, and patients who died then would count
as alive. The usual number is that of the years around, because registries grow.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from statistics import median

from linkage.concerns.counts import ONCE_IN_A_MILLION
from linkage.concerns.coverage import lacking_years, stated_days
from linkage.method.coverage import Year, without_strays
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import StudyFacts

_AROUND = 3
"""The years before and after a year that show its usual number of deaths,"""
_ENOUGH_DAYS = 90
"""if so many of their days are covered."""
_ENOUGH_MONTHS = 12
"""In so many months there must be deaths: otherwise no number is usual."""
_FAR_BELOW = 0.25
"""The share of the usual number below which deaths are missing, however many are usual."""
_MISSING = 0.1
"""The share that separates the months of a run from others best: it weighs each month by its number of deaths."""
_AT_MOST = 3
"""The number of runs that are named."""


@dataclass(frozen=True, slots=True)
class _Month:
    """A month of the coverage, with the number of its deaths and the number that is usual for its covered days.

    `told` says that its whole year lacks deaths, which is reported separately.
    """

    year: int
    month: int
    deaths: int
    usual: float
    told: bool

    @property
    def weight(self) -> float:
        """The logarithm of how much better the deaths fit a month with missing deaths than a usual one."""
        return self.deaths * log(_MISSING) + (1 - _MISSING) * self.usual

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def concerns_of_months(name: str, deaths: Mapping[str, int], policy: MortalityPolicy, study: StudyFacts) -> list[str]:
    """The concern about runs of months, from the number of dates of death in each month, such as "201506", or "201500"
    for those of which only the year is known.

    >>> deaths = {f"{year}{month:02}": 12 for year in range(2012, 2017) for month in range(1, 13)}
    >>> gap = {month: number for month, number in deaths.items() if not "201502" <= month <= "201505"}
    >>> concerns_of_months("deaths.csv", gap, MortalityPolicy(), StudyFacts())[0][:84]
    'deaths.csv: there are no dates of death in 2015-02 to 2015-05, although about 47 are'
    """
    by_year = Counter[int]()
    for month, number in deaths.items():
        by_year[int(month[:4])] += number
    told, _ = lacking_years({str(year): number for year, number in by_year.items()}, policy, study)
    months = _months(deaths, by_year, told, policy, study)
    if sum(one.deaths > 0 for one in months) < _ENOUGH_MONTHS:
        return []
    runs = [run for run in _runs(months) if _lacks_deaths(run, deaths)]
    if not runs:
        return []
    found = sum(one.deaths for run in runs for one in run)
    usual = sum(one.usual for run in runs for one in run)
    return [
        f"{name}: there are {f'only {found:,}' if found else 'no'} dates of death in {_listed(runs)}, although"
        f" about {round(usual):,} are usual in as many months, and the coverage includes these months. Patients who"
        " died then count as alive. State the coverage without these months, or add the deaths."
    ]


def _months(
    deaths: Mapping[str, int],
    by_year: Mapping[int, int],
    told: Sequence[int],
    policy: MortalityPolicy,
    study: StudyFacts,
) -> list[_Month]:
    """The months of the coverage, stated or as it will be guessed, in order."""
    years = _years(deaths)
    if not years:
        return []
    kept = without_strays(years)
    begins, ends = stated_days(policy, study)
    begins, ends = begins or min(one.first for one in kept), ends or max(one.last for one in kept)
    spans = {
        (year, month): days
        for year in range(begins.year, ends.year + 1)
        for month in range(1, 13)
        if (days := _days_covered(year, month, begins, ends)) > 0
    }
    usual = _usual(by_year, spans, told)
    return [
        _Month(year, month, deaths.get(f"{year:04}{month:02}", 0), usual.get(year, 0) * days, year in told)
        for (year, month), days in spans.items()
    ]


def _years(deaths: Mapping[str, int]) -> list[Year]:
    """The years with deaths; a date of which only the year is known does not extend the coverage."""
    found: dict[int, Year] = {}
    for text, number in sorted(deaths.items()):
        year, month = int(text[:4]), int(text[4:6])
        span = (date(year, 12, 31), date(year, 1, 1)) if not month else (date(year, month, 1), _end(year, month))
        sooner = found.get(year, Year(year, 0, *span))
        found[year] = Year(year, sooner.deaths + number, min(sooner.first, span[0]), max(sooner.last, span[1]))
    return list(found.values())


def _end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _days_covered(year: int, month: int, begins: date, ends: date) -> int:
    return (min(ends, _end(year, month)) - max(begins, date(year, month, 1))).days + 1


def _usual(by_year: Mapping[int, int], spans: Mapping[tuple[int, int], int], told: Sequence[int]) -> dict[int, float]:
    """For each year of the coverage, the usual number of deaths in a day: the median of the years around."""
    covered = Counter[int]()
    for (year, _), days in spans.items():
        covered[year] += days
    rates = {
        year: by_year.get(year, 0) / days
        for year, days in covered.items()
        if days >= min(_ENOUGH_DAYS, max(covered.values())) and year not in told
    }
    return {
        year: median(around)
        for year in covered
        if (around := [rate for other, rate in rates.items() if abs(other - year) <= _AROUND])
    }


def _runs(months: Sequence[_Month]) -> Iterator[Sequence[_Month]]:
    """The runs of months that fit missing deaths better than usual ones, each as long as it fits so.

    A run ends where the months after it fit usual numbers so well that chance does not explain it.
    """
    start = 0
    while start < len(months):
        best, end, total = 0.0, start, 0.0
        for place in range(start, len(months)):
            if months[place].told:
                break
            total += months[place].weight
            if total > best:
                best, end = total, place + 1
            if total <= max(0.0, best - ONCE_IN_A_MILLION):
                break
        if end > start:
            yield months[start:end]
        start = max(end, start + 1)


def _lacks_deaths(run: Sequence[_Month], deaths: Mapping[str, int]) -> bool:
    """Whether chance would cause so few deaths less than once in a million files, by Chernoff's bound of the Poisson
    distribution. Deaths of which only the year is known may have been in the run."""
    usual = sum(one.usual for one in run)
    number = sum(one.deaths for one in run) + sum(deaths.get(f"{year:04}00", 0) for year in {one.year for one in run})
    if number > _FAR_BELOW * usual:
        return False
    return usual - number + (number * log(number / usual) if number else 0) > ONCE_IN_A_MILLION


def _listed(runs: Sequence[Sequence[_Month]]) -> str:
    """The runs with the most missing deaths in words, in the order of time, and how many others there are."""
    named = sorted(runs, key=lambda run: -sum(one.usual - one.deaths for one in run))[:_AT_MOST]
    spans = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs if run in named]
    others = len(runs) - len(spans)
    return ", ".join(spans) + (f" and {others:,} more {'span' if others == 1 else 'spans'} of months" if others else "")
