"""Use the reference engine for the decisions of a whole run.

It computes candidates, links and ties. The database does the reading, mortality and the account,
so the two engines must write files that are equal byte for byte.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from linkage.engines.duck.engine import DuckDBEngine
from linkage.extras import needs
from linkage.method.block import Blocks
from linkage.method.compare_sql import weights
from linkage.method.crowds import no_crowds
from linkage.method.decide import qualify
from linkage.method.records import Loaded, raw_people
from linkage.rules.cascade import Cascade
from linkage.sources.source import Source
from linkage.values.codes import read_codes
from linkage.values.dates import standard_date
from linkage.values.no_dates import no_dates
from linkage.values.ssn import SsnPolicy, standard_ssn

if TYPE_CHECKING:
    import pandas

    from linkage.reference.evidence_weights import PairWeight
    from linkage.reference.links import ReferenceResult


def decide_by_reference(
    database: DuckDBEngine,
    cascade: Cascade,
    sources: Sequence[Source],
    loaded: Sequence[Loaded],
    contacts: bool,
    use_persons: Callable[[dict[str, tuple[int, int]]], None],
) -> tuple[Blocks, Cascade, Mapping[str, Any], float]:
    """Create the tables of blocking, comparison and assignment from the result of the reference engine.

    `use_persons` is told, by side, the records of persons with several and the persons that evidence joined, before
    dates are compared. Returns the blocks, the cascade with the limits on probability that were used, the estimates of
    the model, and the expected matches among all candidates.
    """
    # Imported here, because these libraries take seconds to import and only this engine needs them.
    needs("recordlinkage")
    from linkage.reference.links import reference_links

    patients, deaths = (
        _as_declared(database.frame(raw_people(side, table), source), table, source, cascade)
        for side, table, source in zip(("patient", "death"), loaded, sources, strict=False)
    )
    last_contact: dict[str, date] = {}
    if contacts:
        last_contact = dict(database.rows("SELECT patient_id, last_contact FROM contact"))
        patients = _born_before(patients, dict(database.rows("SELECT patient_id, last_seen FROM last_seen")))
        database.drop("last_seen")
    found = reference_links(patients, deaths, cascade, last_contact)
    no_crowds(database)
    if cascade.weighs:
        _put_evidence(database, cascade, found.evidence)
        use_persons(_put_persons(database, found))
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
    blocks = Blocks(len(pairs), pairs.iloc[:, 0].nunique(), cascade.keys, ())
    return blocks, found.cascade, found.estimated, _expected(found)


def _expected(found: "ReferenceResult") -> float:
    """The expected matches among all candidates. For each two persons, only the most probable pair counts."""
    best: dict[tuple[str, str], int] = {}
    forbidden = set(found.impossible)
    for (patient, death), weight in found.evidence.items():
        if (patient, death) not in forbidden:
            both = found.persons[0][patient], found.persons[1][death]
            best[both] = max(weight.millionths, best.get(both, 0))
    return sum(best.values()) / 1_000_000


def _put_evidence(database: DuckDBEngine, cascade: Cascade, evidence: Mapping[tuple[str, str], "PairWeight"]) -> None:
    """Create the table `evidence`, as `weigh` does."""
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


def _put_persons(database: DuckDBEngine, found: "ReferenceResult") -> dict[str, tuple[int, int]]:
    """Create the tables of persons. Returns their sizes, and how many persons the evidence joined."""
    sizes = {}
    for side, person_of, joined in zip(("patient", "death"), found.persons, found.joined, strict=True):
        records = Counter(person_of.values())
        several = {record: person for record, person in person_of.items() if records[person] > 1}
        columns = {f"{side}_id": list(several), "person_id": list(several.values())}
        database.insert(f"{side}_person", columns, dict.fromkeys(columns, "STRING"))
        sizes[side] = len(several), joined
    return sizes


def _as_declared(frame: "pandas.DataFrame", table: Loaded, source: Source, cascade: Cascade) -> "pandas.DataFrame":
    """Read dates in the format that was found or declared for the file, and restore lost leading zeros of SSNs."""
    frame = frame.copy()
    for column, found in table.forms.items():
        if column in frame:
            without = no_dates(column) | (set(cascade.fields[column].not_known) if column == "birth_date" else set())
            read = [standard_date(_text(value), without, found.form).digits for value in frame[column]]
            frame[column] = [digits if _has_come(digits, table.last_year) else None for digits in read]
    if "sex" in frame and source.reading.words.get("sex"):
        words = [(_text(value) or "").upper() for value in frame["sex"]]
        meanings = read_codes("sex", Counter(words), source.reading.words["sex"]).meanings
        frame["sex"] = [meanings.get(word) for word in words]
    if "ssn" in frame and source.reading.ssn_lost_zeros == "restore":
        frame["ssn"] = [_restored(_text(value), cascade.ssn) for value in frame["ssn"]]
    return frame


def _has_come(digits: str | None, last_year: int | None) -> bool:
    return digits is not None and (last_year is None or int(digits[:4]) <= last_year)


def _born_before(frame: "pandas.DataFrame", last_seen: Mapping[str, date | None]) -> "pandas.DataFrame":
    """Remove birth dates after the last contact of the patient."""
    if "birth_date" not in frame:
        return frame
    births = []
    for patient_id, digits in zip(frame["patient_id"], frame["birth_date"], strict=True):
        seen = last_seen.get(patient_id)
        # The earliest possible day of a birth date whose month or day is not known.
        day = (
            "".join(part if part != "00" else "01" for part in (digits[:4], digits[4:6], digits[6:]))
            if digits
            else None
        )
        births.append(None if seen and day and day > f"{seen:%Y%m%d}" else digits)
    frame = frame.copy()
    frame["birth_date"] = births
    return frame


def _restored(text: str | None, policy: SsnPolicy) -> str | None:
    return standard_ssn(text, (), policy, restore_zeros=True).ssn or text


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


# The tables of assignment have ids of persons; the reference engine returns ids of records.
_PATIENT = {"report": "pair.patient_id", "link_together": "coalesce(patient_person.person_id, pair.patient_id)"}
_PERSONS = """
SELECT DISTINCT {patient} AS patient_id, coalesce(death_person.person_id, pair.death_id) AS death_id, pair.tie
FROM decided_by_reference AS pair
LEFT JOIN patient_person ON pair.patient_id = patient_person.patient_id
LEFT JOIN death_person ON pair.death_id = death_person.death_id
"""
