"""The step from links to dates of death, as SQL text that DuckDB and Spark both read.

Pure text: no connection, no engine, no files. The tables follow one another, and each can be looked at:

    encounter -> after_death -> encounter_checked -> contact         before linking
    patient, contact, link, review_patient, death -> outcome         after it

Days decide everywhere: `discharge_time` is often hours before `death_time` on one and the same day.
"""

from datetime import date

LONG_AFTER_DEATH_DAYS = 30
"""Beyond this an encounter after a hospital death is counted apart: rather a wrong merge than a donor.
The tolerance that others use for a death before a contact (30, 32 and 60 days)."""

ANCHOR_KINDS = {"hospital": ("hospital",), "hospital_or_ed": ("hospital", "ed")}

# Each reason for which an encounter was not taken as it was written. One encounter may meet several.
REPAIRS = {
    "organ_donor_declared": "organ_donor_declared",
    "organ_donor_inferred": "organ_donor AND NOT organ_donor_declared",
    "starts_long_after_hospital_death": f"days_after_hospital_death > {LONG_AFTER_DEATH_DAYS}",
    "discharge_before_start": "NOT organ_donor AND discharge_before_start",
    "discharge_missing_death_stands_in": "NOT organ_donor AND discharge_stand_in = 'death'",
    "discharge_missing_start_stands_in": "NOT organ_donor AND discharge_stand_in = 'start'",
    "start_missing": "start_date IS NULL",
    "death_time_missing_discharge_stands_in": "death_stand_in = 'discharge'",
    "death_time_missing_no_discharge": "death_stand_in = 'none'",
    "death_time_without_died_in_hospital": "death_time_known AND NOT died",
    "death_before_start": "NOT organ_donor AND death_date < start_date",
}

# An encounter in days, and the day of death it records. Shared by the two statements below, so that
# the second reads the encounters once.
_DATED = """
WITH dated AS (
  SELECT
    patient_id, kind, start_time, discharge_time, death_time,
    CAST(start_time AS DATE) AS start_date,
    CAST(discharge_time AS DATE) AS discharge_written,
    COALESCE(CAST(discharge_time AS DATE) < CAST(start_time AS DATE), FALSE) AS discharge_before_start,
    COALESCE(died_in_hospital, death_time IS NOT NULL) AS died,
    COALESCE(organ_donor, FALSE) AS organ_donor_declared
  FROM encounter
),
with_death AS (
  SELECT
    *,
    CASE
      WHEN death_time IS NOT NULL OR NOT died THEN NULL
      WHEN discharge_written IS NULL OR discharge_before_start THEN 'none'
      ELSE 'discharge'
    END AS death_stand_in,
    CASE
      WHEN death_time IS NOT NULL THEN CAST(death_time AS DATE)
      WHEN died AND NOT discharge_before_start THEN discharge_written
    END AS death_date
  FROM dated
),"""

# Encounters that began after an earlier encounter's death: on a later day, or later on that day where
# the hour of death is known. A death known only to the day (midnight) says nothing about its hours: an
# account opened then may be the same stay registered anew. A death that its own stay does not
# contain is no reason to doubt another stay.
AFTER_DEATH = (
    _DATED
    + """
hospital_death AS (
  SELECT
    patient_id, start_time, death_date,
    CASE WHEN death_time <> CAST(CAST(death_time AS DATE) AS TIMESTAMP) THEN death_time END AS death_hour
  FROM with_death
  WHERE death_date >= start_date
)
SELECT
  later.patient_id,
  later.start_time,
  BOOL_OR(
    CAST(later.start_time AS DATE) > hospital_death.death_date
    OR COALESCE(later.start_time >= hospital_death.death_hour, FALSE)
  ) AS starts_after_death,
  BOOL_OR(CAST(later.start_time AS DATE) = hospital_death.death_date) AS starts_on_day_of_death,
  MAX(days_between(CAST(later.start_time AS DATE), hospital_death.death_date)) AS days_after_hospital_death
FROM encounter AS later
JOIN hospital_death
  ON hospital_death.patient_id = later.patient_id AND hospital_death.start_time < later.start_time
GROUP BY later.patient_id, later.start_time
"""
)

