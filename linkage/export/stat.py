"""Write a run's tables for Stata and SAS: dates as dates, flags as 0 and 1, codes with value labels, column labels.

SAS gets transport files (XPT, version 8), because only SAS can write `.sas7bdat`. Names are cut to the 32 characters
that both allow.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.errors import OutputError
from linkage.extras import needs
from linkage.method.censor import STATUSES
from linkage.method.decide import FATES
from linkage.rules.cascade import FIELD_KINDS
from linkage.values.measures import MEASURES

if TYPE_CHECKING:
    import pandas

SUFFIXES = {"stata": "dta", "sas": "xpt"}
_LONGEST_NAME, _LONGEST_LABEL = 32, 80
_STATA_VERSION = 14  # version 15 is for more columns, and not every edition of Stata 15 reads it

_LABELS = {
    "patient_id": "Patient",
    "death_id": "Death that the patient is linked to",
    "rule": "First rule that the pair satisfies",
    "tie": "Only the lowest id decided",
    "blocking_keys": "Keys on which the pair agrees",
    "probability": "Probability that the pair is one person, by the model",
    "bits": "Evidence of the pair, thousandths of a bit",
    "prior_bits": "Evidence before any field is compared, thousandths of a bit",
    "relatives_bits": "Reduction because relatives can look alike, thousandths of a bit",
    "runner_up_patient_id": "Patient of the best other pair",
    "runner_up_death_id": "Death of the best other pair",
    "runner_up_rule": "Rule that the best other pair satisfies",
    "margin_rules": "Rules between the link and the best other pair",
    "margin_field": "First field on which the link was closer",
    "status": "Outcome at one year",
    "dod": "Released date of death, missing if censored",
    "death_date": "Date of death, released or not",
    "death_source": "Source of the date of death",
    "death_date_precision": "How precisely the date of death is known",
    "hospital_death_date": "Date of death by the hospital",
    "registry_death_date": "Date of death by the registry",
    "dates_differ_days": "Registry minus hospital date of death, days",
    "anchor_date": "Last discharge, from which the year is counted",
    "censor_date": "Last day of the year after the anchor",
    "followup_days": "Days of follow-up from the anchor",
    "followup_time_days": "Days of follow-up from the anchor, 0 replaced by 0.5",
    "death_observed": "Follow-up ended with a death",
    "coverage_first": "First day of death that the registry covers",
    "coverage_last": "Last day of death that the registry covers",
    "fate": "How far the linkage of the patient got",
    "person_id": "Lowest patient of the person",
}
_CODES: dict[str, Sequence[str]] = {
    "status": tuple(STATUSES),
    "death_source": ("hospital", "registry"),
    "death_date_precision": ("day", "month", "year"),
    "fate": FATES,
}
_DAYS = ("dod", *(name for name in _LABELS if name.endswith("_date")), "coverage_first", "coverage_last")
_DAY_FORMATS = {"stata": "%td", "sas": "DATE9."}
_FLAGS = ("tie", "death_observed")
_NUMBERS = ("probability", "margin_rules", "dates_differ_days", "followup_days", "followup_time_days")
_RESERVED = frozenset((
    *("_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n", "_N", "_pi", "_pred"),
    *("_rc", "_skip", "str", "strL", "using", "with"),
))  # fmt: skip


def names_for(columns: Iterable[str]) -> dict[str, str]:
    """Column names that are valid in Stata and SAS.

    >>> names_for(["first_name_jaro_winkler_similarity", "if", "age band"])
    {'first_name_jaro_winkler_similarity': 'first_name_jaro_winkler_similari', 'if': 'if_', 'age band': 'age_band'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        name = re.sub(r"[^A-Za-z0-9_]", "_", column)
        name = (f"_{name}" if not name[:1].isalpha() and not name.startswith("_") else name)[:_LONGEST_NAME]
        name = f"{name}_" if name in _RESERVED or re.fullmatch("str[0-9]+", name) else name
        number = 2
        while name.lower() in taken:
            name = f"{name[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
            number += 1
        names[column] = name
        taken.add(name.lower())
    return names


def kind_of(column: str) -> str:
    """The kind of a column of a run: day, flag, code, number, or text.

    >>> kind_of("dod"), kind_of("ssn_levenshtein_distance"), kind_of("first_name_nickname"), kind_of("race")
    ('day', 'number', 'flag', 'text')
    >>> kind_of("tax_bits"), kind_of("last_name_bits")  # a column of the user, and one of ours
    ('text', 'number')
    """
    if column in _DAYS:
        return "day"
    if column in _CODES:
        return "code"
    if column in _FLAGS:
        return "flag"
    if column in (*_NUMBERS, "bits", "prior_bits", "relatives_bits"):
        return "number"
    field = next((name for name in FIELD_KINDS if column.startswith(f"{name}_")), "")
    of_field = column.removeprefix(f"{field}_") if field else ""
    if of_field in ("bits", "records"):
        return "number"
    if of_field not in MEASURES:
        return "text"
    return "flag" if MEASURES[of_field].limit is None else "number"


def label_of(column: str) -> str:
    """The label of a column.

    >>> label_of("ssn_agreement"), label_of("race")
    ('Agreement of ssn', 'race')
    """
    if column in _LABELS:
        return _LABELS[column]
    if column.endswith("_agreement"):
        return f"Agreement of {column.removesuffix('_agreement').replace('_', ' ')}"
    return column.replace("_", " ")[:_LONGEST_LABEL]


def write_stat(frame: "pandas.DataFrame", path: Path, to: str, title: str) -> dict[str, str]:
    """Write a table of texts as a Stata or SAS file; return the column names that had to be changed.

    Only the owner can read the file. It contains no timestamp, so the same table gives the same bytes.
    Raises OutputError.
    """
    import pandas as pd

    pyreadstat = needs("pyreadstat")
    kinds, names = {name: kind_of(name) for name in frame.columns}, names_for(frame.columns)
    columns = {names[name]: _values(frame[name], name, kind, to) for name, kind in kinds.items()}
    written = pd.DataFrame(columns)
    labels = {names[name]: label_of(name) for name in frame.columns}
    days = {names[name]: _DAY_FORMATS[to] for name, kind in kinds.items() if kind == "day"}
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if to == "stata":
            coded = {
                names[name]: _value_labels(name, kind) for name, kind in kinds.items() if name in (*_CODES, *_FLAGS)
            }
            pyreadstat.write_dta(
                written,
                path,
                file_label=title,
                column_labels=labels,
                version=_STATA_VERSION,
                variable_value_labels=coded,
                variable_format=days,
            )
        else:
            pyreadstat.write_xport(
                written, path, file_label=title, column_labels=labels, table_name=path.stem, variable_format=days
            )
        _without_time(path)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}.") from None
    except pyreadstat.ReadstatError as problem:  # its messages concern the file format and quote no value
        raise OutputError(f"{path} cannot be written: {problem}.") from None
    return {old: new for old, new in names.items() if old != new}


