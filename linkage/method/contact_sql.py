"""What encounters show about a patient: the SELECTs of these tables, made before linking, each from those before it:

    encounter -> seen_later -> hospital_death -> after_death -> contact

The first three are in `hospital_death_sql`: the few encounters that record a death, and whether its date is plausible.
"""

from collections.abc import Iterable

from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.method.statements import statement
from linkage.quoting import quoted

ANCHOR_KINDS = {"hospital": ("hospital",), "hospital_or_ed": ("hospital", "ed")}

# Each reason why an encounter was not used exactly as recorded. One encounter may meet several.
REPAIRS = {
    "organ_donor_declared": "organ_donor_declared",
    "organ_donor_inferred": "organ_donor AND NOT organ_donor_declared",
    "starts_long_after_hospital_death": f"days_after_hospital_death > {LONG_AFTER_DEATH_DAYS}",
    "discharge_before_start": "NOT organ_donor AND discharge_before_start",
    "discharge_missing_death_stands_in": "NOT organ_donor AND discharge_stand_in = 'death'",
    "discharge_missing_start_stands_in": "NOT organ_donor AND discharge_stand_in = 'start'",
    "start_missing": "start_date IS NULL AND NOT records_only_a_death",
    "death_without_stay": "records_only_a_death",
    "death_time_missing_discharge_stands_in": "death_stand_in = 'discharge'",
    "death_time_missing_no_discharge": "is_stay AND death_stand_in = 'none'",
    "death_time_without_died_in_hospital": "death_time IS NOT NULL AND NOT died_written",
    "death_before_start": "NOT organ_donor AND death_written < start_date",
    "death_date_not_plausible": "NOT organ_donor AND doubt IS NOT NULL",
}

REPAIR_MEANINGS = {
    "organ_donor_declared": "an organ donor's, as declared",
    "organ_donor_inferred": "an organ donor's, inferred",
    "starts_long_after_hospital_death": f"began more than {LONG_AFTER_DEATH_DAYS} days after a death in hospital",
    "discharge_before_start": "discharge before the start",
    "discharge_missing_death_stands_in": "discharge missing, so the day of death is used",
    "discharge_missing_start_stands_in": "discharge missing, so the start is used",
    "start_missing": "start missing",
    "death_without_stay": "records a death without a stay",
    "death_time_missing_discharge_stands_in": "time of death missing, so the discharge is used",
    "death_time_missing_no_discharge": "neither a time of death nor a discharge",
    "death_time_without_died_in_hospital": "time of death without the flag of a death",
    "death_before_start": "death before the start",
    "death_date_not_plausible": "date of death not plausible",
}
"""These reasons in words."""

REPAIRS_COUNTED = f"SELECT {', '.join(f'coalesce(sum({reason}), 0)' for reason in REPAIRS)} FROM repaired"
"""The SELECT of the number of encounters by reason, in this order."""

CONTACT = (
    *("hospital_death_date", "died_in_stay", "hospital_death_stood_in", "died_in_hospital", "death_in_doubt"),
    *("first_contact", "last_contact", "anchor_date"),
)
"""The columns of `contact` other than patient_id."""
ENCOUNTER = ("kind", "start_time", "discharge_time", "death_time", "died_in_hospital", "organ_donor")
"""The columns of `encounter` that are read here, other than patient_id."""

# Records that are linked together belong to one person: their encounters are used together, and each record gets the
# result.
OF_PERSONS = """
SELECT COALESCE(patient_person.person_id, encounter.patient_id) AS patient_id, {columns}
FROM encounter
{join} patient_person ON patient_person.patient_id = encounter.patient_id
"""
EACH_RECORD = """
SELECT COALESCE(patient_person.patient_id, {table}.patient_id) AS patient_id, {columns}
FROM {table}
LEFT JOIN patient_person ON patient_person.person_id = {table}.patient_id
"""


def repaired() -> str:
    """The SELECT behind `repaired`: the patients with encounters that were not used exactly as recorded, and the number
    of these encounters for each of `REPAIRS`.

    >>> [line for line in repaired().splitlines() if "AS start_missing" in line]
    ['  COUNT(CASE WHEN start_date IS NULL AND NOT records_only_a_death THEN 1 END) AS start_missing,']
    """
    counts = ",\n".join(f"  COUNT(CASE WHEN {condition} THEN 1 END) AS {name}" for name, condition in REPAIRS.items())
    anything = "\n  OR ".join(f"({condition})" for condition in REPAIRS.values())
    return statement("repaired", encounter_checked=_checked(), counts=counts, anything=anything)


def contact(anchor: str) -> str:
    """The SELECT behind the table `contact`; `anchor` is a key of `ANCHOR_KINDS`."""
    return statement("contact", encounter_checked=_checked(), kinds=quoted(ANCHOR_KINDS[anchor]))


def _checked() -> str:
    return statement("encounter_checked", dated=statement("dated"))


def of_persons(*, only: bool = False) -> str:
    """The SELECT of encounters with the id of the person in place of the record's; with `only`, of those persons who
    have several records."""
    return OF_PERSONS.format(columns=", ".join(ENCOUNTER), join="JOIN" if only else "LEFT JOIN")


def each_record(table: str, columns: Iterable[str]) -> str:
    """The SELECT that gives each record the row of `table` for its person."""
    return EACH_RECORD.format(table=table, columns=", ".join(f"{table}.{column}" for column in columns))
