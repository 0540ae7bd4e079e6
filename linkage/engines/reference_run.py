"""Let the reference engine decide a whole run.

Candidates, links and ties are its own. Reading, mortality and the account stay with the database,
so that the two engines write the same files, byte for byte, or one of them is wrong.
"""

from collections.abc import Sequence
from datetime import date

from linkage.blocking import Blocks
from linkage.decisions import qualify
from linkage.engines.duckdb import DuckDBEngine
from linkage.records import Loaded, raw_people
from linkage.rules import Cascade
from linkage.sources import Source


def decide_by_reference(
    database: DuckDBEngine, cascade: Cascade, sources: Sequence[Source], loaded: Sequence[Loaded], contacts: bool
) -> Blocks:
    """Make the tables that blocking, comparison and assignment make, from the reference engine's answer."""
    # pandas, recordlinkage and scikit-learn take seconds to import; only this engine needs them.
    from linkage.engines.reference import reference_links

    patients, deaths = (
        database.frame(raw_people(side, table), source)
        for side, table, source in zip(("patient", "death"), loaded, sources, strict=False)
    )
    last_contact: dict[str, date] = {}
    if contacts:
        last_contact = dict(database.rows("SELECT patient_id, last_contact FROM contact"))
    found = reference_links(patients, deaths, cascade, last_contact)
    pairs = found.candidates.to_frame(index=False)
    texts = dict.fromkeys(("patient_id", "death_id"), "VARCHAR")
    database.insert("pair", {name: list(pairs[name]) for name in texts}, texts)
    database.create("candidate_patient", "SELECT DISTINCT patient_id FROM pair")
    qualify(database, cascade, contacts)
    for name, frame in (("assigned", found.links), ("held", found.tied.assign(tie=False))):
        columns = {**texts, "tie": "BOOLEAN"}
        database.insert("decided_by_reference", {column: list(frame[column]) for column in columns}, columns)
        database.create(name, _PERSONS.format(patient=_PATIENT[cascade.duplicates]))
    database.drop("decided_by_reference")
    return Blocks(len(pairs), pairs.iloc[:, 0].nunique(), cascade.keys, ())


# The tables of assignment speak of persons, the reference engine of their records.
_PATIENT = {"report": "told.patient_id", "link_together": "coalesce(patient_person.person_id, told.patient_id)"}
_PERSONS = """
SELECT DISTINCT {patient} AS patient_id, coalesce(death_person.person_id, told.death_id) AS death_id, told.tie
FROM decided_by_reference AS told
LEFT JOIN patient_person ON told.patient_id = patient_person.patient_id
LEFT JOIN death_person ON told.death_id = death_person.death_id
"""
