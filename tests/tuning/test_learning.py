"""Estimates without truth are close to it, and learned cascades reach their floor."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage import tuning
from linkage.tuning.merging import as_rule, merged_rules
from linkage.tuning.mixture import mixture_shares
from synthetic.registries import Registry

MIMIC = linkage.read_rules("mimic_iv")


@pytest.fixture(scope="module")
def run(registry: Registry) -> Iterator[linkage.Linkage]:
    stays = [registry.admissions, registry.edstays]
    with linkage.link(registry.patients, registry.deaths, encounters=stays) as linked:
        yield linked


@pytest.fixture(scope="module")
def patterns(run: linkage.Linkage) -> tuning.Patterns:
    return tuning.estimate_patterns(run)


@pytest.fixture(scope="module")
def truth(patterns: tuning.Patterns, registry: Registry) -> tuning.Belief:
    return tuning.believe_truth(patterns.comparisons, registry.truth)


def test_the_estimated_matches_are_close_to_the_true_ones(patterns: tuning.Patterns, truth: tuning.Belief) -> None:
    with patterns.comparisons.separate_schema():
        shares = patterns.comparisons.engine.frame(f"SELECT * FROM {truth.table}")
    left = patterns.pairs[patterns.pairs["left"]].merge(shares, on=["patient_id", "death_id"])
    assert left["share"].sum() == pytest.approx(patterns.matches, rel=0.02)
    assert repr(patterns).startswith("Patterns(")


def test_every_pair_has_a_pattern_and_every_pattern_a_share(patterns: tuning.Patterns) -> None:
    table = patterns.table
    assert table["share"].between(0, 1).all()
    assert table["share"].is_monotonic_decreasing
    assert patterns.pairs["pattern"].between(0, len(table) - 1).all()
    left = patterns.pairs[patterns.pairs["left"]]["pattern"].value_counts()
    assert table["pairs"][table["pairs"] > 0].to_dict() == left.sort_index().to_dict()
    assert {"decoys", "time", "better_pairs", "mixture"} <= set(table)


def test_names_and_date_agree_by_chance_hardly_ever_and_nothing_but_the_name_often(patterns: tuning.Patterns) -> None:
    sure = patterns.table.query("first_name == 'exact' and last_name == 'exact' and birth_date == 'exact'")
    assert sure.loc[sure["pairs"] >= 10, "share"].min() > 0.98
    unsure = patterns.table.query("first_name == 'disagree' and ssn == 'disagree' and pairs > 0")
    assert unsure["share"].max() < 0.9


def test_a_cascade_is_learned_that_keeps_its_floor_and_finds_more(
    patterns: tuning.Patterns, truth: tuning.Belief, tmp_path: Path
) -> None:
    learned = tuning.learn(patterns, floor=0.99)
    assert learned.judged.ppv >= 0.99
    found, published = truth.judge(learned.cascade), truth.judge(MIMIC)
    assert found.ppv >= 0.99
    assert found.sensitivity > published.sensitivity
    path = tmp_path / "learned.toml"
    path.write_text(learned.text, "utf-8")
    assert linkage.read_rules(path).rules == learned.cascade.rules
    assert all(rule.why.startswith("Learned without truth: ") for rule in learned.cascade.rules)
    assert len(learned.cascade.rules) < learned.accepted.sum()
    assert "rules from" in repr(learned)


def test_what_is_learned_is_the_same_every_time(run: linkage.Linkage, patterns: tuning.Patterns) -> None:
    assert tuning.learn(tuning.estimate_patterns(run)).text == tuning.learn(patterns).text


def test_a_search_can_go_by_the_estimates(patterns: tuning.Patterns) -> None:
    found = tuning.search(patterns.believe(), MIMIC, floor=0.99, at_most=25)
    assert found.source == "estimates without truth"
    assert found.judged.ppv >= 0.99


def test_without_encounters_the_decoys_are_left(registry: Registry) -> None:
    with linkage.link(registry.patients, registry.deaths) as run:
        patterns = tuning.estimate_patterns(run)
    assert "time" not in patterns.table
    assert patterns.matches > 0


@pytest.mark.parametrize("floor", [0, 1.5])
def test_a_floor_to_learn_by_is_a_share(patterns: tuning.Patterns, floor: float) -> None:
    with pytest.raises(linkage.InputError, match="is not a PPV"):
        tuning.learn(patterns, floor=floor)


def test_nothing_is_learned_where_nothing_is_sure(patterns: tuning.Patterns) -> None:
    unsure = replace(patterns, table=patterns.table.assign(share=0.4))
    with pytest.raises(linkage.InputError, match="No agreement pattern has a high enough share"):
        tuning.learn(unsure)


def test_rules_cover_what_is_accepted_and_nothing_that_is_refused() -> None:
    rows = [
        # last name, birth date, ssn, pairs, false, share; the first three are accepted
        ("exact", "exact", "exact", 90, 0, 1.0),
        ("exact", "exact", "not_known", 40, 0, 1.0),
        ("similar", "exact", "exact", 9, 0, 0.99),
        ("exact", "exact", "disagree", 5, 5, 0.1),
        ("disagree", "exact", "exact", 1, 1, 0.2),
    ]
    table = pd.DataFrame(rows, columns=["last_name", "birth_date", "ssn", "pairs", "false", "share"])
    accepted = pd.Series([True, True, True, False, False])
    levels = tuning.widest(replace(MIMIC, fields={name: MIMIC.fields[name] for name in MIMIC.fields}))
    blocks = merged_rules(table, levels, accepted)
    covered = [block.covers for block in blocks]
    assert (sum(covered)[:3] > 0).all()
    assert not sum(covered)[3:].any()
    assert len(blocks) == 2
    rules = [as_rule(block, levels, "X", "") for block in blocks]
    conditions = {(one.field, one.levels) for rule in rules for one in rule.agree}
    assert {("ssn", ("similar", "not_known")), ("last_name", ("similar",))} & conditions


def test_a_mixture_tells_matches_from_what_decoys_look_like() -> None:
    patterns = pd.Series(["exact|exact", "exact|disagree", "disagree|disagree"])
    shares = mixture_shares(patterns, pd.Series([50, 10, 500]), pd.Series([0, 12, 480]), pd.Series([0.5] * 3))
    assert (shares > 0.5).tolist() == [True, False, False]
    assert mixture_shares(patterns, pd.Series([0] * 3), pd.Series([0] * 3), pd.Series([0.5] * 3)).between(0, 1).all()
