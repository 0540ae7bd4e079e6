"""Let the reference engine decide a whole run.

Candidates, links and ties are its own. Reading, mortality and the account stay with the database,
so that the two engines write the same files, byte for byte, or one of them is wrong.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from linkage.engines.duck.engine import DuckDBEngine
from linkage.extras import needs
from linkage.method.block import Blocks
from linkage.method.decide import qualify
from linkage.method.records import Loaded, raw_people
from linkage.rules.cascade import Cascade
from linkage.sources.source import Source
from linkage.values.dates import standard_date
from linkage.values.ssn import SsnPolicy, standard_ssn

if TYPE_CHECKING:
    import pandas


def decide_by_reference(
    database: DuckDBEngine, cascade: Cascade, sources: Sequence[Source], loaded: Sequence[Loaded], contacts: bool
) -> Blocks:
    """Make the tables that blocking, comparison and assignment make, from the reference engine's answer."""
    # pandas, recordlinkage and scikit-learn take seconds to import; only this engine needs them.
    needs("recordlinkage")
    from linkage.reference.links import reference_links

    patients, deaths = (
        _as_declared(database.frame(raw_people(side, table), source), table, source, cascade)
        for side, table, source in zip(("patient", "death"), loaded, sources, strict=False)
    )
    last_contact: dict[str, date] = {}
    if contacts:
        last_contact = dict(database.rows("SELECT patient_id, last_contact FROM contact"))
    found = reference_links(patients, deaths, cascade, last_contact)
    pairs = found.candidates.to_frame(index=False)
    texts = dict.fromkeys(("patient_id", "death_id"), "STRING")
    database.insert("pair", {name: list(pairs[name]) for name in texts}, texts)
    database.create("candidate_patient", "SELECT DISTINCT patient_id FROM pair")
    qualify(database, cascade, contacts)
    for name, frame in (("assigned", found.links), ("held", found.tied.assign(tie=False))):
        columns = {**texts, "tie": "BOOLEAN"}
        database.insert("decided_by_reference", {column: list(frame[column]) for column in columns}, columns)
        database.create(name, _PERSONS.format(patient=_PATIENT[cascade.duplicates]))
    database.drop("decided_by_reference")
    return Blocks(len(pairs), pairs.iloc[:, 0].nunique(), cascade.keys, ())


def _as_declared(frame: "pandas.DataFrame", table: Loaded, source: Source, cascade: Cascade) -> "pandas.DataFrame":
    """Dates in the form in which the file was found or declared to be, and numbers with their lost zeros."""
    frame = frame.copy()
    for column, found in table.forms.items():
        if column in frame:
            frame[column] = [standard_date(_text(value), (), found.form).digits for value in frame[column]]
    if "ssn" in frame and source.reading.ssn_lost_zeros == "restore":
        frame["ssn"] = [_restored(_text(value), cascade.ssn) for value in frame["ssn"]]
    return frame


def _restored(text: str | None, policy: SsnPolicy) -> str | None:
    return standard_ssn(text, (), policy, restore_zeros=True).ssn or text


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


# The tables of assignment speak of persons, the reference engine of their records.
_PATIENT = {"report": "told.patient_id", "link_together": "coalesce(patient_person.person_id, told.patient_id)"}
_PERSONS = """
SELECT DISTINCT {patient} AS patient_id, coalesce(death_person.person_id, told.death_id) AS death_id, told.tie
FROM decided_by_reference AS told
LEFT JOIN patient_person ON told.patient_id = patient_person.patient_id
LEFT JOIN death_person ON told.death_id = death_person.death_id
"""
