"""What encounters say of a patient, as SQL text that DuckDB and Spark both read.

Pure text: no connection, no engine, no files. The tables follow one another, before anybody is linked:

    encounter -> seen_later -> hospital_death -> after_death -> contact

The first three are in `hospital_death_sql`: the few encounters that record a death, each judged by whether its date is
plausible.
"""

from collections.abc import Iterable

from linkage.method.hospital_death_sql import DATED, LONG_AFTER_DEATH_DAYS
from linkage.quoting import quoted

ANCHOR_KINDS = {"hospital": ("hospital",), "hospital_or_ed": ("hospital", "ed")}

# Each reason for which an encounter was not taken as it was written. One encounter may meet several.
REPAIRS = {
    "organ_donor_declared": "organ_donor_declared",
    "organ_donor_inferred": "organ_donor AND NOT organ_donor_declared",
    "starts_long_after_hospital_death": f"days_after_hospital_death > {LONG_AFTER_DEATH_DAYS}",
    "discharge_before_start": "NOT organ_donor AND discharge_before_start",
    "discharge_missing_death_stands_in": "NOT organ_donor AND discharge_stand_in = 'death'",
    "discharge_missing_start_stands_in": "NOT organ_donor AND discharge_stand_in = 'start'",
    "start_missing": "start_date IS NULL AND NOT tells_of_death_alone",
    "death_without_stay": "tells_of_death_alone",
    "death_time_missing_discharge_stands_in": "death_stand_in = 'discharge'",
    "death_time_missing_no_discharge": "is_stay AND death_stand_in = 'none'",
    "death_time_without_died_in_hospital": "death_time IS NOT NULL AND NOT died_written",
    "death_before_start": "NOT organ_donor AND death_written < start_date",
    "death_date_not_plausible": "NOT organ_donor AND doubt IS NOT NULL",
}

# Nobody is discharged before arriving, unless dead: a negative length is a donor's on the day of a
# death, or after a death that the account itself repeats from an account that is not in the file.
# Not kept as a table: to work it out twice costs less than to keep the longest table of a job once more.
_CHECKED = (
    DATED
    + """
every_account AS (
  SELECT {columns}, doubt, died, death_date, death_stood_in FROM hospital_death
  UNION ALL
  SELECT
    {columns}, CAST(NULL AS STRING) AS doubt, FALSE AS died, CAST(NULL AS DATE) AS death_date,
    CAST(NULL AS DATE) AS death_stood_in
  FROM with_death
  WHERE NOT died_written AND death_time IS NULL
),
with_donors AS (
  SELECT
    every_account.*,
    after_death.days_after_hospital_death,
    every_account.organ_donor_declared
      OR COALESCE(after_death.starts_after_death, FALSE)
      OR COALESCE(
        after_death.starts_on_day_of_death AND every_account.discharge_time < every_account.start_time, FALSE)
      OR COALESCE(every_account.discharge_before_start AND every_account.death_date < every_account.start_date, FALSE)
      AS organ_donor
  FROM every_account
  LEFT JOIN after_death
    ON after_death.patient_id = every_account.patient_id AND after_death.start_time = every_account.start_time
),
with_stand_ins AS (
  SELECT
    *,
    CASE
      WHEN NOT is_stay OR (discharge_written IS NOT NULL AND NOT discharge_before_start) THEN NULL
      WHEN death_date >= start_date THEN 'death'
      WHEN start_date IS NOT NULL THEN 'start'
    END AS discharge_stand_in
  FROM with_donors
),
encounter_checked AS (
  SELECT
    *,
    CASE
      WHEN discharge_stand_in IS NULL THEN discharge_written
      WHEN discharge_stand_in = 'death' THEN death_date
      ELSE start_date
    END AS discharge_date
  FROM with_stand_ins
)"""
)
_COLUMNS = (
    *("patient_id", "kind", "start_time", "discharge_time", "death_time", "start_date", "discharge_written"),
    *("is_stay", "tells_of_death_alone", "discharge_before_start", "died_written", "organ_donor_declared"),
    *("death_stand_in", "death_written"),
)

