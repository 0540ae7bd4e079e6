"""Contacts: each patient's last contact, the discharge from which the year is counted, and the hospital's own death.

A step before linking, because a death well before the last contact in person excludes a link. The statements are in
`sql/`, filled in by `contact_sql` and `hospital_death_sql`.
"""

from linkage.engines import Engine
from linkage.method import contact_sql, hospital_death_sql
from linkage.method.statements import statement
from linkage.rules.policy import MortalityPolicy


def build_contact(engine: Engine, policy: MortalityPolicy, *, of_persons: bool = False, again: bool = False) -> None:
    """Make `contact` (one row per patient with encounters), `doubtful_date` and `encounter_repair` from `encounter`,
    and drop `encounter`, unless it will be used `again`.

    `contact` has the columns `contact_sql.CONTACT`; `doubtful_date` has the hospital's dates of death that are not
    plausible, and why. Organ-donor encounters and rows that record only a death change neither the contacts nor the
    anchor. (The patient of a donor account is already dead, and its length is often negative: MIMIC-IV, table
    `admissions`, and mimic-code #1346.) With `of_persons`, the encounters of all records of a person are used together,
    and every record gets the result.
    """
    if of_persons:
        engine.create("encounter", contact_sql.of_persons(contact_sql.ENCOUNTER))
    engine.create("seen_later", hospital_death_sql.seen_later())
    engine.create("hospital_death", hospital_death_sql.hospital_death())
    engine.create("after_death", statement("after_death"))
    engine.create("contact", contact_sql.contact(policy.anchor))
    engine.create("doubtful_date", statement("doubtful_date", another_used=hospital_death_sql.ANOTHER_USED))
    if of_persons:
        engine.create("contact", contact_sql.each_record("contact", contact_sql.CONTACT))
        engine.create("doubtful_date", contact_sql.each_record("doubtful_date", ("hospital_date", "doubt")))
    repairs = {"reason": list(contact_sql.REPAIRS), "encounters": engine.rows(contact_sql.repairs())[0]}
    engine.insert("encounter_repair", repairs, {"reason": "STRING", "encounters": "BIGINT"})
    # Encounters are the longest table of a job, and no later step needs them.
    engine.drop("seen_later", "hospital_death", "after_death", *([] if again else ["encounter"]))
