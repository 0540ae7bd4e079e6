"""Subgroups: for whom a linkage works less well. One column per variable, one row per patient."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from linkage.errors import InputError, did_you_mean
from linkage.quoting import quoted_name

if TYPE_CHECKING:
    from linkage.result import Linkage

NOT_KNOWN = "not known"
_AGE_BANDS = ((18, "0-17"), (45, "18-44"), (65, "45-64"), (75, "65-74"), (85, "75-84"))

BUILT_IN = {
    "sex": "the patient's sex, F or M",
    "age_band": "age in years at the last contact with the hospital; without encounters, the decade of birth",
    "ssn_known": "whether a usable SSN is known of the patient",
    "compound_surname": "whether the last name has two parts or more",
}
"""Variables that every run has."""

_USUAL_GROUPS = ("race", "ethnicity")


def default_variables(run: "Linkage") -> tuple[str, ...]:
    """The built-in variables, those carried along with the run, and race or ethnicity where the file has it."""
    found = {column.lower(): column for column in run.engine.columns(run.sources[0])}
    usual = [found[name] for name in _USUAL_GROUPS if name in found]
    return tuple(dict.fromkeys([*BUILT_IN, *run.loaded[0].groups.values(), *usual]))


def subgroups(run: "Linkage", by: Sequence[str]) -> pd.DataFrame:
    """One row per patient, indexed by patient_id, and one column of text per variable of `by`.

    A variable is a built-in one (see `BUILT_IN`) or a column of the patients file, other than an identifier.

    Raises InputError for a column that is not there or that identifies people.
    """
    own = [name for name in by if name not in BUILT_IN]
    _check(run, own)
    selected = "".join(f", {_built_in(run, name)} AS {name}" for name in by if name in BUILT_IN)
    join = "LEFT JOIN contact ON patient.patient_id = contact.patient_id" if run.has_mortality else ""
    found = run.engine.frame(
        f"SELECT patient.patient_id{selected} FROM patient {join}"
        " ORDER BY length(patient.patient_id), patient.patient_id"
    )
    frame: pd.DataFrame = found.set_index("patient_id")
    if own:
        frame = frame.join(_own_columns(run, own))
    return frame[list(by)].fillna(NOT_KNOWN).astype("category")


def _check(run: "Linkage", own: Iterable[str]) -> None:
    source, columns = run.sources[0], run.loaded[0].columns
    found = run.engine.columns(source)
    identifiers = {theirs for ours, theirs in columns.items() if ours != "sex"}
    for name in own:
        if name not in found:
            raise InputError(
                f"{source.name}: there is no column {name!r} to divide by. Built in: {', '.join(BUILT_IN)}."
                f" Columns found: {', '.join(found)}.{did_you_mean(name, [*BUILT_IN, *found])}"
            )
        if name in identifiers:
            raise InputError(f"{source.name}: {name} is an identifier and nothing to divide by.")


def _own_columns(run: "Linkage", own: Sequence[str]) -> pd.DataFrame:
    theirs = quoted_name(run.loaded[0].columns["patient_id"])
    read = [f"nullif(trim(CAST({quoted_name(name)} AS VARCHAR)), '') AS {quoted_name(name)}" for name in own]
    select = f"SELECT trim(CAST({theirs} AS VARCHAR)) AS patient_id, {', '.join(read)} FROM source"
    frame: pd.DataFrame = run.engine.frame(select, run.sources[0])
    return frame[frame["patient_id"].notna()].drop_duplicates("patient_id").set_index("patient_id")


def _built_in(run: "Linkage", name: str) -> str:
    if name == "sex":
        return "patient.sex"
    if name == "ssn_known":
        return "CASE WHEN patient.ssn IS NULL THEN 'no' ELSE 'yes' END"
    if name == "compound_surname":
        return "CASE WHEN patient.last_name_parts IS NULL THEN 'no' ELSE 'yes' END"
    born = "coalesce(patient.birth_date, patient.birth_date_partial)"
    if not run.has_mortality:
        return f"substr({born}, 1, 3) || '0s'"
    age = f"date_part('year', age(contact.last_contact, earliest_day({born})))"
    bands = " ".join(f"WHEN {age} < {end} THEN '{band}'" for end, band in _AGE_BANDS)
    return f"CASE {bands} WHEN {age} >= {_AGE_BANDS[-1][0]} THEN '{_AGE_BANDS[-1][0]}+' END"
