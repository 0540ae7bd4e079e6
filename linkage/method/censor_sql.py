"""The step from links to dates of death, as SQL text that DuckDB and Spark both read.

Pure text: no connection, no engine, no files. Patients, their contacts (`contact_sql`), links, ties and deaths become
the table `outcome`. Days decide everywhere: `discharge_time` is often hours before `death_time` on the same day.
"""

import re
from datetime import date

from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.quoting import quoted

DAY_ZERO = "CAST(0.5 AS DOUBLE)"
"""The time that stands for a follow-up that ends on its first day: parametric models of survival refuse 0."""

# A date known to the month or year is an interval of days; no death comes before the last contact. If all dates of a
# linked person are from before it, the undated certificate does not settle whether the patient died. Nobody is followed
# through time that the registry does not cover: it holds some of those deaths, and none of the living could be seen.
OUTCOME = """
WITH only_impossible AS (
  SELECT patient_id FROM certificate GROUP BY patient_id HAVING NOT BOOL_OR(dates_the_death)
),
registry AS (
  SELECT
    link.patient_id, link.death_id, link.rule,
    only_impossible.patient_id IS NOT NULL AS only_impossible_dates,
    CASE
      WHEN SUBSTR(death.death_date_partial, 5, 2) = '00' THEN 'year'
      WHEN SUBSTR(death.death_date_partial, 7, 2) = '00' THEN 'month'
      WHEN death.death_date_partial IS NOT NULL THEN 'day'
    END AS registry_precision,
    earliest_day(death.death_date_partial) AS earliest,
    latest_day(death.death_date_partial) AS latest
  FROM link
  LEFT JOIN certificate ON certificate.patient_id = link.patient_id AND certificate.dates_the_death
  LEFT JOIN only_impossible ON only_impossible.patient_id = link.patient_id
  JOIN death ON death.death_id = COALESCE(certificate.death_id, link.death_id)
),
in_review AS (
  SELECT DISTINCT patient_id FROM review_patient
),
both_records AS (
  SELECT
    patient.patient_id,
    contact.hospital_death_date AS hospital_recorded,
    contact.died_in_stay,
    contact.hospital_death_stood_in,
    contact.anchor_date,
    one_year_after(contact.anchor_date) AS censor_date,
    COALESCE(contact.died_in_hospital, FALSE) AS died_in_hospital,
    registry.death_id,
    registry.rule,
    registry.registry_precision,
    registry.only_impossible_dates,
    registry.earliest,
    registry.latest AS last_day,
    CASE
      WHEN registry.registry_precision = 'day' THEN registry.earliest
      WHEN registry.latest IS NOT NULL THEN LEAST(GREATEST(registry.earliest, contact.last_contact), registry.latest)
    END AS first_day,
    in_review.patient_id IS NOT NULL OR COALESCE(contact.death_in_doubt, FALSE) AS in_review,
    {coverage_first} AS coverage_first,
    {coverage_last} AS coverage_last
  FROM patient
  LEFT JOIN contact ON contact.patient_id = patient.patient_id
  LEFT JOIN registry ON registry.patient_id = patient.patient_id
  LEFT JOIN in_review ON in_review.patient_id = patient.patient_id
),
completed AS (
  SELECT
    *,
    CASE
      WHEN registry_precision NOT IN ({precisions_dated}) THEN NULL
      WHEN first_day > earliest OR registry_precision = 'day' THEN middle_day(first_day, last_day)
      WHEN registry_precision = 'year' THEN MAKE_DATE(YEAR(earliest), 7, 1)
      ELSE MAKE_DATE(YEAR(earliest), MONTH(earliest), 15)
    END AS registry_death_date,
    CASE
      WHEN NOT died_in_stay AND registry_precision = 'day'
        AND days_between(hospital_recorded, last_day) > {long_after} THEN NULL
      ELSE hospital_recorded
    END AS hospital_believed
  FROM both_records
),
known AS (
  SELECT
    *,
    COALESCE(hospital_recorded, hospital_death_stood_in) AS hospital_death_date,
    CASE
      WHEN hospital_believed IS NOT NULL THEN hospital_believed
      WHEN last_day IS NULL THEN hospital_death_stood_in
    END AS hospital_counts
  FROM completed
),
dated AS (
  SELECT
    *,
    CASE
      WHEN hospital_counts IS NOT NULL THEN 'hospital'
      WHEN last_day IS NOT NULL THEN 'registry'
      WHEN died_in_hospital THEN 'hospital'
      WHEN death_id IS NOT NULL THEN 'registry'
    END AS death_source,
    CASE WHEN hospital_counts IS NOT NULL THEN 'day' ELSE registry_precision END AS death_date_precision,
    COALESCE(hospital_counts, registry_death_date) AS death_date,
    COALESCE(hospital_counts, first_day) AS died_from,
    COALESCE(hospital_counts, last_day) AS died_until
  FROM known
),
judged AS (
  SELECT
    *,
    CASE
      WHEN coverage_first > anchor_date THEN anchor_date
      ELSE GREATEST(anchor_date, LEAST(censor_date, coverage_last))
    END AS covered_until,
    CASE
      WHEN anchor_date IS NULL THEN 'no_anchor'
      WHEN died_until <= censor_date AND death_date IS NOT NULL THEN 'died_within_one_year'
      WHEN died_from > censor_date THEN 'died_later'
      WHEN died_from IS NOT NULL THEN 'died_date_partial'
      WHEN death_source = 'registry' AND only_impossible_dates THEN 'in_review'
      WHEN death_source IS NOT NULL THEN 'died_date_not_known'
      WHEN in_review THEN 'in_review'
      WHEN coverage_first > anchor_date OR coverage_last < censor_date THEN 'unknown_not_covered'
      ELSE 'alive_at_one_year'
    END AS status
  FROM dated
),
followed AS (
  SELECT
    *,
    CASE
      WHEN status IN ('in_review', 'died_date_not_known') THEN anchor_date
      WHEN status = 'died_date_partial' THEN LEAST(covered_until, died_from)
      ELSE LEAST(covered_until, death_date)
    END AS followed_until
  FROM judged
)
SELECT
  patient_id,
  status,
  CASE WHEN status = 'died_within_one_year' THEN death_date END AS dod,
  death_date,
  death_source,
  death_date_precision,
  hospital_death_date,
  registry_death_date,
  CASE WHEN registry_precision = 'day' THEN days_between(registry_death_date, hospital_death_date) END
    AS dates_differ_days,
  anchor_date,
  censor_date,
  death_id,
  rule,
  CASE WHEN anchor_date IS NOT NULL THEN GREATEST(0, days_between(followed_until, anchor_date)) END
    AS followup_days,
  CASE WHEN anchor_date IS NOT NULL THEN GREATEST({day_zero}, days_between(followed_until, anchor_date)) END
    AS followup_time_days,
  CASE WHEN anchor_date IS NOT NULL
    THEN status = 'died_within_one_year' AND COALESCE(death_date <= covered_until, FALSE) END
    AS death_observed,
  coverage_first,
  coverage_last
FROM followed
"""

