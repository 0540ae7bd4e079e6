"""The people of a release: which records belong to one person, and their dates of birth and death.

Creates the tables `person` (patient_id, person_id, dod), `born`, and `anchored`.
"""

from pathlib import Path

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError
from linkage.method.records import trimmed
from linkage.method.standardize.date_forms import orders_shown
from linkage.quoting import quoted_name
from linkage.release.policy import PATIENTS
from linkage.sources.make_source import source
from linkage.sources.source import ColumnName, Source
from linkage.values.date_forms import forms_shown
from linkage.values.dates import standard_date


def load_persons(engine: DuckDBEngine, outcomes: Path, persons: str | Path | None) -> None:
    """Create `person` (patient_id, person_id, dod) from the run's outcomes and the file that merges records.

    A person's id is the record number known from an earlier release, or else the lowest one. Thus a merge never changes
    the number of a person who was released before.
    """
    file = source(outcomes)
    person = "person_id" if "person_id" in engine.columns(file) else "patient_id"
    engine.load("outcome_read", file, f"SELECT patient_id, {person} AS person_id, CAST(dod AS DATE) AS dod FROM source")
    merged = "outcome_read.person_id"
    join = ""
    if persons is not None:
        given = source(persons)
        missing = {"patient_id", "person_id"} - set(engine.columns(given))
        if missing:
            raise InputError(f"{given.name}: column {', '.join(sorted(missing))} is missing. Both are required.")
        text = "nullif(trim(text_of({0})), '') AS {0}"
        engine.load("merged", given, f"SELECT {text.format('patient_id')}, {text.format('person_id')} FROM source")
        merged = "coalesce(merged.person_id, outcome_read.person_id)"
        join = " LEFT JOIN merged ON outcome_read.patient_id = merged.patient_id"
    known = "read.patient_id IN (SELECT true_id FROM crosswalk WHERE kind = 'subject_id')"
    engine.create(
        "person",
        "SELECT patient_id, first_value(patient_id) OVER (PARTITION BY person ORDER BY is_known DESC,"
        " length(patient_id), patient_id) AS person_id, min(dod) OVER (PARTITION BY person) AS dod"
        f" FROM (SELECT *, {known} AS is_known FROM (SELECT outcome_read.patient_id, {merged} AS person,"
        f" outcome_read.dod FROM outcome_read{join}) AS read) AS read",
    )
    engine.drop("outcome_read", "merged")


def read_birth_dates(engine: DuckDBEngine, file: Source, id_column: str, birth_column: ColumnName | None) -> None:
    """Create `born` (patient_id, born) from the patients file: the full birth dates.

    The dates are read as the run read them: in the declared order, or in the order that their column shows.
    """
    if birth_column is None:
        engine.insert("born", {"patient_id": [], "born": []}, {"patient_id": "STRING", "born": "DATE"})
        return
    engine.create(
        "birth_text",
        f"SELECT {trimmed(id_column)} AS patient_id, {trimmed(birth_column)} AS text FROM given_{PATIENTS}"
        f" WHERE {trimmed(birth_column)} IS NOT NULL",
    )
    shown = {"birth_date": orders_shown(engine, "SELECT DISTINCT text AS value FROM birth_text")}
    form = forms_shown(shown, file.reading.forms, file.reading.two_digit_years_up_to)["birth_date"].form

    def day(value: str) -> tuple[str | None, ...]:
        digits = standard_date(value, (), form).digits
        whole = digits and "00" not in (digits[4:6], digits[6:])
        return (f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if digits and whole else None,)

    if not engine.look_up("birth_read", "SELECT DISTINCT text AS value FROM birth_text", day, ("day",)):
        engine.create("birth_read", "SELECT text AS value, text AS day FROM birth_text WHERE FALSE")
    engine.create(
        "born",
        "SELECT birth_text.patient_id, CAST(birth_read.day AS DATE) AS born FROM birth_text"
        " JOIN birth_read ON birth_text.text = birth_read.value WHERE birth_read.day IS NOT NULL",
    )
    engine.drop("birth_text", "birth_read")


def read_anchors(engine: DuckDBEngine, file: Source, id_column: str, born_known: bool) -> None:
    """Create `anchored` (patient_id, anchor_age, anchor_year, anchor_year_group): the values of an earlier release, for
    a patients file without birth dates."""
    found = {column.lower(): column for column in engine.columns(file)}
    names = ("anchor_age", "anchor_year", "anchor_year_group")
    types = {"anchor_age": "INTEGER", "anchor_year": "INTEGER", "anchor_year_group": "VARCHAR"}
    if born_known or not set(names) <= set(found):
        engine.insert("anchored", {"patient_id": [], **dict.fromkeys(names, ())}, {"patient_id": "STRING", **types})
        return
    read = [f"TRY_CAST(trim(text_of({quoted_name(found[name])})) AS {types[name]}) AS {name}" for name in names]
    number = f"trim(text_of({quoted_name(id_column)})) AS patient_id"
    engine.create("anchored", f"SELECT {number}, {', '.join(read)} FROM given_{PATIENTS}")
