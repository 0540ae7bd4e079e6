"""Standardizing whole tables by SQL and Python gives the same as Python for single values."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
from linkage.method.columns import column
from linkage.reference.frames import standard_frame
from linkage.values.given_names import formal_names
from linkage.values.nicknames import nickname_table
from linkage.values.ssn import SsnPolicy
from tests.strategies import examples
from tests.values.texts import ANY, DAYS, MIMIC, NAMES, NUMBERS

PERSON = st.fixed_dictionaries(
    {
        "first_name": st.none() | NAMES,
        "middle_name": st.none() | NAMES,
        "last_name": st.none() | NAMES,
        "former_last_names": st.none() | NAMES,
        "suffix": st.none() | st.one_of(st.sampled_from(["Jr.", "JR", "ii", "2ND", "MD", " sr "]), ANY),
        "ssn": st.none() | NUMBERS,
        "birth_date": st.none() | DAYS,
        "sex": st.none()
        | st.one_of(
            st.sampled_from(["M", "f", " Male", "FEMALE", "1", "2", "1.0", "2.0", "U"]),
            ANY.filter(lambda text: sum(map(str.isalnum, text)) > 1),  # H or V makes M ambiguous, whatever is around it
        ),
    }
)
PLAIN = (
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "ssn",
    "ssn_last_four",
    "birth_date",
    "birth_date_partial",
    "sex",
)
LISTED = ("first_name_parts", "middle_name_parts", "last_name_parts", "last_name_all")
PIECES = ("birth_year", "birth_month", "birth_day", "first_name_initial", "last_name_initial")


@settings(max_examples=examples(15))
@given(st.lists(PERSON, min_size=20, max_size=40))
def test_whole_tables_are_standardized_as_single_values_are(people: Sequence[dict[str, str | None]]) -> None:
    """Plain values are done in SQL while a file is read, the odd ones once each in Python."""
    rows = [{"patient_id": str(place), **person} for place, person in enumerate(people)]
    patients = pd.DataFrame(rows, dtype=object)
    cascade = replace(MIMIC, ssn=SsnPolicy(people_at_most=10_000))
    deaths = patients.head(1).rename(columns={"patient_id": "death_id"})
    names = (*PLAIN, *LISTED, *PIECES)
    with linkage.link(patients, deaths, cascade, threads=1) as run:
        listed = ", ".join(column("patient", name) for name in names)
        found = run.engine.rows(f"SELECT patient_id, {listed} FROM patient")
        several = run.engine.rows("SELECT patient_id, first_name, first_name_formal, first_name_first FROM patient")
    expected = standard_frame(patients, "patient_id", cascade)
    for id, *values in found:
        row = expected.loc[id]
        assert dict(zip(names, values, strict=True)) == {name: row[name] for name in names}, people[int(id)]
    for id, name, *stored in several:
        row, alone = expected.loc[id], formal_names(name, nickname_table()) if name else None
        for column_name, barred in zip(("first_name_formal", "first_name_first"), stored, strict=True):
            assert set(barred.split("|") if barred else alone or ()) == set(row[column_name] or ()), people[int(id)]