_LAST_SELECT = OUTCOME[OUTCOME.rindex("\nSELECT") : OUTCOME.rindex("\nFROM")]
OUTCOME_COLUMNS = (*re.findall(r"(\w+)(?:,$|\Z)", _LAST_SELECT, re.MULTILINE), "fate")
"""The columns of the outcomes, before any that are carried along."""

IMPLAUSIBLE_DATE = """
SELECT patient_id, hospital_date, doubt FROM doubtful_date
UNION ALL
SELECT outcome.patient_id, contact.hospital_death_date AS hospital_date, 'long after the certificate' AS doubt
FROM outcome
JOIN contact ON contact.patient_id = outcome.patient_id
WHERE outcome.death_source = 'registry' AND contact.hospital_death_date IS NOT NULL
"""

FAR_APART = f"""
SELECT patient_id, death_id, hospital_death_date
FROM outcome
WHERE death_source = 'hospital' AND ABS(dates_differ_days) > {LONG_AFTER_DEATH_DAYS}
"""
"""The patients of whom the hospital's date stands although the linked certificate's lies far from it."""

DATES_OF_DEATH = """
SELECT
  COUNT(dod) AS released,
  COUNT(CASE WHEN dod IS NOT NULL AND death_date_precision <> 'day' THEN 1 END) AS completed,
  COUNT(CASE WHEN status = 'died_date_partial' THEN 1 END) AS withheld,
  (SELECT COUNT(DISTINCT patient_id) FROM implausible_date) AS overruled,
  (SELECT COUNT(DISTINCT patient_id) FROM certificate WHERE differs) AS certificates_differ,
  COUNT(CASE WHEN status = 'in_review' THEN 1 END) AS in_review
FROM outcome
"""
DATES = ("released", "completed", "withheld", "overruled", "certificates_differ", "in_review")
"""What `DATES_OF_DEATH` counts, in order."""

