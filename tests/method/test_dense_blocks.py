"""Of a key with very many pairs, rules with a probability see only the smaller blocks."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import linkage
from linkage.reference.links import reference_links
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from synthetic import make_registry
from tests.agreement.test_engines_agree import assert_same, every_block_is_large, run
from tests.method.test_weigh import weighing
from tests.strategies import Registry, assume_usable, registries

TOWN = make_registry("small", patients=600, seed=11)
VILLAGE = make_registry("small", patients=120, seed=11)


def most(patch: pytest.MonkeyPatch, pairs: int) -> None:
    for module in ("method", "reference"):
        patch.setattr(f"linkage.{module}.dense_blocks.MOST_WEIGHED", pairs)
        patch.setattr(f"linkage.{module}.dense_blocks.RECORDS_PER_WEIGHED", 10**9)


def evidence_of(links: linkage.Linkage) -> Any:
    return links.engine.frame("SELECT patient_id, death_id, millionths, bits FROM evidence ORDER BY ALL")


@pytest.mark.parametrize("pairs", [3, 20])
def test_the_reference_engine_weighs_the_same_pairs(monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    most(monkeypatch, pairs)
    with linkage.link(VILLAGE.patients, VILLAGE.deaths, "evidence", engine="reference") as linked:
        weighed, links = evidence_of(linked), linked.links
        counts = linked.evidence, linked.counts["candidate_links"]
    for large in (False, True):
        with monkeypatch.context() as patch:
            if large:
                patch.setattr("linkage.method.steps.block", every_block_is_large)
            with linkage.link(VILLAGE.patients, VILLAGE.deaths, "evidence") as linked:
                found = evidence_of(linked)
                assert weighed[weighed["millionths"] >= found["millionths"].min()].reset_index(drop=True).equals(found)
                assert linked.links.equals(links)
                assert (linked.evidence, linked.counts["candidate_links"]) == counts


# Each example patches and restores by itself.
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(registry=registries(), cascade=weighing(), pairs=st.integers(1, 12))
def test_no_cascade_links_otherwise_than_the_reference_engine(
    monkeypatch: pytest.MonkeyPatch, registry: Registry, cascade: Cascade, pairs: int
) -> None:
    assume_usable(registry, cascade)
    with monkeypatch.context() as patch:
        most(patch, pairs)
        with run(registry, cascade) as found:
            assert_same(found, reference_links(registry.patients, registry.deaths, cascade, registry.last_contact))


def test_a_rule_without_a_probability_keeps_its_pairs_in_dense_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    with linkage.link(TOWN.patients, TOWN.deaths, "evidence") as linked:
        usual = linked.links
    most(monkeypatch, 1)
    with linkage.link(TOWN.patients, TOWN.deaths, "evidence") as linked:
        fewer = linked.links
    for rule in ("R1", "R2"):
        assert (fewer["rule"] == rule).sum() == (usual["rule"] == rule).sum()
    assert len(fewer) < len(usual)


def test_a_cascade_without_a_probability_has_no_dense_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    with linkage.link(TOWN.patients, TOWN.deaths) as linked:
        usual = linked.links
    most(monkeypatch, 1)
    with linkage.link(TOWN.patients, TOWN.deaths) as linked:
        assert linked.links.equals(usual)


def test_pairs_are_dropped_by_block_not_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A common name loses its pairs, a rare one keeps them."""
    most(monkeypatch, 20)
    cascade = replace(read_rules("evidence"), keys=(("first_name", "last_name"),))
    people = [{"first_name": "ANN", "last_name": "LEE"}] * 5 + [{"first_name": "ORVILLE", "last_name": "TREMBATH"}]

    rows = pd.DataFrame(people)
    with linkage.link(rows.assign(patient_id=range(6)), rows.assign(death_id=range(6)), cascade) as linked:
        assert linked.evidence["compared_pairs"] == 1
        assert linked.counts["candidate_links"] == 26
