"""Relinking with all rules gives the run's links, and uniqueness is determined among all pairs."""

from dataclasses import replace

import pandas as pd
import pytest

import linkage
from linkage.method import compare_sql, decide_sql
from linkage.relink.relinking import accepted_pairs, relinked
from linkage.rules.cascade import Condition, Rule


def again(run: linkage.Linkage, cascade: linkage.Cascade) -> list[tuple[str, str]]:
    """The pairs that a cascade links when it relinks."""
    with accepted_pairs(run.engine, run.cascade, contacts=run.has_mortality), relinked(run.engine, cascade):
        return sorted(run.engine.rows("SELECT patient_id, death_id FROM relinked"))


def pairs(links: pd.DataFrame) -> list[tuple[str, str]]:
    """Links as sorted pairs."""
    return sorted(links[["patient_id", "death_id"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("together", ["report", "link_together"])
def test_with_the_same_rules_the_links_are_the_same(together: str) -> None:
    from tests.evaluation.conftest import link_town

    with link_town(rules=replace(linkage.read_rules("mimic_iv"), duplicates=together)) as run:
        assert again(run, run.cascade) == pairs(run.links)


def test_with_fewer_rules_the_links_are_those_of_a_run_with_fewer(
    registry: tuple[linkage.Linkage, pd.DataFrame],
) -> None:
    run, _ = registry
    fewer = replace(run.cascade, rules=run.cascade.rules[1:4])
    with linkage.link(run.sources[0], run.sources[1], fewer, encounters=list(run.sources[2:])) as other:
        assert again(run, fewer) == pairs(other.links)


def test_what_was_written_down_is_what_measuring_again_gives(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    run, _ = registry
    with run.engine.separate_schema():
        run.engine.create("pair", "SELECT patient_id, death_id FROM decided")
        decided = [
            run.engine.frame(
                f"WITH measured AS ({measured}), {decide_sql.decide(run.cascade, every_rule=True)} ORDER BY ALL"
            )
            for measured in (compare_sql.remembered(run.cascade), compare_sql.measure(run.cascade))
        ]
    assert len(decided[0]) > len(run.links)
    pd.testing.assert_frame_equal(*decided)


def test_a_pair_is_not_unique_because_its_rival_was_not_accepted() -> None:
    """Two deaths fit the patient; one is also accepted by a later rule, which must not make it unique."""
    cascade = linkage.read_rules("mimic_iv")
    names = (Condition("last_name", ("exact",)), Condition("first_name", ("exact",)))
    only = Rule("only", names, "The only pair of these names.", unique=True)
    dated = Rule("dated", (*names, Condition("birth_date", ("exact",))), "Names and date.")
    person = {"first_name": "ANN", "last_name": "LEE"}
    patients = pd.DataFrame([{"patient_id": "1", **person, "birth_date": "1950-01-10"}])
    deaths = pd.DataFrame([
        {"death_id": "2", **person, "birth_date": "1950-01-10"},
        {"death_id": "3", **person, "birth_date": "1960-01-10"},
    ])  # fmt: skip
    with linkage.link(patients, deaths, replace(cascade, rules=(only, dated))) as run:
        assert run.links["rule"].tolist() == ["dated"]
        assert again(run, replace(run.cascade, rules=(only,))) == []
