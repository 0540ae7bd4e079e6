"""What encounters say of a patient, as SQL text that DuckDB and Spark both read.

Pure text: no connection, no engine, no files. The tables follow one another, before anybody is linked:

    encounter -> after_death -> contact, and the counts of what was not taken as it was written
"""

from linkage.quoting import quoted

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

# An encounter in days, and the day of death it records.
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
# contain is no reason to doubt another stay. (That somebody died goes without saying where a death has a date,
# but a planner learns from it that they are few.)
AFTER_DEATH = (
    _DATED
    + """
hospital_death AS (
  SELECT
    patient_id, start_time, death_date,
    CASE WHEN death_time <> CAST(CAST(death_time AS DATE) AS TIMESTAMP) THEN death_time END AS death_hour
  FROM with_death
  WHERE (died OR death_time IS NOT NULL) AND death_date >= start_date
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
# Not kept as a table: to work it out twice costs less than to keep the longest table of a job once more.
_CHECKED = (
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
),
encounter_checked AS (
  SELECT
    *,
    death_time IS NOT NULL AS death_time_known,
    CASE
      WHEN discharge_stand_in IS NULL THEN discharge_written
      WHEN discharge_stand_in = 'death' THEN death_date
      ELSE start_date
    END AS discharge_date
  FROM with_stand_ins
)"""
)

# A death that its own stay contains is believed before one that a donor account repeats. A row that tells of a death
# alone, as a table of deaths does, is no stay: an anchor on the day of death would release every date.
_CONTACT = (
    _CHECKED
    + """
SELECT
  patient_id,
  COALESCE(
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  BOOL_OR(died OR death_time_known) AS died_in_hospital,
  MIN(CASE WHEN NOT organ_donor THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(
    CASE
      WHEN NOT organ_donor AND kind IN ({kinds}) AND COALESCE(start_date, discharge_written) IS NOT NULL
      THEN discharge_date
    END) AS anchor_date
FROM encounter_checked
GROUP BY patient_id
"""
)

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


def repairs() -> str:
    """The SELECT that counts the encounters not taken as they were written: one row, a column for each of `REPAIRS`.

    >>> repairs().splitlines()[-2]
    '  COUNT(CASE WHEN NOT organ_donor AND death_date < start_date THEN 1 END) AS death_before_start'
    """
    counts = ",\n".join(f"  COUNT(CASE WHEN {condition} THEN 1 END) AS {name}" for name, condition in REPAIRS.items())
    return f"{_CHECKED}\nSELECT\n{counts}\nFROM encounter_checked"


def contact(anchor: str) -> str:
    """The SELECT behind the table `contact`; `anchor` names the kinds of encounter that anchor."""
    return _CONTACT.format(kinds=quoted(ANCHOR_KINDS[anchor]))
