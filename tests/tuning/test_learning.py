"""Estimates without truth are close to it, and what is learned without truth keeps its floor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import linkage
from linkage import tuning
from linkage.evaluation import evaluate
from synthetic.registries import Registry

MIMIC = linkage.read_rules("mimic_iv")


@pytest.fixture(scope="module")
def run(registry: Registry) -> Iterator[linkage.Linkage]:
    stays = [registry.admissions, registry.edstays]
    with linkage.link(registry.patients, registry.deaths, encounters=stays) as linked:
        yield linked


@pytest.fixture(scope="module")
def compared(run: linkage.Linkage) -> tuning.Comparisons:
    return tuning.compare_once(run)


@pytest.fixture(scope="module")
def model(compared: tuning.Comparisons) -> tuning.Belief:
    return tuning.believe_model(compared)


@pytest.fixture(scope="module")
def learned(run: linkage.Linkage) -> tuning.Judged:
    return tuning.learn(run, floor=0.99)


def test_a_cascade_is_judged_by_the_model_as_by_the_truth(
    compared: tuning.Comparisons, model: tuning.Belief, registry: Registry
) -> None:
    estimated, true = (one.judge(MIMIC) for one in (model, tuning.believe_truth(compared, registry.truth)))
    assert estimated.links == estimated.judged == true.links
    assert estimated.ppv == pytest.approx(true.ppv, abs=0.01)
    assert estimated.sensitivity == pytest.approx(true.sensitivity, abs=0.03)
    assert "matches that the model expects" in repr(estimated)


def test_pairs_that_were_not_weighed_count_as_false(compared: tuning.Comparisons, model: tuning.Belief) -> None:
    with compared.separate_schema():
        found = compared.engine.frame(
            f"SELECT count(*) AS pairs, min(share) AS least, max(share) AS most FROM {model.table}"
        )
    assert found["pairs"][0] == compared.pairs
    assert found["least"][0] == 0
    assert 0.99 < found["most"][0] <= 1


def test_what_is_learned_keeps_its_floor_and_finds_more(
    learned: tuning.Judged, run: linkage.Linkage, registry: Registry, tmp_path: Path
) -> None:
    assert learned.ppv >= 0.99
    path = tmp_path / "learned.toml"
    path.write_text(tuning.rule_text(learned.cascade), "utf-8")
    assert linkage.read_rules(path).rules == learned.cascade.rules
    assert all(rule.why.startswith("Learned without truth: ") for rule in learned.cascade.rules)
    stays = [registry.admissions, registry.edstays]
    with linkage.link(registry.patients, registry.deaths, path, encounters=stays) as again:
        assert len(again.links) == learned.links
        found = evaluate(again, registry.truth, by=[])["overall"].iloc[0]
    published = evaluate(run, registry.truth, by=[])["overall"].iloc[0]
    assert found["ppv"] >= 0.99
    assert found["sensitivity"] > published["sensitivity"]


def test_what_is_learned_is_the_same_every_time(learned: tuning.Judged, run: linkage.Linkage) -> None:
    assert tuning.rule_text(tuning.learn(run, floor=0.99).cascade) == tuning.rule_text(learned.cascade)


def test_a_search_can_use_the_estimates(model: tuning.Belief) -> None:
    found = tuning.search(model, MIMIC, floor=0.99, at_most=25)
    assert found.source == "estimates without truth"
    assert found.judged.ppv >= 0.99


@pytest.mark.parametrize("floor", [0, 1.5])
def test_a_floor_to_learn_by_is_a_share(run: linkage.Linkage, floor: float) -> None:
    with pytest.raises(linkage.InputError, match="is not a PPV"):
        tuning.learn(run, floor=floor)
