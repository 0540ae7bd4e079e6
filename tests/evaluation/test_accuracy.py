"""Rates with truth: overall, by rule, by subgroup and by slip; all numbers add up."""

from dataclasses import replace

import pandas as pd
import pytest

import linkage
from benchmarks.evaluation_study import loose_cascade
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.accuracy import rates
from linkage.relink.relinking import accepted_pairs, relinked
from synthetic import make_registry
from tests.evaluation.conftest import TRUTH


def test_records_and_persons_are_counted_apart(judged: Evaluation) -> None:
    records, persons = judged["overall"].to_dict("records")
    assert [records[name] for name in ("matches", "true_matches", "false_matches", "links")] == [10, 3, 2, 5]
    assert [persons[name] for name in ("matches", "true_matches")] == [9, 3]  # a person's second record is not counted
    assert records["sensitivity"] == pytest.approx(0.3)
    assert records["specificity"] == pytest.approx(2 / 3)  # one of three patients without a death is linked
    assert records["f1"] == pytest.approx(2 * 0.3 * 0.6 / (0.3 + 0.6))


def test_stages_add_up_to_the_matches(judged: Evaluation) -> None:
    assert judged["missed"]["number"].sum() == 10
    assert len(judged["missed_matches"]) == 7


def test_a_false_match_names_its_rule(judged: Evaluation) -> None:
    found = judged["false_matches"].set_index("patient_id")
    assert found.loc["robber", ["death_id", "rule", "patient_has_match"]].tolist() == ["7", "R1", False]
    assert found.loc["misled", ["death_id", "rule", "patient_has_match"]].tolist() == ["10", "R1", True]


def test_pairs_completeness_is_of_each_key_and_of_their_union(judged: Evaluation) -> None:
    found = judged["blocking"].set_index("key")["ceiling_matches"]
    # By name: all except renamed; alias counts because the second certificate has the name. By SSN: five. And so on.
    assert found.to_dict() == {"first_name+last_name": 9, "ssn": 4, "last_name+birth_date": 8, "any": 9}


def scope(found: Evaluation, name: str) -> pd.DataFrame:
    """The rows of the rules in one scope."""
    return found["by_rule"].query("scope == @name").set_index("rule")


def test_rules_are_judged_in_the_cascade_and_cumulatively(judged: Evaluation) -> None:
    own, cumulative = scope(judged, "in the cascade"), scope(judged, "cumulative")
    assert own["links"].sum() == judged["overall"]["links"].iloc[0]
    assert own.loc["R1", ["true_matches", "false_matches"]].tolist() == [3, 2]
    assert (cumulative["links"] == own["links"].cumsum()).all()
    assert cumulative["sensitivity"].iloc[-1] == pytest.approx(judged["overall"]["sensitivity"].iloc[0])


def test_a_rule_alone_is_not_in_the_shadow_of_stricter_ones(judged: Evaluation) -> None:
    # Alone, R2 gives the robbed and the misled their own deaths.
    alone = scope(judged, "alone").loc["R2"]
    assert alone[["true_matches", "false_matches"]].tolist() == [5, 0]


@pytest.mark.parametrize("duplicates", ["report", "link_together"])
def test_a_rule_alone_has_the_links_of_a_cascade_of_its_own(duplicates: str) -> None:
    """Including ties, several certificates, and several records of a person."""
    made = make_registry("twins_and_families", seed=3, patients=1_500)
    files = {"patients": made.patients, "deaths": made.deaths, "encounters": [made.admissions, made.edstays]}
    cascade = replace(loose_cascade(), duplicates=duplicates)
    with linkage.link(**files, rules=cascade) as run:
        alone = scope(evaluate(run, made.truth, by=[]), "alone")["links"]
    for rule in (cascade.rules[0], *cascade.rules[-2:]):
        with linkage.link(**files, rules=replace(cascade, rules=(rule,))) as run:
            assert alone[rule.id] == len(run.links)


def test_what_only_one_rule_finds_is_a_part_of_what_it_finds(estimated: Evaluation) -> None:
    own, only = scope(estimated, "in the cascade"), scope(estimated, "only this rule")
    assert (only["links"] <= own["links"]).all()
    assert only.loc["R1", "links"] == 0  # whatever R1 accepts, R3 accepts too
    assert only.loc["near date", "links"] == own.loc["near date", "links"]  # the least strict rule, and late


def test_leaving_a_rule_out_loses_what_only_it_finds(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    run, truth = registry
    less = replace(run.cascade, rules=tuple(rule for rule in run.cascade.rules if rule.id != "near date"))
    only = scope(evaluate(run, truth, by=[]), "only this rule").loc["near date", "links"]
    with accepted_pairs(run.engine, run.cascade, contacts=True), relinked(run.engine, less):
        left = run.engine.rows("SELECT count(*) FROM relinked")[0][0]
    assert only > 0
    assert run.counts["patients_linked"] - left == pytest.approx(only, abs=2)  # except links of other rules


@pytest.mark.parametrize("variable", ["sex", "race"])
def test_subgroups_add_up_to_all(judged: Evaluation, variable: str) -> None:
    found = judged["by_subgroup"].query("variable == @variable")
    whole = judged["overall"].iloc[0]
    for name in ("labeled", "matches", "links", "true_matches", "false_matches", "missed_matches", "ceiling_matches"):
        assert found[name].sum() == whole[name]


def test_slips_are_those_of_matches(judged: Evaluation) -> None:
    found = judged["by_slip"].set_index(["slip", "field"])
    assert found.loc[("ssn_missing", "ssn"), ["matches", "true_matches", "ceiling_matches"]].tolist() == [3, 0, 2]
    assert found.loc[("maiden_name", "last_name"), "matches"] == 1
    assert found.loc[("none", ""), ["matches", "true_matches"]].tolist() == [6, 2]


def test_a_truth_without_slips_has_no_table_of_them(town: linkage.Linkage) -> None:
    assert "by_slip" not in evaluate(town, TRUTH[["patient_id", "death_id"]], by=[]).tables


def test_rates_of_nothing_are_not_known() -> None:
    names = ["labeled", "matches", "links", "true_matches", "false_matches", "missed_matches"]
    nothing = pd.DataFrame([dict.fromkeys([*names, "linked_without_match", "ceiling_matches"], 0)])
    assert rates(nothing)[["sensitivity", "ppv", "f1", "specificity"]].isna().all(axis=None)


def test_sensitivity_is_what_the_demonstration_says(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    """Counted independently in Python, where any certificate of the death is correct."""
    run, truth = registry
    truth = truth.assign(patient_id=truth["subject_id"].astype(str))
    certificates = (truth["death_id"].fillna("") + ";" + truth["other_death_ids"].fillna("")).str.split(";")
    right = dict(zip(truth["patient_id"], certificates, strict=True))
    true = sum(link.death_id in right[link.patient_id] for link in run.links.itertuples())
    whole = evaluate(run, truth.drop(columns="patient_id"), by=[])["overall"].iloc[0]
    assert (whole["true_matches"], whole["links"]) == (true, len(run.links))
