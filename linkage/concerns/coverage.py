"""What looks wrong in the coverage of the registry: years that it includes, and in which the file has hardly any death.

Patients who died in such a year would count as alive.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from statistics import median

from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import StudyFacts

_FEW = 0.1
"""The share of the usual number of deaths of a year below which deaths are missing."""
_EXPECTED = 10
"""The least number of deaths that a year must be expected to have: chance makes none of ten once in 22,000 years."""


def concerns_of_coverage(name: str, deaths: Mapping[str, int], policy: MortalityPolicy, study: StudyFacts) -> list[str]:
    """The concern about the years without deaths, from the number of dates of death in each year.

    Coverage that is not stated begins and ends in years with many deaths, so only a gap between them is reported.

    >>> deaths = {"2014": 500, "2015": 480, "2017": 520}
    >>> policy = MortalityPolicy(coverage_first=date(2014, 1, 1), coverage_last=date(2019, 12, 31))
    >>> concerns_of_coverage("deaths.csv", deaths, policy, StudyFacts())[0][:67]
    'deaths.csv: there are no dates of death in 2016, 2018 to 2019, thou'
    """
    lacking, usual = lacking_years(deaths, policy, study)
    if not lacking:
        return []
    found = sum(deaths.get(str(year), 0) for year in lacking)
    return [
        f"{name}: there are {f'only {found:,}' if found else 'no'} dates of death in {_listed(lacking)}, though a year"
        f" of this registry has about {round(usual):,}, and its coverage includes these years. Patients who died then"
        " count as alive. Correct the coverage, or add the deaths."
    ]


def lacking_years(deaths: Mapping[str, int], policy: MortalityPolicy, study: StudyFacts) -> tuple[Sequence[int], float]:
    """The years of the coverage that have hardly any death, and the usual number of deaths in a year."""
    by_year = {int(year): number for year, number in deaths.items()}
    begins, ends = stated_days(policy, study)
    within = [n for year, n in by_year.items() if _includes(year, begins, ends)]
    if not within:
        return (), 0
    usual = median(within)
    full = [year for year, number in by_year.items() if number >= _FEW * usual]
    begins, ends = begins or date(min(full), 1, 1), ends or date(max(full), 12, 31)
    lacking = []
    for year in range(begins.year, ends.year + 1):
        days = (min(ends, date(year, 12, 31)) - max(begins, date(year, 1, 1))).days + 1
        expected = usual * days / 365
        if expected >= _EXPECTED and by_year.get(year, 0) < _FEW * expected:
            lacking.append(year)
    return lacking, usual


def stated_days(policy: MortalityPolicy, study: StudyFacts) -> tuple[date | None, date | None]:
    """The first and the last day of the coverage as far as they are stated, as days or by the years of the registry."""
    begins = max(filter(None, (policy.coverage_first, study.complete_from)), default=None)
    ends = min(filter(None, (policy.coverage_last, study.complete_until)), default=None)
    return begins, ends


def _includes(year: int, begins: date | None, ends: date | None) -> bool:
    return (begins is None or year >= begins.year) and (ends is None or year <= ends.year)


def _listed(years: Sequence[int]) -> str:
    """Years in words, those that follow each other as one span.

    >>> _listed([2010, 2016, 2017, 2018])
    '2010, 2016 to 2018'
    """
    spans = [[year for _, year in span] for _, span in groupby(enumerate(years), lambda one: one[1] - one[0])]
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)
