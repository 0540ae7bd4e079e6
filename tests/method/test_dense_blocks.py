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
from tests.stages import draw_fewer
from tests.strategies import Registry, assume_usable, examples, registries

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
    draw_fewer(monkeypatch)
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
@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(registry=registries(), cascade=weighing(), pairs=st.integers(1, 12))
def test_no_cascade_links_otherwise_than_the_reference_engine(
    monkeypatch: pytest.MonkeyPatch, registry: Registry, cascade: Cascade, pairs: int
) -> None:
    assume_usable(registry, cascade)
    with monkeypatch.context() as patch:
        most(patch, pairs)
        with run(registry, cascade) as found:
            assert_same(found, reference_links(registry.patients, registry.deaths, cascade, registry.last_contact))


def test_a_rule_that_accepts_by_agreement_keeps_its_pairs_in_dense_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    most(monkeypatch, 1)
    names = ("ANN", "GUSTAV", "KATHERINE", "OLEG", "WILHELMINA")
    rows = pd.DataFrame({"first_name": names, "last_name": "LEE", "birth_date": "1950-03-04"})
    cascade = replace(read_rules("evidence"), keys=(("last_name", "birth_date"),))
    weighed = replace(cascade, rules=tuple(rule for rule in cascade.rules if rule.by_evidence))
    found = []
    for rules in (cascade, weighed):
        with linkage.link(rows.assign(patient_id=range(5)), rows.assign(death_id=range(5)), rules) as linked:
            found.append(linked.links["rule"].tolist())
    assert found == [["R2"] * 5, []]


def test_a_cascade_without_a_probability_has_no_dense_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    with linkage.link(TOWN.patients, TOWN.deaths) as linked:
        usual = linked.links
    most(monkeypatch, 1)
    with linkage.link(TOWN.patients, TOWN.deaths) as linked:
        assert linked.links.equals(usual)


def test_pairs_are_dropped_by_block_not_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A common name loses its pairs, a rare one keeps them."""
    most(monkeypatch, 19)
    cascade = replace(read_rules("evidence"), keys=(("first_name", "last_name"),))
    people = [{"first_name": "ANN", "last_name": "LEE"}] * 5 + [{"first_name": "ORVILLE", "last_name": "TREMBATH"}]

    rows = pd.DataFrame(people)
    with linkage.link(rows.assign(patient_id=range(6)), rows.assign(death_id=range(6)), cascade) as linked:
        assert linked.evidence["compared_pairs"] == 1
        assert linked.counts["candidate_links"] == 26
        assert linked.evidence["dense_blocks"] == {"first_name+last_name": 25}
        assert "by key: first_name+last_name: 25." in str(linked)


def test_matches_alone_make_no_key_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many people are in both files: a block of one patient and one death has no surplus."""
    most(monkeypatch, 1)
    number = pd.Series(range(40))
    people = pd.DataFrame({"first_name": "A" + number.map(_word), "last_name": "B" + number.map(_word)})
    patients = people.assign(patient_id=number, ssn=number * 7 + 212_345_671)
    deaths = people.assign(death_id=number, ssn=number * 7 + 212_345_671)
    cascade = read_rules("evidence")
    with linkage.link(patients, deaths, cascade) as linked:
        assert linked.evidence["compared_pairs"] >= 40
        assert len(linked.links) == 40
        assert set(linked.links["rule"]) == {"E2"}


def _word(number: int) -> str:
    return "".join(chr(65 + number // 26**place % 26) for place in range(4))
