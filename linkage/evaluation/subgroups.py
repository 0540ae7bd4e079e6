"""Subgroups of patients, for which accuracy is estimated separately: one row per patient, one column per variable."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from linkage.errors import InputError, did_you_mean
from linkage.method.records import trimmed
from linkage.quoting import literal, quoted_name
from linkage.sources.column_names import each_name

if TYPE_CHECKING:
    from linkage.run.result import Linkage

NOT_KNOWN = "not known"
_AGE_BANDS = ((18, "0-17"), (45, "18-44"), (65, "45-64"), (75, "65-74"), (85, "75-84"))

BUILT_IN = {
    "sex": "the patient's sex, F or M",
    "age_band": "age in years at the last contact with the hospital; without encounters, the decade of birth",
    "ssn_known": "whether a usable SSN of the patient is known",
    "compound_surname": "whether the last name has two parts or more",
}
"""Variables that every run has."""

_USUAL_GROUPS = ("race", "ethnicity")


def default_variables(run: "Linkage") -> tuple[str, ...]:
    """The built-in variables, the group columns of the run, and race or ethnicity if the file has them."""
    found = {column.lower(): column for column in run.engine.columns(run.sources[0])}
    usual = [found[name] for name in _USUAL_GROUPS if name in found]
    return tuple(dict.fromkeys([*BUILT_IN, *run.loaded[0].groups.values(), *usual]))


def subgroups(run: "Linkage", by: Sequence[str]) -> pd.DataFrame:
    """One row per patient, indexed by patient_id, and one categorical column per variable of `by`.

    A variable is a built-in one (see `BUILT_IN`) or a column of the patients file that is not an identifier.

    Raises InputError for a column that does not exist or that identifies people.
    """
    with run.engine.separate_schema():
        make_subgroups(run, by)
        kept = [f"CAST({quoted_name(name)} AS ENUM({_values(run, name)})) AS {quoted_name(name)}" for name in by]
        found = run.engine.frame(
            f"SELECT {', '.join(['patient_id', *kept])} FROM subgroup ORDER BY length(patient_id), patient_id"
        )
    frame: pd.DataFrame = found.set_index("patient_id")
    return frame.assign(**{name: frame[name].cat.as_unordered() for name in by})


def _values(run: "Linkage", name: str) -> str:
    rows = run.engine.rows(f"SELECT DISTINCT {quoted_name(name)} AS value FROM subgroup ORDER BY value")
    return ", ".join(literal(value) for (value,) in rows)


def make_subgroups(run: "Linkage", by: Sequence[str]) -> None:
    """Create the table `subgroup`: patient_id, and the value of each variable as text.

    Raises InputError under the same conditions as `subgroups`.
    """
    own = [name for name in by if name not in BUILT_IN]
    _check(run, own)
    join = "LEFT JOIN contact ON patient.patient_id = contact.patient_id" if run.has_mortality else ""
    if own:
        _load_own_columns(run, own)
        join += " LEFT JOIN own_column ON patient.patient_id = own_column.patient_id"
    values = [_built_in(run, name) if name in BUILT_IN else f"own_column.{quoted_name(name)}" for name in by]
    known = [f"coalesce({value}, '{NOT_KNOWN}') AS {quoted_name(name)}" for name, value in zip(by, values, strict=True)]
    run.engine.create("subgroup", f"SELECT {', '.join(['patient.patient_id', *known])} FROM patient {join}")


def _check(run: "Linkage", own: Iterable[str]) -> None:
    source, columns = run.sources[0], run.loaded[0].columns
    found = run.engine.columns(source)
    identifiers = {name for ours, theirs in columns.items() if ours != "sex" for name in each_name(theirs)}
    for name in own:
        if name not in found:
            raise InputError(
                f"{source.name}: there is no column {name!r} for subgroups. Built in: {', '.join(BUILT_IN)}."
                f" Columns found: {', '.join(found)}.{did_you_mean(name, [*BUILT_IN, *found])}"
            )
        if name in identifiers:
            raise InputError(
                f"{source.name}: {name} is an identifier and cannot define subgroups. Name another column, or one of"
                f" {', '.join(BUILT_IN)}."
            )


def _load_own_columns(run: "Linkage", own: Sequence[str]) -> None:
    """Create the table `own_column`: patient_id and columns of the patients file, one row per patient."""
    read = {name: trimmed(name) for name in own}
    # If rows repeat an id, all but one of them were rejected.
    repeated = bool(run.loaded[0].rejected)
    columns = [f"{f'min({value})' if repeated else value} AS {quoted_name(name)}" for name, value in read.items()]
    patient_id = trimmed(run.loaded[0].columns["patient_id"])
    select = f"SELECT {patient_id} AS patient_id, {', '.join(columns)} FROM source"
    run.engine.load("own_column", run.sources[0], f"{select} GROUP BY 1" if repeated else select)


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
    # YYYYMMDD minus YYYYMMDD, as numbers, is 10,000 per year, even where the month or day is 00.
    seen = " + ".join(
        f"{size} * {part}(contact.last_contact)" for part, size in (("year", 10_000), ("month", 100), ("day", 1))
    )
    bands = " ".join(f"WHEN age < {10_000 * end} THEN '{band}'" for end, band in _AGE_BANDS)
    oldest = _AGE_BANDS[-1][0]
    return (
        f"(SELECT CASE {bands} WHEN age IS NOT NULL THEN '{oldest}+' END"
        f" FROM (SELECT {seen} - CAST({born} AS INTEGER) AS age) AS aged)"
    )
