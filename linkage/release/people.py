"""The people of a release: which records belong to one person, and their dates of birth and death.

Creates the tables `person` (patient_id, person_id, dod), `born`, and `anchored`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linkage.engines.duck.engine import DuckDBEngine
from linkage.engines.duck.writing import read_back
from linkage.errors import InputError, OutputError
from linkage.method.records import trimmed
from linkage.method.standardize.date_forms import orders_shown
from linkage.method.standardize.plain_values import not_dates
from linkage.printing import counted
from linkage.quoting import quoted_name
from linkage.release.checks import Check
from linkage.release.policy import PATIENTS
from linkage.rules.file import read_rules
from linkage.sources.make_source import source
from linkage.sources.source import ColumnName, Source
from linkage.values.date_forms import forms_shown
from linkage.values.dates import standard_date


def load_persons(engine: DuckDBEngine, outcomes: Path, persons: str | Path | None) -> list[Check]:
    """Create `person` (patient_id, person_id, dod) from the run's outcomes and the file that merges records. Return
    the number of rows of that file that are not used, if there are any.

    A person's id is the record number known from an earlier release, or else the lowest one. Thus a merge never changes
    the number of a person who was released before. The ids of the file only say which of its rows belong together.

    Raises InputError if the file leaves open who is one person.
    """
    file = source(outcomes)
    person = "person_id" if "person_id" in engine.columns(file) else "patient_id"
    own = read_back(["patient_id", person, "dod"], "csv.gz" if file.format == "csv" else "parquet")
    columns = f"patient_id, {person} AS person_id, CAST(dod AS DATE) AS dod"
    engine.load("outcome_read", file, f"SELECT {columns} FROM (SELECT {own} FROM source) AS own")
    merged, join, checks = _RECORD, "", []
    if persons is not None:
        checks = _load_merged(engine, source(persons))
        merged = f"coalesce('person ' || merged.person_id, {_RECORD})"
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
    return checks


_RECORD = "'record ' || outcome_read.person_id"


def _load_merged(engine: DuckDBEngine, given: Source) -> list[Check]:
    """Create `merged` (patient_id, person_id) from the file that merges records."""
    missing = {"patient_id", "person_id"} - set(engine.columns(given))
    if missing:
        raise InputError(f"{given.name}: column {', '.join(sorted(missing))} is missing. Both are required.")
    text = "nullif(trim(text_of({0})), '') AS {0}"
    engine.load("merged_read", given, f"SELECT {text.format('patient_id')}, {text.format('person_id')} FROM source")
    engine.create(
        "merged",
        "SELECT DISTINCT patient_id, person_id FROM merged_read WHERE person_id IS NOT NULL"
        " AND patient_id IN (SELECT patient_id FROM outcome_read)",
    )
    rows = engine.count("merged_read")
    strange = engine.count(
        "merged_read WHERE patient_id IS NULL OR patient_id NOT IN (SELECT patient_id FROM outcome_read)"
    )
    engine.drop("merged_read")
    if strange == rows:
        raise InputError(
            f"{given.name}: none of its {counted(rows, 'row')} has a patient_id of the run. Write the numbers as in the"
            " patients file, with the same leading zeros."
        )
    _refuse_ambiguous(engine, given)
    claim = "rows of the persons file whose patient_id is not in the run, which are not used"
    return [Check("integrity", claim, strange, None)] if strange else []


def _refuse_ambiguous(engine: DuckDBEngine, given: Source) -> None:
    if twice := engine.count("(SELECT patient_id FROM merged GROUP BY patient_id HAVING count(*) > 1) AS twice"):
        raise InputError(
            f"{given.name}: {counted(twice, 'patient has', 'patients have')} more than one person_id. Give each"
            " patient_id one person_id."
        )
    # Is it the number of that patient, or does it only look like it? In the first case the patient is missing.
    taken = engine.count(
        "(SELECT DISTINCT person_id FROM merged WHERE person_id IN (SELECT patient_id FROM outcome_read)"
        " AND person_id NOT IN (SELECT patient_id FROM merged)) AS taken"
    )
    if taken:
        raise InputError(
            f"{given.name}: {counted(taken, 'person_id is', 'person_ids are')} also the patient_id of a patient who is"
            " not in the file. If that patient is the same person, add a row for this patient_id. If not, use other"
            " person_ids, for example P1."
        )


def read_birth_dates(
    engine: DuckDBEngine, file: Source, id_column: str, birth_column: ColumnName | None, rules: Mapping[str, Any]
) -> None:
    """Create `born` (patient_id, born) from the patients file: the full birth dates.

    The dates are read as the run read them: in the declared order, or in the order that their column shows, and without
    the placeholders of its rule file. `rules` is the run's record of that file.

    Raises OutputError if the rule file is not the run's.
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
    not_known = _placeholders(rules)
    form = forms_shown(shown, file.reading.forms, file.reading.two_digit_years_up_to)["birth_date"].form

    def day(value: str) -> tuple[str | None, ...]:
        digits = standard_date(value, not_known, form).digits
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


def _placeholders(rules: Mapping[str, Any]) -> frozenset[str]:
    """The days that the run's rules treat as an unknown birth date. Rules that were not a file have the usual ones."""
    path = rules["path"]
    if path is None:
        return not_dates("birth_date", read_rules("mimic_iv"))
    cascade = read_rules(path) if Path(path).is_file() else None
    if cascade is None or cascade.digest != rules["sha256"]:
        raise OutputError("The rule file has changed or moved since the run. Run the job again, then release it.")
    return not_dates("birth_date", cascade)


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
