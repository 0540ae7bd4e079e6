"""Let the reference engine decide a whole run.

Candidates, links and ties are its own. Reading, mortality and the account stay with the database,
so that the two engines write the same files, byte for byte, or one of them is wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from linkage.blocking import Blocks
from linkage.decisions import qualify
from linkage.engines.duckdb import DuckDBEngine
from linkage.measuring_sql import weights
from linkage.records import Loaded, raw_people
from linkage.rules import Cascade
from linkage.sources import Source
from linkage.standardise.dates import standard_date
from linkage.standardise.ssn import SsnPolicy, standard_ssn

if TYPE_CHECKING:
    import pandas

    from linkage.engines.reference import ReferenceResult
    from linkage.engines.reference_evidence import PairWeight


def decide_by_reference(
    database: DuckDBEngine, cascade: Cascade, sources: Sequence[Source], loaded: Sequence[Loaded], contacts: bool
) -> tuple[Blocks, Cascade, float]:
    """Make the tables that blocking, comparison and assignment make, from the reference engine's answer.

    Returns also the cascade with the limits on probability that were used, and the matches expected among all
    candidates.
    """
    # pandas, recordlinkage and scikit-learn take seconds to import; only this engine needs them.
    from linkage.engines.reference import reference_links

    patients, deaths = (
        _as_declared(database.frame(raw_people(side, table), source), table, source, cascade)
        for side, table, source in zip(("patient", "death"), loaded, sources, strict=False)
    )
    last_contact: dict[str, date] = {}
    if contacts:
        last_contact = dict(database.rows("SELECT patient_id, last_contact FROM contact"))
    found = reference_links(patients, deaths, cascade, last_contact)
    if cascade.weighs:
        _put_evidence(database, cascade, found.evidence)
    pairs = found.candidates.to_frame(index=False)
    texts = dict.fromkeys(("patient_id", "death_id"), "STRING")
    database.insert("pair", {name: list(pairs[name]) for name in texts}, texts)
    database.create("candidate_patient", "SELECT DISTINCT patient_id FROM pair")
    qualify(database, found.cascade, contacts)
    for name, frame in (("assigned", found.links), ("held", found.tied.assign(tie=False))):
        columns = {**texts, "tie": "BOOLEAN"}
        database.insert("decided_by_reference", {column: list(frame[column]) for column in columns}, columns)
        database.create(name, _PERSONS.format(patient=_PATIENT[cascade.duplicates]))
    database.drop("decided_by_reference")
    return Blocks(len(pairs), pairs.iloc[:, 0].nunique(), cascade.keys, ()), found.cascade, _expected(found)


def _expected(found: "ReferenceResult") -> float:
    """The matches expected among all candidates; of the records of one person the most probable pair stands for all."""
    best: dict[tuple[str, str], int] = {}
    forbidden = set(found.impossible)
    for (patient, death), weight in found.evidence.items():
        if (patient, death) not in forbidden:
            both = found.persons[0][patient], found.persons[1][death]
            best[both] = max(weight.millionths, best.get(both, 0))
    return sum(best.values()) / 1_000_000


def _put_evidence(database: DuckDBEngine, cascade: Cascade, evidence: Mapping[tuple[str, str], "PairWeight"]) -> None:
    """Make the table `evidence`, as `weigh` does."""
    columns = weights(cascade)
    rows = [
        {
            "patient_id": patient,
            "death_id": death,
            **{name: getattr(weight, name, 0) for name in columns},
            **{f"{name}_bits": bits for name, bits in weight.by_field.items()},
        }
        for (patient, death), weight in evidence.items()
    ]
    types = {"patient_id": "STRING", "death_id": "STRING", **dict.fromkeys(columns, "BIGINT")}
    database.insert("evidence", {name: [row[name] for row in rows] for name in types}, types)


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
