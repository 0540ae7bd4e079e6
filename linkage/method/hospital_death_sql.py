"""The deaths that encounters record, as SQL text that DuckDB and Spark both read: which of their dates are plausible.

Pure text: no connection, no engine, no files. A hospital's date of death takes precedence over a registry's, so each is
looked at first. A date that is not plausible is not known: it goes to review, and the registry's stands in.
"""

from datetime import date

LONG_AFTER_DEATH_DAYS = 30
"""Beyond this an encounter after a hospital death is counted apart: rather a wrong merge than a donor.
The tolerance that others use for a death before a contact (30, 32 and 60 days)."""

LONG_AFTER_DISCHARGE_DAYS = 60
"""A stay whose recorded death is later than this after its discharge does not vouch for that date."""

PLACEHOLDERS = (
    *(date(1800, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1901, 1, 1)),
    *(date(2999, 1, 1), date(2999, 12, 31), date(9999, 1, 1), date(9999, 12, 31)),
)
"""Days that systems write where they know none."""

DOUBTS = {
    "placeholder date": "a day that systems write where they know none",
    "before birth": "before the patient was born",
    "before its stay": "before the stay that records it began",
    "long after its discharge": f"more than {LONG_AFTER_DISCHARGE_DAYS} days after the discharge of the stay that"
    " records it",
    "seen alive later": "the patient was seen alive later, by more than one account",
    "long after the certificate": f"outside any stay and more than {LONG_AFTER_DEATH_DAYS} days after the date on the"
    " linked certificate: the day on which somebody learned of the death",
}
"""Why a hospital's date of death is not plausible, and what that means. The last is only known after linking."""

# An encounter in days, and the day of death it records. A row that tells of a death alone, as a table of deaths does,
# is no stay.
DATED = """
WITH dated AS (
  SELECT
    patient_id, kind, start_time, discharge_time, death_time,
    CAST(start_time AS DATE) AS start_date,
    CAST(discharge_time AS DATE) AS discharge_written,
    COALESCE(start_time, discharge_time) IS NOT NULL AS is_stay,
    COALESCE(CAST(discharge_time AS DATE) < CAST(start_time AS DATE), FALSE) AS discharge_before_start,
    COALESCE(died_in_hospital, death_time IS NOT NULL) AS died_written,
    COALESCE(died_in_hospital, FALSE) AS died_flagged,
    COALESCE(organ_donor, FALSE) AS organ_donor_declared
  FROM {encounter}
),
with_death AS (
  SELECT
    *,
    CASE
      WHEN death_time IS NOT NULL OR NOT died_written THEN NULL
      WHEN discharge_written IS NULL OR discharge_before_start THEN 'none'
      ELSE 'discharge'
    END AS death_stand_in,
    CASE
      WHEN death_time IS NOT NULL THEN CAST(death_time AS DATE)
      WHEN died_written AND NOT discharge_before_start THEN discharge_written
    END AS death_written,
    COALESCE(start_time, discharge_time) IS NULL AND (died_written OR death_time IS NOT NULL) AS tells_of_death_alone,
    CASE
      WHEN NOT died_flagged THEN NULL
      WHEN discharge_before_start OR discharge_written IS NULL THEN start_date
      ELSE discharge_written
    END AS flag_date
  FROM dated
),"""

# Spells after a recorded death, or after a stay that a flag ends with death, in which the patient was in the hospital:
# accounts that overlap, such as the wards of one stay, are one spell. Accounts of a body are left out: declared donors'
# accounts, those of negative length, and those that repeat the death and begin soon after it.
SEEN_LATER = (
    DATED
    + """
told AS (
  SELECT patient_id, death_written AS told_date FROM with_death WHERE death_written IS NOT NULL
  UNION
  SELECT patient_id, flag_date AS told_date FROM with_death WHERE flag_date IS NOT NULL
),
later AS (
  SELECT
    told.patient_id, told.told_date, account.start_date,
    GREATEST(account.start_date, account.discharge_written) AS end_date
  FROM told
  JOIN with_death AS account ON account.patient_id = told.patient_id AND account.start_date > told.told_date
  WHERE NOT account.organ_donor_declared
    AND NOT account.discharge_before_start
    AND NOT COALESCE(
      account.death_written < account.start_date
      AND days_between(account.start_date, account.death_written) <= {long_after}, FALSE)
),
in_order AS (
  SELECT
    *,
    MAX(end_date) OVER (
      PARTITION BY patient_id, told_date ORDER BY start_date, end_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS seen_until
  FROM later
)
SELECT
  patient_id, told_date,
  COUNT(CASE WHEN seen_until IS NULL OR start_date > seen_until THEN 1 END) AS spells,
  MIN(start_date) AS seen_from
FROM in_order
GROUP BY patient_id, told_date
"""
)

