"""Contacts: each patient's last contact, the discharge from which the year is counted, and the hospital's own death.

A step before linking, because a death well before the last contact in person excludes a link. The statements are in
`sql/`, filled in by `contact_sql` and `hospital_death_sql`.
"""

from linkage.engines import Engine
from linkage.method import contact_sql, hospital_death_sql
from linkage.method.statements import statement
from linkage.rules.policy import MortalityPolicy


def build_contact(engine: Engine, policy: MortalityPolicy, *, of_persons: bool = False, again: bool = False) -> None:
    """Make `contact` (one row per patient with encounters), `doubtful_date` and `repaired` from `encounter`, and drop
    `encounter`, unless it will be used `again`.

    `contact` has the columns `contact_sql.CONTACT`; `doubtful_date` has the hospital's dates of death that are not
    plausible, and why; `repaired` counts the encounters not used exactly as recorded. Organ-donor encounters and rows
    that record only a death change neither the contacts nor the anchor. (The patient of a donor account is already
    dead, and its length is often negative: MIMIC-IV, table `admissions`, and mimic-code #1346.) With `of_persons`, the
    encounters of all records of a person are used together, and every record gets the result.
    """
    if of_persons:
        engine.create("encounter", contact_sql.of_persons())
    _make(engine, policy)
    if of_persons:
        for table, columns in _OF_RECORDS.items():
            engine.create(table, contact_sql.each_record(table, columns))
    # Encounters are the longest table of a job, and no later step needs them.
    engine.drop(*_FROM_ENCOUNTERS, *([] if again else ["encounter"]))


def rebuild_contact(engine: Engine, policy: MortalityPolicy) -> None:
    """Make `contact`, `doubtful_date` and `repaired` again after further records of persons were found, and drop
    `encounter`. Only the rows of persons with several records change.
    """
    engine.create("encounter", contact_sql.of_persons(only=True))
    _make(engine, policy, "joined_")
    of_persons = "patient_id IN (SELECT patient_id FROM patient_person)"
    for table, columns in _OF_RECORDS.items():
        engine.replace_rows(table, of_persons, contact_sql.each_record(f"joined_{table}", columns))
    engine.replace_rows("repaired", of_persons, "SELECT * FROM joined_repaired")
    engine.drop(*_FROM_ENCOUNTERS, "encounter", *(f"joined_{table}" for table in (*_OF_RECORDS, "repaired")))


_OF_RECORDS = {"contact": contact_sql.CONTACT, "doubtful_date": ("hospital_date", "doubt")}
"""The tables of which every record gets the rows of its person, and their columns other than patient_id."""
_FROM_ENCOUNTERS = ("seen_later", "hospital_death", "after_death")


def _make(engine: Engine, policy: MortalityPolicy, prefix: str = "") -> None:
    """Make `contact`, `doubtful_date` and `repaired`, with a prefix to their names, from `encounter`."""
    engine.create("seen_later", hospital_death_sql.seen_later())
    engine.create("hospital_death", hospital_death_sql.hospital_death())
    engine.create("after_death", statement("after_death"))
    engine.create(f"{prefix}contact", contact_sql.contact(policy.anchor))
    doubtful = statement("doubtful_date", contact=f"{prefix}contact", another_used=hospital_death_sql.ANOTHER_USED)
    engine.create(f"{prefix}doubtful_date", doubtful)
    engine.create(f"{prefix}repaired", contact_sql.repaired())