# Nobody is discharged before arriving, unless dead: a negative length is a donor's on the day of a
# death, or after a death that the account itself repeats from an account that is not in the file.
ENCOUNTER_CHECKED = (
    _DATED
    + """
with_donors AS (
  SELECT
    with_death.*,
    after_death.days_after_hospital_death,
    with_death.organ_donor_declared
      OR COALESCE(after_death.starts_after_death, FALSE)
      OR COALESCE(
        after_death.starts_on_day_of_death AND with_death.discharge_time < with_death.start_time, FALSE)
      OR COALESCE(with_death.discharge_before_start AND with_death.death_date < with_death.start_date, FALSE)
      AS organ_donor
  FROM with_death
  LEFT JOIN after_death
    ON after_death.patient_id = with_death.patient_id AND after_death.start_time = with_death.start_time
),
with_stand_ins AS (
  SELECT
    *,
    CASE
      WHEN discharge_written IS NOT NULL AND NOT discharge_before_start THEN NULL
      WHEN died AND death_date >= COALESCE(start_date, death_date) THEN 'death'
      WHEN start_date IS NOT NULL THEN 'start'
    END AS discharge_stand_in
  FROM with_donors
)
SELECT
  patient_id, kind, start_date, discharge_before_start, died, death_date, death_stand_in,
  death_time IS NOT NULL AS death_time_known,
  organ_donor_declared, organ_donor, days_after_hospital_death, discharge_stand_in,
  CASE
    WHEN discharge_stand_in IS NULL THEN discharge_written
    WHEN discharge_stand_in = 'death' THEN death_date
    ELSE start_date
  END AS discharge_date
FROM with_stand_ins
"""
)

# A death that its own stay contains is believed before one that a donor account repeats.
CONTACT = """
SELECT
  patient_id,
  COALESCE(
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  BOOL_OR(died OR death_time_known) AS died_in_hospital,
  MIN(CASE WHEN NOT organ_donor THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(CASE WHEN NOT organ_donor AND kind IN ({kinds}) THEN discharge_date END) AS anchor_date
FROM encounter_checked
GROUP BY patient_id
"""

# Records that are linked together are of one person, who was alive at the last contact of any of them.
CONTACT_OF_PERSONS = """
WITH last_seen AS (
  SELECT patient_person.person_id, MAX(contact.last_contact) AS last_contact
  FROM patient_person
  JOIN contact ON contact.patient_id = patient_person.patient_id
  GROUP BY patient_person.person_id
)
SELECT
  COALESCE(contact.patient_id, patient_person.patient_id) AS patient_id,
  contact.hospital_death_date,
  contact.died_in_hospital,
  COALESCE(last_seen.last_contact, contact.last_contact) AS last_contact,
  contact.first_contact,
  contact.anchor_date
FROM contact
FULL JOIN patient_person ON patient_person.patient_id = contact.patient_id
LEFT JOIN last_seen ON last_seen.person_id = patient_person.person_id
"""