# A death inside a stay is believed before one that no stay contains, and both before one that a donor's account
# repeats. A stay that ended with a death by mistake is no sign of one; a date that was written down outside any stay
# is, even where it cannot be right. Only stays are contacts: whoever writes down a death that was learned of later
# has not seen the patient.
_CONTACT = """
SELECT
  patient_id,
  COALESCE(
    MIN(CASE WHEN NOT organ_donor AND {in_stay} THEN death_date END),
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  COALESCE(BOOL_OR({in_stay}), FALSE) AS died_in_stay,
  MIN(CASE WHEN NOT organ_donor THEN death_stood_in END) AS hospital_death_stood_in,
  BOOL_OR(died) AS died_in_hospital,
  COALESCE(BOOL_OR(doubt <> 'placeholder date' AND NOT (doubt = 'seen alive later' AND is_stay)), FALSE)
    AS death_in_doubt,
  MIN(CASE WHEN NOT organ_donor AND is_stay THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor AND is_stay THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(CASE WHEN NOT organ_donor AND is_stay AND kind IN ({kinds}) THEN discharge_date END) AS anchor_date
FROM encounter_checked
GROUP BY patient_id
"""
_IN_STAY = (
    "is_stay AND death_date >= COALESCE(start_date, death_date)"
    " AND days_between(death_date, COALESCE(discharge_date, death_date)) <= 1"
)

CONTACT = (
    *("hospital_death_date", "died_in_stay", "hospital_death_stood_in", "died_in_hospital", "death_in_doubt"),
    *("first_contact", "last_contact", "anchor_date"),
)
"""The columns of `contact` beside patient_id."""
ENCOUNTER = ("kind", "start_time", "discharge_time", "death_time", "died_in_hospital", "organ_donor")
"""The columns of `encounter` that are read here, beside patient_id."""

# Records that are linked together are of one person: their accounts are read as one person's, and each record has
# the answer of all.
OF_PERSONS = """
SELECT COALESCE(patient_person.person_id, encounter.patient_id) AS patient_id, {columns}
FROM encounter
LEFT JOIN patient_person ON patient_person.patient_id = encounter.patient_id
"""
EACH_RECORD = """
SELECT COALESCE(patient_person.patient_id, {table}.patient_id) AS patient_id, {columns}
FROM {table}
LEFT JOIN patient_person ON patient_person.person_id = {table}.patient_id
"""


def repairs() -> str:
    """The SELECT that counts the encounters not taken as they were written: one row, a column for each of `REPAIRS`.

    >>> repairs().splitlines()[-2]
    '  COUNT(CASE WHEN NOT organ_donor AND doubt IS NOT NULL THEN 1 END) AS death_date_not_plausible'
    """
    counts = ",\n".join(f"  COUNT(CASE WHEN {condition} THEN 1 END) AS {name}" for name, condition in REPAIRS.items())
    return f"{_checked()}\nSELECT\n{counts}\nFROM encounter_checked"


def contact(anchor: str) -> str:
    """The SELECT behind the table `contact`; `anchor` names the kinds of encounter that anchor."""
    return _checked() + _CONTACT.format(kinds=quoted(ANCHOR_KINDS[anchor]), in_stay=_IN_STAY)


def _checked() -> str:
    return _CHECKED.format(encounter="encounter", columns=", ".join(_COLUMNS))


def of_persons(columns: Iterable[str]) -> str:
    """The SELECT of the encounters as those of persons."""
    return OF_PERSONS.format(columns=", ".join(columns))


def each_record(table: str, columns: Iterable[str]) -> str:
    """The SELECT that gives each record what `table` says of its person."""
    return EACH_RECORD.format(table=table, columns=", ".join(f"{table}.{column}" for column in columns))
