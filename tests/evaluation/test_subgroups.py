"""Subgroups: built-in variables and columns of the user, but no identifiers."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.evaluation.subgroups import BUILT_IN, default_variables, subgroups

PATIENTS = pd.DataFrame({
    "patient_id": ["1", "2", "3"],
    "first_name": ["ANN", "BOB", "CAT"],
    "last_name": ["GARCIA-LOPEZ", "LEE", "FOX"],
    "birth_date": ["1950-02-11", "1990-02-11", None],
    "ssn": ["900-11-1001", "000-00-0000", None],
    "sex": ["F", "M", None],
    "site": ["north", " ", None],
    "Race": ["A", "B", "B"],
})  # fmt: skip
DEATHS = PATIENTS.rename(columns={"patient_id": "death_id"})
STAYS = pd.DataFrame({"patient_id": ["1", "2"], "start": "2015-02-10", "discharge": ["2015-02-10", "2015-02-11"]})


def test_each_patient_has_a_value_of_each_variable() -> None:
    with linkage.link(PATIENTS, DEATHS, encounters=STAYS) as run:
        found = subgroups(run, [*BUILT_IN, "site"])
    assert found["sex"].tolist() == ["F", "M", "not known"]
    assert found["age_band"].tolist() == ["45-64", "18-44", "not known"]  # the day before the 65th birthday
    assert found["ssn_known"].tolist() == ["yes", "no", "no"]
    assert found["compound_surname"].tolist() == ["yes", "no", "no"]
    assert found["site"].tolist() == ["north", "not known", "not known"]


def test_without_encounters_age_is_the_decade_of_birth() -> None:
    with linkage.link(PATIENTS, DEATHS) as run:
        assert subgroups(run, ["age_band"])["age_band"].tolist() == ["1950s", "1990s", "not known"]


def test_race_and_what_is_carried_along_are_taken_unasked() -> None:
    with linkage.link(PATIENTS, DEATHS, groups=["site"]) as run:
        assert default_variables(run) == (*BUILT_IN, "site", "Race")


def test_rows_that_repeat_an_id_count_once() -> None:
    with linkage.link(pd.concat([PATIENTS, PATIENTS.iloc[:1]]), DEATHS) as run:
        assert len(subgroups(run, ["site"])) == 3


def test_groups_belong_to_ids_that_a_file_holds_as_fractions(tmp_path: Path) -> None:
    PATIENTS.assign(patient_id=[1.0, 2.0, 3.0]).to_parquet(tmp_path / "patients.parquet")
    with linkage.link(tmp_path / "patients.parquet", DEATHS) as run:
        assert subgroups(run, ["Race"])["Race"].tolist() == ["A", "B", "B"]


@pytest.mark.parametrize(
    ("column", "message"),
    [("last_name", "is an identifier"), ("sight", "Did you mean"), ("birth_date", "is an identifier")],
)
def test_what_is_not_there_or_identifies_is_refused(column: str, message: str) -> None:
    with linkage.link(PATIENTS, DEATHS) as run, pytest.raises(linkage.InputError, match=message):
        subgroups(run, [column])
