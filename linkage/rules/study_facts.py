"""What the user states about the study: title, population, dates of extraction, the registry's final years and delay,
and the share of deaths that the registry does not include.

A separate module because nothing here changes a link: it names the study in the manifest and the report, and it ends
follow-up. Certificates arrive late, so a registry is incomplete for the days before its extraction; no patient is
followed through those days, whatever coverage was stated or inferred.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from linkage.errors import InputError
from linkage.rules.registry_years import RegistryYears, complete_until, registry_years, require_lag


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """The study as its users describe it. Every field is optional.

    `title` and `population` are texts for the report. `extracted` is the day on which the data were extracted from the
    hospital's systems, and `registry_extracted` that of the registry, if it was another day. `registry_lag_days` is the
    number of days before its extraction for which the registry is incomplete. `registry_years` has the status of years
    ("final" or "preliminary"); then only preliminary years have a lag. `deaths_elsewhere` is the share of deaths
    outside the hospital that the registry does not include because they occurred elsewhere, from 0 to below 1.

    Raises InputError for a value of the wrong type.

    >>> StudyFacts(extracted=date(2021, 12, 31), registry_lag_days=90).complete_until
    datetime.date(2021, 10, 2)
    >>> StudyFacts(registry_lag_days=90)
    Traceback (most recent call last):
    linkage.errors.InputError: registry_lag_days counts back from an extraction. State extracted or registry_extracted.
    >>> StudyFacts(registry_years={"2008-2020": "final"}).complete_until
    datetime.date(2020, 12, 31)
    """

    title: str = ""
    population: str = ""
    extracted: date | None = None
    registry_extracted: date | None = None
    registry_lag_days: int | None = None
    registry_years: Mapping[str, Any] = field(default_factory=dict)
    deaths_elsewhere: float | None = None

    def __post_init__(self) -> None:
        for name in ("title", "population"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{name} = {getattr(self, name)!r} is not a string. Write it in quotes.")
        for name in ("extracted", "registry_extracted"):
            day = getattr(self, name)
            # A datetime is a date to Python, and would compare as one only by accident.
            if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
                raise InputError(
                    f"{name} = {day!r} is not a date. Write it as 2021-12-31, without quotes in a job file."
                )
        lag = self.registry_lag_days
        if lag is not None:
            require_lag("registry_lag_days", lag)
        if lag is not None and self._registry_day is None:
            raise InputError("registry_lag_days counts back from an extraction. State extracted or registry_extracted.")
        _ = self.complete_until
        share = self.deaths_elsewhere
        if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1):
            raise InputError(
                f"deaths_elsewhere = {share!r} is not a share from 0 to below 1, such as 0.02 for two of 100 deaths."
            )

    @property
    def _registry_day(self) -> date | None:
        return self.registry_extracted or self.extracted

    @property
    def years(self) -> tuple[RegistryYears, ...]:
        """The years of the registry and their status, in order."""
        return registry_years(self.registry_years)

    @property
    def complete_from(self) -> date | None:
        """The first day of death for which the registry is complete; None if no years are stated."""
        return date(self.years[0].first, 1, 1) if self.registry_years else None

    @property
    def complete_until(self) -> date | None:
        """The last day of death for which the registry can be complete; None if neither years nor an extraction are
        stated."""
        day = self._registry_day
        if years := self.years:
            return complete_until(years, day, self.registry_lag_days)
        return None if day is None else day - timedelta(days=self.registry_lag_days or 0)

    def as_manifest(self) -> dict[str, Any]:
        """The facts for a manifest: texts and ISO dates, null if not stated."""
        facts: dict[str, Any] = {one.name: _plain(getattr(self, one.name)) for one in fields(self)}
        years = {one.name: one.stated() for one in self.years} or None
        return facts | {"registry_years": years, "complete_until": _plain(self.complete_until)}


STUDY_SETTINGS = tuple(one.name for one in fields(StudyFacts))
"""The settings of the table [study] of a job file."""

NO_FACTS = StudyFacts()
"""A study without any stated facts."""


def study_of_manifest(manifest: dict[str, Any]) -> StudyFacts:
    """The facts back from a manifest.

    >>> study_of_manifest(StudyFacts("A study", extracted=date(2021, 12, 31)).as_manifest()).extracted
    datetime.date(2021, 12, 31)
    """
    given = {name: manifest[name] for name in STUDY_SETTINGS}
    given["registry_years"] = given["registry_years"] or {}
    for name in ("title", "population"):
        given[name] = given[name] or ""
    for name in ("extracted", "registry_extracted"):
        given[name] = given[name] and date.fromisoformat(given[name])
    return StudyFacts(**given)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value if value != "" else None
