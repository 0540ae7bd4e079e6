"""Properties of the reference engine for any registry and any cascade."""

from dataclasses import replace
from random import Random

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.reference.cascade import Pair, walk
from linkage.reference.links import ReferenceResult, reference_links
from linkage.rules.cascade import Cascade, Rule
from tests.strategies import Registry, cascades, examples, registries


def _pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(frame[["patient_id", "death_id"]].itertuples(index=False, name=None))


@settings(max_examples=examples(40), deadline=None)
@given(registries(), cascades())
def test_who_is_linked_is_linked_once_and_never_also_held(registry: Registry, cascade: Cascade) -> None:
    result = _run(registry, cascade)
    links = result.links
    assert links.patient_id.is_unique
    if cascade.duplicates == "report":
        assert links.death_id.is_unique
    assert set(links.patient_id).isdisjoint(result.tied.patient_id)
    assert set(links.death_id).isdisjoint(result.tied.death_id)
    assert set(_pairs(result.vetoed)) <= set(result.candidates)
    assert cascade.ties == "review" or result.tied.empty


@settings(max_examples=examples(25), deadline=None)
@given(registries(), cascades(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(registry: Registry, cascade: Cascade, chance: Random) -> None:
    shuffled = replace(
        registry,
        patient_rows=tuple(sorted(registry.patient_rows, key=lambda _: chance.random())),
        death_rows=tuple(sorted(registry.death_rows, key=lambda _: chance.random())),
    )
    before, after = _run(registry, cascade), _run(shuffled, cascade)
    for name in ("links", "tied", "vetoed", "vectors"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(after, name))


@settings(max_examples=examples(25), deadline=None)
@given(registries(), cascades())
def test_a_rule_at_the_end_changes_no_earlier_link(registry: Registry, cascade: Cascade) -> None:
    shorter = replace(cascade, rules=cascade.rules[:-1] or cascade.rules)
    kept = {rule.id for rule in shorter.rules}
    before, after = _run(registry, shorter).links, _run(registry, cascade).links
    later = after[after.rule.isin(kept)].reset_index(drop=True)
    assert before.to_dict("records") == later.to_dict("records")


def _run(registry: Registry, cascade: Cascade) -> ReferenceResult:
    return reference_links(registry.patients, registry.deaths, cascade, registry.last_contact)


_RECORDS = st.tuples(st.sampled_from("12345"), st.sampled_from("12345"))


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(_RECORDS, st.tuples(st.frozensets(st.integers(0, 2), min_size=1), st.integers(0, 2)), max_size=14),
    st.dictionaries(st.sampled_from("12345"), st.sampled_from("12345")),
    st.sampled_from(["review", "lowest_id"]),
)
def test_the_literal_cascade_equals_one_pass_over_the_first_rule_of_each_pair(
    drawn: dict[tuple[str, str], tuple[frozenset[int], int]], person: dict[str, str], ties: str
) -> None:
    # The fast engine relies on this: rules after the first one that a pair satisfies never matter.
    pairs = [
        Pair(patient, death, person.get(patient, patient), death, rules, (close,))
        for (patient, death), (rules, close) in drawn.items()
    ]
    firsts = [replace(pair, rules=frozenset([min(pair.rules)])) for pair in pairs]
    rules = [Rule(f"R{number}", (), "") for number in range(3)]
    literal, once = walk(pairs, rules, ties), walk(firsts, rules, ties)
    for found, same in ((literal.links, once.links), (literal.tied, once.tied)):
        assert [(one.pair.ids, one.rule, one.tie) for one in found] == [
            (one.pair.ids, one.rule, one.tie) for one in same
        ]