# A date known to the month or year is an interval of days; no death comes before the last contact.
OUTCOME = """
WITH certificate AS (
  SELECT
    link.patient_id, link.death_id, link.rule,
    CAST(SUBSTR(death.death_date_partial, 1, 4) AS INTEGER) AS death_year,
    CAST(SUBSTR(death.death_date_partial, 5, 2) AS INTEGER) AS death_month,
    CAST(SUBSTR(death.death_date_partial, 7, 2) AS INTEGER) AS death_day
  FROM link
  JOIN death ON death.death_id = link.death_id
),
registry AS (
  SELECT
    patient_id, death_id, rule,
    CASE WHEN death_month = 0 THEN 'year' WHEN death_day = 0 THEN 'month' WHEN death_day > 0 THEN 'day' END
      AS registry_precision,
    CASE
      WHEN death_month = 0 THEN MAKE_DATE(death_year, 1, 1)
      WHEN death_day = 0 THEN MAKE_DATE(death_year, death_month, 1)
      ELSE MAKE_DATE(death_year, death_month, death_day)
    END AS first_day,
    CASE
      WHEN death_month = 0 THEN MAKE_DATE(death_year, 12, 31)
      WHEN death_day = 0 THEN LAST_DAY(MAKE_DATE(death_year, death_month, 1))
      ELSE MAKE_DATE(death_year, death_month, death_day)
    END AS last_day,
    CASE
      WHEN death_month = 0 THEN MAKE_DATE(death_year, 7, 1)
      WHEN death_day = 0 THEN MAKE_DATE(death_year, death_month, 15)
      ELSE MAKE_DATE(death_year, death_month, death_day)
    END AS middle_day
  FROM certificate
),
in_review AS (
  SELECT DISTINCT patient_id FROM review_patient
),
both_records AS (
  SELECT
    patient.patient_id,
    contact.hospital_death_date,
    contact.anchor_date,
    one_year_after(contact.anchor_date) AS censor_date,
    COALESCE(contact.died_in_hospital, FALSE) AS died_in_hospital,
    registry.death_id,
    registry.rule,
    registry.registry_precision,
    registry.last_day,
    CASE WHEN registry.last_day IS NOT NULL
      THEN LEAST(GREATEST(registry.first_day, contact.last_contact), registry.last_day) END AS first_day,
    CASE WHEN registry.registry_precision IN ({precisions_dated})
      THEN LEAST(GREATEST(registry.middle_day, contact.last_contact), registry.last_day) END
      AS registry_death_date,
    in_review.patient_id IS NOT NULL AS in_review,
    {coverage_first} AS coverage_first,
    {coverage_last} AS coverage_last
  FROM patient
  LEFT JOIN contact ON contact.patient_id = patient.patient_id
  LEFT JOIN registry ON registry.patient_id = patient.patient_id
  LEFT JOIN in_review ON in_review.patient_id = patient.patient_id
),
known AS (
  SELECT
    *,
    CASE
      WHEN hospital_death_date IS NOT NULL THEN 'hospital'
      WHEN last_day IS NOT NULL THEN 'registry'
      WHEN died_in_hospital THEN 'hospital'
      WHEN death_id IS NOT NULL THEN 'registry'
    END AS death_source,
    CASE WHEN hospital_death_date IS NOT NULL THEN 'day' ELSE registry_precision END AS death_date_precision,
    COALESCE(hospital_death_date, registry_death_date) AS death_date,
    COALESCE(hospital_death_date, first_day) AS died_from,
    COALESCE(hospital_death_date, last_day) AS died_until
  FROM both_records
),
judged AS (
  SELECT
    *,
    GREATEST(anchor_date, LEAST(censor_date, coverage_last)) AS covered_until,
    CASE
      WHEN anchor_date IS NULL THEN 'no_anchor'
      WHEN died_until <= censor_date AND death_date IS NOT NULL THEN 'died_within_one_year'
      WHEN died_from > censor_date THEN 'died_later'
      WHEN died_from IS NOT NULL THEN 'died_date_partial'
      WHEN death_source IS NOT NULL THEN 'died_date_not_known'
      WHEN in_review THEN 'in_review'
      WHEN coverage_first > anchor_date OR coverage_last < censor_date THEN 'unknown_not_covered'
      ELSE 'alive_at_one_year'
    END AS status
  FROM known
),
followed AS (
  SELECT
    *,
    CASE
      WHEN status IN ('in_review', 'died_date_not_known') THEN anchor_date
      WHEN status = 'unknown_not_covered' AND coverage_first > anchor_date THEN anchor_date
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
  CASE WHEN anchor_date IS NOT NULL
    THEN status = 'died_within_one_year' AND COALESCE(death_date <= covered_until, FALSE) END
    AS death_observed,
  coverage_first,
  coverage_last
FROM followed
"""

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
SELECT band, COUNT(*) AS patients FROM banded GROUP BY band ORDER BY band
"""

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


def repair_counts() -> str:
    """The SELECT that counts, per reason, the encounters not taken as they were written.

    >>> repair_counts().splitlines()[0]
    "SELECT 'organ_donor_declared' AS reason, COUNT(*) AS encounters FROM encounter_checked"
    """
    one = "SELECT '{reason}' AS reason, COUNT(*) AS encounters FROM encounter_checked\nWHERE {condition}"
    each = (one.format(reason=reason, condition=condition) for reason, condition in REPAIRS.items())
    return "\nUNION ALL\n".join(each)


def contact(anchor: str) -> str:
    """The SELECT behind the table `contact`; `anchor` names the kinds of encounter that anchor."""
    return CONTACT.format(kinds=quoted(ANCHOR_KINDS[anchor]))


def outcome(coverage_first: date | None, coverage_last: date | None, partial_death_date: str) -> str:
    """The SELECT behind the table `outcome`."""
    dated = ("day", "month", "year") if partial_death_date == "middle" else ("day",)
    return OUTCOME.format(
        precisions_dated=quoted(dated),
        coverage_first=date_literal(coverage_first),
        coverage_last=date_literal(coverage_last),
    )


def quoted(words: tuple[str, ...]) -> str:
    """Words as SQL strings.

    >>> quoted(("hospital", "ed"))
    "'hospital', 'ed'"
    """
    return ", ".join(f"'{word}'" for word in words)


def date_literal(day: date | None) -> str:
    """A day as an SQL expression of type DATE.

    >>> date_literal(date(2150, 1, 1)), date_literal(None)
    ("DATE '2150-01-01'", 'CAST(NULL AS DATE)')
    """
    return "CAST(NULL AS DATE)" if day is None else f"DATE '{day.isoformat()}'"
