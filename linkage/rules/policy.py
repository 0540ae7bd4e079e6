"""The choices about mortality that the published method leaves open, declared by the user with a job."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from linkage.errors import InputError, did_you_mean

Anchor = Literal["hospital", "hospital_or_ed"]
PartialDeathDates = Literal["months", "middle", "withhold"]

NO_COVERAGE = date.min
"""The coverage of a registry in which no date of death can be read: none."""


@dataclass(frozen=True, slots=True)
class MortalityPolicy:
    """The choices that the published method leaves open, each with MIMIC-IV v3's answer as default.

    `anchor` is the discharge from which a year is counted: the last "hospital" discharge (MIMIC-IV
    v2) or the last "hospital_or_ed" discharge (since v3.0; 141,175 of its 364,627 patients have no
    other). `coverage_first` and `coverage_last` are the first and last day of death that the
    registry file is complete for; None leaves that side open. `partial_death_dates` says which registry dates are
    completed with the middle of the days that they can mean: "months" those known to the month, "middle" those known
    to the year as well, "withhold" none.

    >>> MortalityPolicy(anchor="hospital", coverage_last=date(2152, 12, 31)).partial_death_dates
    'months'
    >>> MortalityPolicy(anchor="hospitals")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    linkage.errors.InputError: anchor = 'hospitals' is not one of: hospital, ...
    """

    anchor: Anchor = "hospital_or_ed"
    coverage_first: date | None = None
    coverage_last: date | None = None
    partial_death_dates: PartialDeathDates = "months"

    def __post_init__(self) -> None:
        _check_choice("anchor", self.anchor, get_args(Anchor))
        _check_choice("partial_death_dates", self.partial_death_dates, get_args(PartialDeathDates))
        _check_day("coverage_first", self.coverage_first)
        _check_day("coverage_last", self.coverage_last)
        if self.coverage_first and self.coverage_last and self.coverage_last < self.coverage_first:
            raise InputError(
                f"coverage_last = {self.coverage_last} is before coverage_first = {self.coverage_first}."
                " Give the first and the last day of death that the registry file is complete for."
            )


def _check_choice(name: str, found: object, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise InputError(f"{name} = {found!r} is not one of: {', '.join(allowed)}.{did_you_mean(str(found), allowed)}")


def _check_day(name: str, found: object) -> None:
    # A datetime is a date to Python, and would compare as one only by accident.
    if found is not None and (not isinstance(found, date) or isinstance(found, datetime)):
        raise InputError(f"{name} = {found!r} is not a date. Give datetime.date(2150, 12, 31), or None.")
