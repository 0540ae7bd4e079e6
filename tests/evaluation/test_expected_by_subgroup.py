"""What a run expects of its links, by subgroup, adds up to what it expects of all."""

import pytest

import linkage
from linkage.evaluation import evaluate
from synthetic import make_registry

TOWN = make_registry("hard", patients=1_200, seed=41)


def test_false_links_of_all_groups_are_those_of_the_run() -> None:
    with linkage.link(TOWN.patients, TOWN.deaths, "evidence") as run:
        found = evaluate(run, by=["sex", "ssn_known"], methods=["implausible"])["expected_by_subgroup"]
        expected, links = run.counts["expected"], run.links
    for _, groups in found.groupby("variable"):
        assert groups["links"].sum() == expected["links"] == len(links)
        assert groups["false_links"].sum() == pytest.approx(expected["false"], abs=0.05)
        assert groups["missed_among_candidates"].sum() == pytest.approx(expected["missed_among_candidates"], abs=2)
    assert (found["ppv"] <= found["ppv_high"]).all()
    assert (found["ppv_low"] <= found["ppv"]).all()
    assert set(found["variable"]) == {"sex", "ssn_known"}


def test_a_run_that_weighs_nothing_expects_nothing() -> None:
    with linkage.link(TOWN.patients, TOWN.deaths, "mimic_iv") as run:
        assert "expected_by_subgroup" not in evaluate(run, methods=["implausible"]).tables