def _value_labels(name: str, kind: str) -> Mapping[int, str]:
    if kind == "flag":
        return {0: "no", 1: "yes"}
    return dict(enumerate(_CODES[name], start=1))


_DAY_ZERO = date(1960, 1, 1)
"""The day that Stata and SAS count from."""


def _values(column: "pandas.Series[Any]", name: str, kind: str, to: str) -> "pandas.Series[Any]":
    if kind == "day":
        # As numbers: pyreadstat looks at the first values alone to see whether a column of objects holds dates.
        return column.map(lambda text: (date.fromisoformat(text[:10]) - _DAY_ZERO).days, na_action="ignore").astype(
            "float64"
        )
    if kind == "flag":
        return column.map({"true": 1.0, "false": 0.0}).astype("float64")
    if kind == "number":
        return column.astype("float64")
    if kind == "code" and to == "stata":
        return column.map({word: float(code) for code, word in enumerate(_CODES[name], start=1)}).astype("float64")
    return column.astype(object)


_TIMES = (
    (re.compile(rb"(?<=<timestamp>\x11)\d\d \w{3} \d{4} \d\d:\d\d"), b"01 Jan 1960 00:00"),
    (re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d"), b"01JAN60:00:00:00"),
)
_HEADER_BYTES = 720
"""Size of the part of a transport file before the first column name; a Stata file's timestamp lies within it too."""


def _without_time(path: Path) -> None:
    with open(path, "r+b") as file:
        header = file.read(_HEADER_BYTES)
        for pattern, nothing in _TIMES:
            header = pattern.sub(nothing, header)
        file.seek(0)
        file.write(header)
