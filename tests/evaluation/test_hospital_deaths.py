"""Deaths in hospital: agreement with the registry's date, and sensitivity for all deaths."""

import numpy as np
import pandas as pd
import pytest

import linkage
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.hospital_deaths import hospital_deaths, reweighted_sensitivity
from linkage.evaluation.timing import links_without_encounters

FOUND = {
    "on the day": ["found_on_the_day", "found_within_1_day", "found_within_7_days"],
    "a day later": ["found_within_1_day", "found_within_7_days"],
    "five days before": ["found_within_7_days"],
    "in that month": ["found_on_the_day", "found_within_1_day", "found_within_7_days"],
    "in another month": ["on_another_date"],
    "months before": ["on_another_date"],
    "undated": ["date_not_known"],
    "not found": ["not_found"],
}


def test_each_death_is_found_as_near_as_its_dates(hospital: linkage.Linkage) -> None:
    withheld = links_without_encounters(hospital.engine, hospital.cascade)
    policy = hospital.policy
    died = hospital_deaths(hospital.engine, withheld, policy.coverage_first, policy.coverage_last)
    flags = died.set_index("patient_id").drop(columns=["death_id", "rule"])
    assert {name: list(row.index[row]) for name, row in flags.iterrows()} == FOUND  # one is outside coverage


def test_shares_are_of_all_deaths_and_by_rule_of_those_it_found(hospital: linkage.Linkage) -> None:
    found = evaluate(hospital, by=["sex"], methods=["hospital_deaths"])
    table = found["hospital_deaths"].set_index(["variable", "measure", "group"])
    assert table.loc[("all", "found within 7 days", "all"), ["number", "of"]].tolist() == [4, 8]
    assert table.loc[("sex", "not found", "F"), ["number", "of"]].tolist() == [1, 8]
    assert table.loc[("rule", "on another date", "R1"), ["number", "of"]].tolist() == [2, 7]
    dates = found["estimates"].set_index("method").loc["hospital deaths, dates"]
    assert dates["estimate"] == pytest.approx(4 / 6)


def people(ssn: list[tuple[str, int]]) -> pd.Index:
    """Ids for this number of people of each kind."""
    return pd.Index([f"{kind} {n}" for kind, number in ssn for n in range(number)])


def test_reweighting_speaks_of_all_who_died() -> None:
    """Nine of ten deaths in hospital have a number, and half of all deaths. With one, all are found; without, half."""
    died = people([("yes", 900), ("no", 100)])
    found = [name.startswith("yes") or int(name.split()[1]) < 50 for name in died]
    linked = people([("yes", 1000), ("no", 500)])  # out of 1,000 and 1,000 deaths
    everybody = died.union(linked)
    strata = pd.DataFrame({"ssn_known": everybody.str.split().str[0]}, index=everybody)
    table = pd.DataFrame({"patient_id": died, "found_within_7_days": found})
    estimate, low, high = reweighted_sensitivity(table, pd.DataFrame({"patient_id": linked}), strata)
    assert np.mean(found) == 0.95
    assert estimate == pytest.approx(0.75)
    assert low < 0.72 < 0.78 < high


def test_what_has_no_deaths_in_hospital_takes_the_share_of_all() -> None:
    died, linked = people([("a", 50)]), people([("a", 10), ("b", 10)])
    strata = pd.DataFrame({"kind": died.union(linked).str[0]}, index=died.union(linked))
    table = pd.DataFrame({"patient_id": died, "found_within_7_days": [n < 40 for n in range(50)]})
    estimate, low, high = reweighted_sensitivity(table, pd.DataFrame({"patient_id": linked}), strata)
    assert estimate == pytest.approx(0.8)
    assert 0 < low < estimate < high < 1


@pytest.mark.parametrize("method", ["hospital deaths", "hospital deaths, reweighted"])
def test_the_truth_lies_in_the_interval(estimated: Evaluation, method: str) -> None:
    """For this registry; docs/evaluation.md reports many registries."""
    one = estimated["estimates"].set_index("method").loc[method]
    assert one["estimate_low"] <= estimated["overall"]["sensitivity"].iloc[0] <= one["estimate_high"]
