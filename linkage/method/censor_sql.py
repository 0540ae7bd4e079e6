"""From links to dates of death: the SELECTs of the table `outcome` and of its counts. The statements are in `sql/`.

Only days are compared: `discharge_time` is often hours before `death_time` on the same day.
"""

from datetime import date

from linkage.method.hospital_death_sql import ANOTHER_USED, LONG_AFTER_DEATH_DAYS
from linkage.method.statements import statement
from linkage.quoting import quoted

OUTCOME_COLUMNS = (
    "patient_id",
    "status",
    "dod",
    "death_date",
    "death_source",
    "death_date_precision",
    "hospital_death_date",
    "registry_death_date",
    "dates_differ_days",
    "anchor_date",
    "censor_date",
    "death_id",
    "rule",
    "followup_days",
    "followup_time_days",
    "death_observed",
    "coverage_first",
    "coverage_last",
    "fate",
)
"""The columns of the outcomes, before any that are carried along."""
OUTCOME_PERSON = "person_id"
"""One more column, after these, if the records of a person are linked together: the lowest patient_id of the person."""

FAR_APART = statement("far_apart", long_after=LONG_AFTER_DEATH_DAYS)
"""The patients whose hospital date of death was used although the linked certificate's date is far from it."""

DATES = (
    *("released", "completed", "withheld", "overruled", "hospital_dates_differ", "certificates_differ", "in_review"),
)
"""The columns of `dates_of_death.sql`, in order."""

FOUND_BY_REGISTRY = "SELECT count(*) FROM outcome WHERE death_observed AND death_source = 'registry'"
"""The number of followed patients whose death is known only from the registry, within their year and its coverage."""

RELEASE = "SELECT patient_id, dod FROM outcome ORDER BY patient_id"

TALLIES = {
    "hospital_registry_difference": statement("difference_counts"),
    "hospital_dates_overruled": f"SELECT doubt, COUNT(*) FROM implausible_date WHERE doubt <> '{ANOTHER_USED}'"
    " GROUP BY doubt",
    "hospital_and_registry_far_apart": f"SELECT 'patients', COUNT(*) FROM ({FAR_APART}) AS far_apart",
    "hospital_deaths": "SELECT 'given', COUNT(CASE WHEN died_in_hospital THEN 1 END) FROM contact"
    " UNION ALL SELECT 'given', COUNT(*) FROM implausible_date",
    "patients": "SELECT 'all', COUNT(*) FROM patient",
}
"""Counts of patients and encounters, each a SELECT of a name and a number."""


PRECISIONS_DATED = {"withhold": ("day",), "months": ("day", "month"), "middle": ("day", "month", "year")}
"""The precisions of a registry's date that are given as a day, by what a policy does with partial dates of death."""


def outcome(coverage_first: date | None, coverage_last: date | None, partial_death_dates: str) -> str:
    """The SELECT behind the table `outcome`."""
    return statement(
        "outcome",
        precisions_dated=quoted(PRECISIONS_DATED[partial_death_dates]),
        long_after=LONG_AFTER_DEATH_DAYS,
        coverage_first=date_literal(coverage_first),
        coverage_last=date_literal(coverage_last),
    )


def date_literal(day: date | None) -> str:
    """A day as an SQL expression of type DATE.

    >>> date_literal(date(2150, 1, 1)), date_literal(None)
    ("DATE '2150-01-01'", 'CAST(NULL AS DATE)')
    """
    return "CAST(NULL AS DATE)" if day is None else f"DATE '{day.isoformat()}'"