# The encounters that record a death. A date that is not plausible is not known; where a flag says that the patient died
# in that stay, the discharge can stand in for it, but a registry's date goes before. A flag is wrong when the
# patient was seen alive later. A donor's account repeats a death that is not its own.
HOSPITAL_DEATH = (
    DATED
    + """
judged AS (
  SELECT
    with_death.*,
    CASE
      WHEN with_death.death_written IN ({placeholders}) THEN 'placeholder date'
      WHEN with_death.death_written < earliest_day(COALESCE(patient.birth_date, patient.birth_date_partial))
        THEN 'before birth'
      WHEN with_death.death_written < with_death.start_date AND NOT (
        (with_death.organ_donor_declared OR with_death.discharge_before_start)
        AND days_between(with_death.start_date, with_death.death_written) <= {long_after}
      ) THEN 'before its stay'
      WHEN seen_later.spells > 1 OR (with_death.death_written IS NULL AND seen_after_stay.spells > 1)
        THEN 'seen alive later'
      WHEN NOT with_death.is_stay
        AND days_between(seen_later.seen_from, with_death.death_written) > {long_after} THEN 'seen alive later'
      WHEN days_between(with_death.death_written, with_death.discharge_written) > {long_after_discharge}
        AND NOT with_death.discharge_before_start THEN 'long after its discharge'
    END AS doubt,
    with_death.died_flagged AND COALESCE(seen_after_stay.spells, 0) <= 1 AS flag_holds
  FROM with_death
  LEFT JOIN patient ON patient.patient_id = with_death.patient_id
  LEFT JOIN seen_later
    ON seen_later.patient_id = with_death.patient_id AND seen_later.told_date = with_death.death_written
  LEFT JOIN seen_later AS seen_after_stay
    ON seen_after_stay.patient_id = with_death.patient_id AND seen_after_stay.told_date = with_death.flag_date
  WHERE with_death.died_written OR with_death.death_time IS NOT NULL
)
SELECT
  *,
  doubt IS NULL OR (doubt <> 'seen alive later' AND flag_holds) AS died,
  CASE WHEN doubt IS NULL THEN death_written END AS death_date,
  CASE WHEN doubt <> 'seen alive later' AND flag_holds AND death_stand_in IS NULL AND NOT discharge_before_start
    THEN discharge_written END AS death_stood_in
FROM judged
"""
)

# Encounters that began after an earlier encounter's death: on a later day, or later on that day where
# the hour of death is known. A death known only to the day (midnight) says nothing about its hours: an
# account opened then may be the same stay registered anew. A death that its own stay does not
# contain is no reason to doubt another stay, nor is one that is not plausible, nor one that no stay contains where
# another stay contains a death.
AFTER_DEATH = """
WITH contained AS (
  SELECT *, BOOL_OR(is_stay) OVER (PARTITION BY patient_id) AS died_in_a_stay
  FROM hospital_death
  WHERE death_date >= COALESCE(start_date, death_date)
),
known_death AS (
  SELECT
    patient_id, start_time, death_date,
    CASE WHEN death_time <> CAST(CAST(death_time AS DATE) AS TIMESTAMP) THEN death_time END AS death_hour
  FROM contained
  WHERE is_stay OR NOT died_in_a_stay
)
SELECT
  later.patient_id,
  later.start_time,
  BOOL_OR(
    CAST(later.start_time AS DATE) > known_death.death_date
    OR COALESCE(later.start_time >= known_death.death_hour, FALSE)
  ) AS starts_after_death,
  BOOL_OR(CAST(later.start_time AS DATE) = known_death.death_date) AS starts_on_day_of_death,
  MAX(days_between(CAST(later.start_time AS DATE), known_death.death_date)) AS days_after_hospital_death
FROM encounter AS later
JOIN known_death
  ON known_death.patient_id = later.patient_id
  AND (known_death.start_time < later.start_time OR known_death.start_time IS NULL)
GROUP BY later.patient_id, later.start_time
"""

# The dates that were set aside, once each; a date that another account of the patient vouches for is none of them.
DOUBTFUL_DATE = """
SELECT hospital_death.patient_id, hospital_death.death_written AS hospital_date, MIN(hospital_death.doubt) AS doubt
FROM hospital_death
LEFT JOIN hospital_death AS vouching
  ON vouching.patient_id = hospital_death.patient_id AND vouching.death_date = hospital_death.death_written
WHERE hospital_death.doubt IS NOT NULL
  AND hospital_death.death_written IS NOT NULL
  AND vouching.patient_id IS NULL
GROUP BY hospital_death.patient_id, hospital_death.death_written
"""


def seen_later() -> str:
    """The SELECT behind `seen_later`: after each recorded death, the spells in which the patient was seen again."""
    return SEEN_LATER.format(encounter="encounter", long_after=LONG_AFTER_DEATH_DAYS)


def hospital_death() -> str:
    """The SELECT behind `hospital_death`: the encounters that record a death, and whether its date is plausible."""
    return HOSPITAL_DEATH.format(
        encounter="encounter",
        placeholders=", ".join(f"DATE '{day.isoformat()}'" for day in PLACEHOLDERS),
        long_after=LONG_AFTER_DEATH_DAYS,
        long_after_discharge=LONG_AFTER_DISCHARGE_DAYS,
    )
