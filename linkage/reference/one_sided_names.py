"""Names that are far too common in one file, found by the reference engine: value by value, row by row."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import pandas as pd

from linkage.reference.frames import EITHER_ORDER, Row, name_columns
from linkage.values.one_sided import FIELDS, NOT_KNOWN, SHORTEST_BEGINNING, decade, is_one_sided, may_stand_for_none


def without_one_sided_names(
    patients: pd.DataFrame, deaths: pd.DataFrame, choice: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make not known the names that are far too common in one file for what the other holds, where that is chosen."""
    if choice != NOT_KNOWN:
        return patients, deaths
    sides = patients, deaths
    found = [{name: _one_sided(name, *both) for name in FIELDS} for both in (sides, sides[::-1])]
    kept = [_without_names(frame, names) for frame, names in zip(sides, found, strict=True)]
    return kept[0], kept[1]


def _one_sided(name: str, here: pd.DataFrame, there: pd.DataFrame) -> set[str]:
    both = []
    for frame in (here, there):
        decades: dict[str, Counter[str]] = defaultdict(Counter)
        for value, born in zip(frame[name], frame["birth_date_partial"], strict=True):
            if value:
                decades[value][decade(born)] += 1
        both.append(decades)
    totals = [sum(decades.values(), Counter()) for decades in both]
    records = [(value, counts.total()) for value, counts in both[1].items()]
    return {
        value
        for value, decades in both[0].items()
        if may_stand_for_none(value)
        and totals[1]
        and is_one_sided(decades, sum(n for v, n in records if _may_be(value, v)), *totals)
    }


def _may_be(value: str, other: str) -> bool:
    begun = value.startswith(other) or other.startswith(value)
    return value == other or (len(other) >= SHORTEST_BEGINNING and begun)


def _without_names(frame: pd.DataFrame, names: Mapping[str, set[str]]) -> pd.DataFrame:
    rows: list[Row] = [{str(column): value for column, value in row.items()} for row in frame.to_dict("records")]
    for row in rows:
        for field, values in names.items():
            if row[field] in values:
                former = row["last_name_all"][1:] if field == "last_name" else []
                row |= name_columns(field, None, (), former)
                row |= dict.fromkeys(("full_name", *EITHER_ORDER) if field != "middle_name" else ())
        if row["full_name"]:
            row["full_name"] = f"{row['first_name']}|{row['middle_name'] or ''}|{row['last_name']}"
    return pd.DataFrame(rows, index=frame.index, columns=frame.columns, dtype=object)
