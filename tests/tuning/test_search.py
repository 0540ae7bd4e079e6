"""A search reaches its floor, finds at least the matches of its pool, and reports what it tried."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage import tuning
from linkage.rules.cascade import Cascade
from synthetic.registries import Registry


def judged_by_hand(decision: tuning.Decision, truth: pd.DataFrame) -> tuple[int, int]:
    """The number of true links, and of patients with a match."""
    certificates = (truth["death_id"] + ";" + truth["other_death_ids"]).str.split(";")
    right = dict(zip(truth["subject_id"].astype(str), certificates, strict=True))
    links = decision.links
    true = sum(death in right[patient] for patient, death in zip(links["patient_id"], links["death_id"], strict=True))
    return true, int((truth["death_id"] != "").sum())


def test_links_are_judged_by_the_truth(
    kept: tuning.Comparisons, belief: tuning.Belief, pool: Cascade, registry: Registry
) -> None:
    decision, judged = kept.decide(pool), belief.judge(pool)
    true, matches = judged_by_hand(decision, registry.truth)
    assert (judged.links, judged.judged, judged.true) == (len(decision.links), len(decision.links), true)
    assert judged.matches == matches
    assert judged.sensitivity == true / matches
    assert {rule: found[0] for rule, found in judged.by_rule.items() if found[0]} == (
        decision.links["rule"].value_counts().to_dict()
    )
    assert repr(judged).startswith("Judged(pool: ")


def test_shares_add_up_whatever_their_order(kept: tuning.Comparisons, pool: Cascade) -> None:
    """A tenth has no exact floating-point value, and ten of them do not always sum to one."""
    links = kept.decide(pool).links[["patient_id", "death_id"]]
    with kept.separate_schema():
        kept.engine.keep("believed_tenths", links.assign(share=0.1))
    judged = tuning.Belief(kept, "believed_tenths", 1.0, "tenths").judge(pool)
    assert [10 * true for _, _, true in judged.by_rule.values()] == [n for n, _, _ in judged.by_rule.values()]


def test_a_labeled_sample_speaks_of_its_own_patients_only(
    kept: tuning.Comparisons, pool: Cascade, registry: Registry
) -> None:
    sample = registry.truth.iloc[::4]
    judged = tuning.believe_truth(kept, sample).judge(pool)
    true, matches = judged_by_hand(kept.decide(pool), registry.truth.assign(
        death_id=registry.truth["death_id"].where(registry.truth.index % 4 == 0, ""),
        other_death_ids=registry.truth["other_death_ids"].where(registry.truth.index % 4 == 0, ""),
    ))  # fmt: skip
    assert (judged.true, judged.matches) == (true, matches)
    assert judged.judged < judged.links


def test_links_that_are_linked_together_are_judged_one_by_one(pool: Cascade, registry: Registry) -> None:
    together = replace(pool, duplicates="link_together")
    with linkage.link(registry.patients, registry.deaths, together) as run:
        kept = tuning.compare_once(run)
        judged = tuning.believe_truth(kept, registry.truth).judge(together)
        assert judged.links == len(run.links)


def test_who_counts_as_one_person_is_settled_by_the_run(belief: tuning.Belief, pool: Cascade) -> None:
    with pytest.raises(linkage.RulesError, match="duplicates = 'link_together' differs from the run's"):
        belief.judge(replace(pool, duplicates="link_together"))


@pytest.fixture(scope="module")
def found(belief: tuning.Belief, pool: Cascade) -> tuning.Found:
    return tuning.search(belief, pool, floor=0.998, at_most=80)


def test_a_search_keeps_the_floor_that_its_pool_breaks(
    belief: tuning.Belief, pool: Cascade, found: tuning.Found
) -> None:
    assert belief.judge(pool).ppv < 0.998 <= found.judged.ppv
    feasible = [one for one in found.tried if one.ppv >= 0.998]
    assert found.judged.sensitivity == max(one.sensitivity for one in feasible)
    assert len(found.tried) <= 80


def test_what_is_found_is_a_rule_file(found: tuning.Found, belief: tuning.Belief, tmp_path: Path) -> None:
    path = tmp_path / "found.toml"
    path.write_text(found.text, "utf-8")
    again = linkage.read_rules(path)
    assert again.rules == found.cascade.rules
    assert belief.judge(again).true == found.judged.true
    assert all("Tuned by the truth about 3,000 patients: " in rule.why for rule in again.rules)


def test_what_was_published_about_the_pool_is_not_said_of_what_is_found(found: tuning.Found) -> None:
    assert "Massachusetts" in linkage.read_rules("mimic_iv").title
    published = replace(found, judged=replace(found.judged, cascade=_with_claims(found.cascade)))
    assert not re.search("Published|Massachusetts", published.text)


def _with_claims(cascade: Cascade) -> Cascade:
    rules = tuple(replace(rule, why="Published: 17.7 % of links.") for rule in cascade.rules)
    return replace(cascade, title="Patients to Massachusetts deaths", source="Published", rules=rules)


def test_the_front_holds_no_cascade_that_another_beats(found: tuning.Found) -> None:
    table = found.table
    front = table[table["front"]]
    for point in front.itertuples():
        better = (table["sensitivity"] >= point.sensitivity) & (table["ppv"] > point.ppv)
        assert not better.any()
    assert front["ppv"].max() == table["ppv"].max()
    assert front["sensitivity"].max() == table["sensitivity"].max()


def test_the_front_is_drawn_with_the_floor_and_the_choice(found: tuning.Found) -> None:
    pytest.importorskip("matplotlib", reason="charts need matplotlib")
    axes = found.chart().axes[0]
    assert [text.get_text() for text in axes.legend_.texts] == ["tried", "front", "chosen"]
    assert axes.get_lines()[1].get_ydata()[0] == 99.8


def test_the_same_search_finds_the_same(belief: tuning.Belief, pool: Cascade, found: tuning.Found) -> None:
    assert tuning.search(belief, pool, floor=0.998, at_most=80).text == found.text


def test_a_budget_too_small_still_finds_something(belief: tuning.Belief, pool: Cascade) -> None:
    assert len(tuning.search(belief, pool, at_most=1).tried) == 1


def test_a_search_that_may_try_nothing_is_refused(belief: tuning.Belief, pool: Cascade) -> None:
    with pytest.raises(linkage.InputError, match="at_most = 0 is not a number of cascades to try"):
        tuning.search(belief, pool, at_most=0)


@pytest.mark.parametrize("floor", [0, 1, 99.5])
def test_a_floor_is_a_share(belief: tuning.Belief, pool: Cascade, floor: float) -> None:
    with pytest.raises(linkage.InputError, match=f"floor = {floor} is not a PPV"):
        tuning.search(belief, pool, floor=floor)
