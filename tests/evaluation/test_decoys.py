"""Decoys keep the values of every column, match no real person, and are the same every time."""

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

import linkage
from linkage.evaluation import Evaluation
from linkage.evaluation.decoys import _decoys, decoy_links

Registry = tuple[linkage.Linkage, pd.DataFrame]


@pytest.fixture(scope="module")
def tables(registry: Registry) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The patients and the decoys, by patient."""
    run, _ = registry
    engine = run.engine
    with engine.separate_schema():
        engine.create("stratum", "SELECT patient_id, sex AS stratum FROM patient")
        decoys = engine.frame(_decoys([row[0] for row in engine.rows("DESCRIBE patient")]))
    return engine.frame("SELECT * FROM patient").set_index("patient_id"), decoys.set_index("patient_id")


def test_nearly_every_patient_is_a_decoy(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    patients, decoys = tables
    assert decoys.index.is_unique
    assert 0.98 * len(patients) < len(decoys) <= len(patients)


@pytest.mark.parametrize("column", ["first_name", "birth_date", "sex", "middle_name"])
def test_a_decoy_keeps_what_is_the_patients_own(tables: tuple[pd.DataFrame, pd.DataFrame], column: str) -> None:
    patients, decoys = tables
    pd.testing.assert_series_equal(decoys[column], patients[column].reindex(decoys.index))


@pytest.mark.parametrize("column", ["last_name", "ssn"])
def test_names_and_numbers_change_hands_and_none_is_lost(
    tables: tuple[pd.DataFrame, pd.DataFrame], column: str
) -> None:
    patients, decoys = tables
    own = patients[column].reindex(decoys.index)
    assert not (own == decoys[column]).any()
    assert (own.isna() == decoys[column].isna()).all()
    lost = Counter(patients[column].dropna()) - Counter(decoys[column].dropna())
    assert lost.total() == len(patients[column].dropna()) - len(decoys[column].dropna())


def test_no_decoy_has_a_name_and_a_number_of_one_person(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    patients, decoys = tables
    people = set(zip(patients["last_name"], patients["ssn"], strict=True))
    both = decoys.dropna(subset=["last_name", "ssn"])
    # Except relatives, who share a last name, and a decoy with a number from one death and a name from another.
    shared = [pair for pair in zip(both["last_name"], both["ssn"], strict=True) if pair in people]
    assert len(shared) < 0.02 * len(both)


def test_decoys_do_not_depend_on_the_order_of_rows_or_threads(registry: Registry) -> None:
    run, _ = registry
    strata = run.engine.frame("SELECT patient_id, sex FROM patient").set_index("patient_id")
    patients = replace(run.sources[0], frame=run.sources[0].frame.sample(frac=1, random_state=1))
    encounters = list(run.sources[2:])
    with linkage.link(patients, run.sources[1], run.cascade, encounters=encounters, threads=3) as again:
        for found, repeated in zip(decoy_links(run, strata), decoy_links(again, strata.iloc[::-1]), strict=True):
            first, second = (table.sort_values("patient_id", ignore_index=True) for table in (found, repeated))
            pd.testing.assert_frame_equal(first, second)


def test_the_truth_lies_in_the_interval(estimated: Evaluation) -> None:
    """For this registry; docs/evaluation.md reports many registries."""
    one = estimated["decoys"].set_index("variable").loc["all"]
    assert one["false_links_low"] <= estimated["overall"]["false_matches"].iloc[0] <= one["false_links_high"]
