"""A study follows the same patients under each set of links."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import linkage
from linkage.evaluation.study import Study, follow
from synthetic import make_registry
from tests.small_town.town import link_town


@pytest.fixture(scope="module")
def run() -> Iterator[linkage.Linkage]:
    """A small registry, linked."""
    town = make_registry("small", seed=3, patients=1500)
    with linkage.link(town.patients, town.deaths, encounters=[town.admissions, town.edstays]) as linked:
        yield linked


@pytest.fixture(scope="module")
def study(run: linkage.Linkage) -> Study:
    """A study of its patients."""
    return follow(run)


def test_the_last_cumulative_scenario_is_what_the_outcomes_say(run: linkage.Linkage, study: Study) -> None:
    outcomes = run.outcomes.dropna(subset="anchor_date").set_index("patient_id").loc[study.patients["patient_id"]]
    within = outcomes["death_observed"] & (outcomes["followup_days"] <= 365)
    assert study.main.died.tolist() == within.tolist()
    assert study.main.name == "R1 to R10"


@pytest.mark.parametrize("last", [0, 1, 3])
def test_the_first_rules_are_what_a_cascade_of_them_gives(run: linkage.Linkage, study: Study, last: int) -> None:
    rules = run.cascade.rules[: last + 1]
    frames = [source.frame for source in run.sources]
    shorter = replace(run.cascade, rules=rules)
    policy = linkage.MortalityPolicy(coverage_first=run.policy.coverage_first, coverage_last=run.policy.coverage_last)
    with linkage.link(frames[0], frames[1], shorter, encounters=frames[2:], policy=policy) as other:
        alone = follow(other).main
    scenario = [each for each in study.scenarios if each.kind == "cumulative"][last]
    review = set(run.review.loc[run.review["kind"] == "tie", "patient_id"])
    review |= set(run.outcomes.loc[run.outcomes["status"] == "in_review", "patient_id"])
    settled = ~study.patients["patient_id"].isin(review).to_numpy()  # in review only because of a later rule
    assert (alone.died == scenario.died)[settled].all()
    assert (alone.days == scenario.days)[settled].all()


def test_without_a_rule_its_pairs_are_free_for_the_others(run: linkage.Linkage, study: Study) -> None:
    rules = tuple(rule for rule in run.cascade.rules if rule.id != "R1")
    frames = [source.frame for source in run.sources]
    with linkage.link(
        frames[0], frames[1], replace(run.cascade, rules=rules), encounters=frames[2:], policy=run.policy
    ) as other:
        alone = follow(other).main
    without = study.scenario("without R1")
    assert (alone.died == without.died).all()
    assert (alone.days == without.days).all()
    assert without.died.sum() > study.scenario("R1").died.sum()


def test_hospital_alone_knows_no_death_after_the_last_visit(study: Study) -> None:
    scenario = study.scenario("hospital alone")
    assert scenario.days[scenario.died].max() == 0


def test_who_died_in_hospital_on_a_day_that_only_the_registry_knows_is_not_alive_without_a_link() -> None:
    person = {"first_name": ["BILL"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]}
    stays = pd.DataFrame({"patient_id": ["1"], "start": ["2015-01-02"], "discharge": [None], "died_in_hospital": [1]})
    covered = linkage.MortalityPolicy(coverage_first=date(2015, 1, 1), coverage_last=date(2017, 12, 31))
    deaths = pd.DataFrame({"death_id": ["7"], "death_date": ["2015-01-05"], **person})
    with linkage.link(pd.DataFrame({"patient_id": ["1"], **person}), deaths, encounters=stays, policy=covered) as run:
        study = follow(run, horizons=[30])
    alone = study.scenario("hospital alone")
    assert (alone.days.tolist(), alone.died.tolist()) == ([0], [False])
    assert (study.main.days.tolist(), study.main.died.tolist()) == ([3], [True])


def test_a_study_without_links_is_refused_by_name(study: Study) -> None:
    with pytest.raises(linkage.InputError, match="There is no scenario 'R99'"):
        study.scenario("R99")


@pytest.mark.parametrize("horizons", [[], [30, 0]])
def test_a_study_without_a_horizon_is_refused(run: linkage.Linkage, horizons: list[int]) -> None:
    with pytest.raises(linkage.InputError, match=r"horizons = .* are not days after the index date"):
        follow(run, horizons=horizons)


def test_another_run_stands_beside_it(run: linkage.Linkage) -> None:
    frames = [source.frame for source in run.sources]
    with linkage.link(frames[0], frames[1], "exact", encounters=frames[2:], policy=run.policy) as exact:
        study = follow(run, others={"exact names": exact}, horizons=[90])
    last = study.mortality.iloc[-1]
    assert (last["scenario"], last["kind"], last["horizon_days"]) == ("exact names", "other", 90)


def test_index_dates_of_ones_own_are_followed(run: linkage.Linkage, study: Study) -> None:
    some = study.patients["patient_id"].head(40)
    anchors = run.outcomes.set_index("patient_id")["anchor_date"]
    found = follow(run, index_dates={patient: anchors[patient] for patient in some})
    assert found.main.days.tolist() == study.main.days[:40].tolist()
    frame = pd.DataFrame({"patient_id": [some[0]] * 2, "index_date": ["2015-01-01"] * 2})
    with pytest.raises(linkage.InputError, match="has a patient twice"):
        follow(run, index_dates=frame)
    with pytest.raises(linkage.InputError, match="no patient to follow"):
        follow(run, index_dates={})


def test_patients_in_review_are_followed_for_no_day() -> None:
    with link_town() as town:
        study = follow(town, horizons=[365])
        held = set(town.outcomes.loc[town.outcomes["status"] == "in_review", "patient_id"])
    rows = study.patients["patient_id"].isin(held).to_numpy()
    assert rows.any()
    assert (study.main.days[rows] == 0).all()
