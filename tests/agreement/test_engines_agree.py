"""The fast engine and the reference engine give the same links, ties and counts on any input."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

import linkage
import linkage.run.link
from linkage.evaluation.implausible import IMPOSSIBLE
from linkage.method.block import block
from linkage.reference.links import ReferenceResult, reference_links
from linkage.rules.cascade import DUPLICATES, Cascade
from linkage.rules.file import read_rules
from synthetic import make_registry
from tests.rules import MANY_FEATURES, rules_id
from tests.stages import decided, prepared
from tests.strategies import Registry, assume_usable, cascades, examples, registries

some = settings(max_examples=examples(30))
# Each example patches and restores by itself.
fewer = settings(
    max_examples=examples(20), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def encounters_of(registry: Registry) -> pd.DataFrame | None:
    """One hospital stay of a day on each patient's last contact."""
    # A file without any patient is refused, see test_misreadings.
    known = set(registry.patients["patient_id"]) if len(registry.patients) else set()
    contacts = {id: str(day) for id, day in registry.last_contact.items() if id in known}
    rows = [{"patient_id": id, "start": day, "discharge": day} for id, day in contacts.items()]
    return pd.DataFrame(rows) if rows else None


def run(registry: Registry, cascade: Cascade, **options: Any) -> linkage.Linkage:
    return linkage.run.link.link(
        registry.patients, registry.deaths, cascade, encounters=encounters_of(registry), **options
    )


def assert_same(found: linkage.Linkage, expected: ReferenceResult) -> None:
    columns = ["patient_id", "death_id", "rule", "tie"]
    assert found.links[columns].to_numpy().tolist() == expected.links[columns].to_numpy().tolist()
    review = found.review
    ties = review[review["kind"] == "tie"][["patient_id", "death_id"]].to_numpy().tolist()
    assert sorted(ties) == sorted(expected.tied[["patient_id", "death_id"]].to_numpy().tolist())
    impossible = review[review["kind"].isin(IMPOSSIBLE)][["patient_id", "death_id", "kind"]]
    assert sorted(impossible.to_numpy().tolist()) == sorted(expected.vetoed.to_numpy().tolist())
    assert found.counts["candidate_links"] == len(expected.candidates)


@some
@given(registry=registries(), cascade=cascades())
def test_duckdb_gives_the_reference_links_under_any_cascade(registry: Registry, cascade: Cascade) -> None:
    assume_usable(registry, cascade)
    with run(registry, cascade) as found:
        assert_same(found, reference_links(registry.patients, registry.deaths, cascade, registry.last_contact))


@fewer
@given(registry=registries())
def test_duckdb_gives_the_reference_links_under_mimic_iv(registry: Registry) -> None:
    """Whether records of one person are linked together is decided after the files are read, so they are read once."""
    files, mimic_iv = (registry.patients, registry.deaths), read_rules("mimic_iv")
    assume_usable(registry, mimic_iv)
    with prepared(*files, mimic_iv, encounters=encounters_of(registry), threads=None) as ready:
        for duplicates in DUPLICATES:
            cascade = replace(mimic_iv, duplicates=duplicates)
            with decided(ready, cascade) as found:
                assert_same(found, reference_links(*files, cascade, registry.last_contact))


def every_block_is_large(engine: Any, cascade: Cascade, keys: Any, records: int, counts: Any, *, crowded: bool) -> Any:
    return block(engine, cascade, keys, 0, crowded=crowded)


@fewer
@given(registry=registries(), cascade=cascades())
def test_large_blocks_lose_no_link(monkeypatch: pytest.MonkeyPatch, registry: Registry, cascade: Cascade) -> None:
    assume_usable(registry, cascade)
    with monkeypatch.context() as patch:
        patch.setattr("linkage.method.steps.block", every_block_is_large)
        with run(registry, cascade) as found:
            assert_same(found, reference_links(registry.patients, registry.deaths, cascade, registry.last_contact))


@pytest.mark.parametrize("name", [MANY_FEATURES, "hiv_surveillance"], ids=rules_id)
def test_rule_files_lose_no_link_in_large_blocks(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With keys of initials, sounds, parts of dates and numbers, and swapped names; and with rare and unique names."""
    town = make_registry("hard", patients=400, seed=5)
    files = town.patients, town.deaths
    stays = [town.admissions, town.edstays]
    with linkage.run.link.link(*files, name, encounters=stays, engine="reference") as run:
        expected, candidates = run.links[["patient_id", "death_id", "rule"]], run.counts["candidate_links"]
    monkeypatch.setattr("linkage.method.steps.block", every_block_is_large)
    with linkage.run.link.link(*files, name, encounters=stays) as run:
        found = run.links[["patient_id", "death_id", "rule"]]
        assert run.counts["candidate_links"] == candidates
    pd.testing.assert_frame_equal(found, expected)
    assert len(found) > 20


def test_the_engines_agree_about_impossible_pairs_in_files_without_birth_dates() -> None:
    """The first patient was seen after the death. The pair has a weight, but is not expected to be a match."""
    people = pd.DataFrame(
        {"first_name": ["ANN", "BILL"], "last_name": ["LEE", "ROE"], "ssn": ["212345678", "312345678"]}
    )
    patients = people.assign(patient_id=["1", "2"])
    deaths = people.assign(death_id=["8", "9"], death_date="2015-06-30")
    stays = pd.DataFrame({"patient_id": ["1", "2"], "start": ["2017-01-01", "2014-01-01"], "discharge": None})
    found = []
    for engine in ("duckdb", "reference"):
        with linkage.link(patients, deaths, "evidence", encounters=stays, engine=engine) as run:
            review = run.review[["kind", "patient_id", "death_id"]].to_numpy().tolist()
            found.append((run.links[["patient_id", "death_id", "rule"]].to_numpy().tolist(), review, run.counts))
    assert found[0] == found[1]
    assert found[0][:2] == ([["2", "9", "E2"]], [["death before last contact", "1", "8"]])
