"""The coverage of a registry by year, as its users state it: the status of each year, and the delay of registrations.

A separate module because a registry publishes years and not days: a final year is complete, and a preliminary one is
complete only until some time before its extraction. Follow-up ends with the last complete day.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from linkage.errors import InputError, did_you_mean

STATUSES = ("final", "preliminary")
_EXAMPLE = 'registry_years = { 2008-2020 = "final", 2021 = "preliminary" }'


@dataclass(frozen=True, slots=True)
class RegistryYears:
    """A range of years (first and last) with one status; preliminary years can have their own lag in days."""

    first: int
    last: int
    status: str
    lag_days: int | None = None

    @property
    def name(self) -> str:
        """The years as a job file writes them.

        >>> RegistryYears(2008, 2020, "final").name, RegistryYears(2021, 2021, "preliminary").name
        ('2008-2020', '2021')
        """
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def stated(self) -> str | dict[str, Any]:
        """The status of the years, as written in a job file."""
        return self.status if self.lag_days is None else {"status": self.status, "lag_days": self.lag_days}


def registry_years(stated: object) -> tuple[RegistryYears, ...]:
    """The years of a setting, in order.

    Raises InputError for an invalid setting, and for years stated twice or missing in between.

    >>> [one.name for one in registry_years({"2021": "preliminary", "2008-2020": "final"})]
    ['2008-2020', '2021']
    >>> registry_years({"2008": "final", "2010": "final"})
    Traceback (most recent call last):
    linkage.errors.InputError: registry_years leaves out 2009. Follow-up cannot skip years: state those after it.
    """
    if not isinstance(stated, Mapping):
        raise InputError(f"registry_years says the status of years, such as {_EXAMPLE}.")
    years = sorted((_years(str(name), value) for name, value in stated.items()), key=lambda one: one.first)
    for before, after in pairwise(years):
        if after.first <= before.last:
            raise InputError(f"registry_years states {after.first} twice ({before.name} and {after.name}).")
        if after.first > before.last + 1:
            left_out = RegistryYears(before.last + 1, after.first - 1, "").name
            raise InputError(
                f"registry_years leaves out {left_out}. Follow-up cannot skip years: state those after it."
            )
    return tuple(years)


def _years(name: str, value: object) -> RegistryYears:
    found = re.fullmatch("([0-9]{4})(?:-([0-9]{4}))?", name)
    if not found or int(found[1]) < 1 or int(found[2] or found[1]) < int(found[1]):
        raise InputError(f"registry_years: {name!r} is neither a year nor a span of years, such as 2021 or 2008-2020.")
    settings: Mapping[str, Any] = value if isinstance(value, Mapping) else {"status": value}
    status, lag = settings.get("status"), settings.get("lag_days")
    if status not in STATUSES:
        raise InputError(
            f"registry_years, {name}: status = {status!r} is not one of: {', '.join(STATUSES)}."
            + did_you_mean(str(status), STATUSES)
        )
    if others := [one for one in settings if one not in ("status", "lag_days")]:
        raise InputError(f'registry_years, {name}: "{others[0]}" is not a setting. Allowed: status, lag_days.')
    if lag is not None:
        require_lag(f"registry_years, {name}: lag_days", lag)
        if status == "final":
            raise InputError(f"registry_years, {name}: a final year is complete and has no lag_days. Leave it out.")
    return RegistryYears(int(found[1]), int(found[2] or found[1]), str(status), lag)


def require_lag(what: str, lag: object) -> None:
    """Refuse a value that is not a number of days. Raises InputError."""
    if not isinstance(lag, int) or isinstance(lag, bool) or lag < 0:
        raise InputError(f"{what} = {lag!r} is not a whole number of days, 0 or more.")


def complete_until(years: Sequence[RegistryYears], extracted: date | None, lag_days: int | None) -> date:
    """The last day of death for which the registry is complete: the end of its final years and, in a preliminary year,
    the day that precedes the extraction by the lag.

    Raises InputError for a preliminary year without a stated lag or extraction, and for a final year that had not ended
    when the registry was extracted.

    >>> years = registry_years({"2008-2020": "final", "2021": "preliminary"})
    >>> complete_until(years, date(2022, 1, 31), 90)
    datetime.date(2021, 11, 2)
    >>> complete_until(years, date(2021, 2, 1), 90)
    datetime.date(2020, 12, 31)
    """
    ends = [_complete_until(one, extracted, lag_days) for one in years]
    until = date(years[0].first, 1, 1) - timedelta(days=1)
    for one, end in zip(years, ends, strict=True):
        if end < date(one.first, 1, 1):
            return until
        until = end
        if end < date(one.last, 12, 31):
            return until
    return until


def _complete_until(years: RegistryYears, extracted: date | None, lag_days: int | None) -> date:
    last = date(years.last, 12, 31)
    if years.status == "final":
        if extracted is not None and extracted < last:
            raise InputError(
                f"registry_years: {years.name} is final, and the registry was extracted on {extracted}, before that"
                " year had ended. Correct one of the two."
            )
        return last
    lag = lag_days if years.lag_days is None else years.lag_days
    if extracted is None or lag is None:
        missing = "registry_lag_days, or lag_days of the year" if lag is None else "extracted or registry_extracted"
        raise InputError(
            f"registry_years: {years.name} is preliminary, and its last complete day is not known. State {missing}."
        )
    return min(last, extracted - timedelta(days=lag))


def in_words(years: Sequence[RegistryYears]) -> str:
    """The years and their status.

    >>> in_words(registry_years({"2008-2020": "final", "2021": "preliminary"}))
    '2008-2020 final, 2021 preliminary'
    """
    return ", ".join(_in_words(years))


def _in_words(years: Sequence[RegistryYears]) -> Iterator[str]:
    for one in years:
        lag = "" if one.lag_days is None else f" (lag {one.lag_days:,} days)"
        yield f"{one.name} {one.status}{lag}"