FOUND_BY_REGISTRY = "SELECT count(*) FROM outcome WHERE death_observed AND death_source = 'registry'"
"""How many followed patients died by the registry alone, within the year and its coverage."""

RELEASE = "SELECT patient_id, dod FROM outcome ORDER BY patient_id"

STATUS_COUNTS = """
SELECT status, COALESCE(death_source, 'none') AS death_source, COUNT(*) AS patients
FROM outcome
GROUP BY status, COALESCE(death_source, 'none')
ORDER BY status, death_source
"""

DIFFERENCE_COUNTS = """
WITH banded AS (
  SELECT
    CASE
      WHEN dates_differ_days IS NULL THEN 'registry_day_not_known'
      WHEN dates_differ_days = 0 THEN 'same_day'
      WHEN ABS(dates_differ_days) <= 1 THEN 'within_1_day'
      WHEN ABS(dates_differ_days) <= 7 THEN 'within_7_days'
      ELSE 'more_than_7_days'
    END AS band
  FROM outcome
  WHERE hospital_death_date IS NOT NULL AND death_id IS NOT NULL
)
SELECT band, COUNT(*) AS patients FROM banded GROUP BY band
"""

TALLIES = {
    "encounter_repairs": "SELECT reason, encounters FROM encounter_repair",
    "hospital_registry_difference": DIFFERENCE_COUNTS,
    "hospital_dates_overruled": "SELECT doubt, COUNT(*) FROM implausible_date GROUP BY doubt",
    "hospital_and_registry_far_apart": f"SELECT 'patients', COUNT(*) FROM ({FAR_APART}) AS far_apart",
    "hospital_deaths": "SELECT 'given', COUNT(CASE WHEN died_in_hospital THEN 1 END) FROM contact"
    " UNION ALL SELECT 'given', COUNT(*) FROM implausible_date",
    "patients": "SELECT 'all', COUNT(*) FROM patient",
}
"""Counts of patients and encounters, each a SELECT of a name and a number."""

# Each row: what is claimed, the number that must be found, the number found.
ACCOUNTS = """
SELECT 'one outcome per patient' AS claim, (SELECT COUNT(*) FROM patient) AS expected, COUNT(*) AS found
FROM outcome
UNION ALL
SELECT 'no patient twice', COUNT(*), COUNT(DISTINCT patient_id) FROM outcome
UNION ALL
SELECT 'every link has its outcome', (SELECT COUNT(*) FROM link), COUNT(death_id) FROM outcome
UNION ALL
SELECT 'every status is defined', COUNT(*), COUNT(CASE WHEN status IN ({statuses}) THEN 1 END) FROM outcome
UNION ALL
SELECT 'released deaths are those within one year',
  COUNT(CASE WHEN status = 'died_within_one_year' THEN 1 END), COUNT(dod)
FROM outcome
UNION ALL
SELECT 'no released death after its censoring date', 0, COUNT(CASE WHEN dod > censor_date THEN 1 END)
FROM outcome
UNION ALL
SELECT 'no negative follow-up', 0, COUNT(CASE WHEN followup_days < 0 THEN 1 END) FROM outcome
"""


PRECISIONS_DATED = {"withhold": ("day",), "months": ("day", "month"), "middle": ("day", "month", "year")}
"""The precisions of a registry's date that are given as a day, by what a policy does with partial dates of death."""


def outcome(coverage_first: date | None, coverage_last: date | None, partial_death_dates: str) -> str:
    """The SELECT behind the table `outcome`."""
    return OUTCOME.format(
        precisions_dated=quoted(PRECISIONS_DATED[partial_death_dates]),
        long_after=LONG_AFTER_DEATH_DAYS,
        day_zero=DAY_ZERO,
        coverage_first=date_literal(coverage_first),
        coverage_last=date_literal(coverage_last),
    )


def date_literal(day: date | None) -> str:
    """A day as an SQL expression of type DATE.

    >>> date_literal(date(2150, 1, 1)), date_literal(None)
    ("DATE '2150-01-01'", 'CAST(NULL AS DATE)')
    """
    return "CAST(NULL AS DATE)" if day is None else f"DATE '{day.isoformat()}'"
