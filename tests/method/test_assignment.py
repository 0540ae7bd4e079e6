"""Ties resolved by the lowest id give the result of processing patients one by one, lowest id first."""

from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.assign import assign
from tests.strategies import examples

Pairs = list[tuple[str, str]]


def settled(pairs: Pairs) -> dict[str, str]:
    """The result of `assign` for pairs of equal rank."""
    columns = {"patient_id": [p for p, _ in pairs], "death_id": [d for _, d in pairs], "rank": [1] * len(pairs)}
    with closing(DuckDBEngine(threads=1)) as engine:
        engine.insert("qualified", columns, {"patient_id": "VARCHAR", "death_id": "VARCHAR", "rank": "BIGINT"})
        assign(engine, "lowest_id")
        return {str(patient): str(death) for patient, death in engine.rows("SELECT patient_id, death_id FROM assigned")}


def one_after_the_other(pairs: Pairs) -> dict[str, str]:
    """Each patient, lowest id first, gets the lowest remaining death."""
    taken: dict[str, str] = {}
    for patient, death in sorted(pairs, key=lambda pair: [(len(id), id) for id in pair]):
        if patient not in taken and death not in taken.values():
            taken[patient] = death
    return taken


# Ids of one and of two digits: the shorter is the lower.
@settings(max_examples=examples(20))
@given(st.sets(st.tuples(st.integers(6, 13).map(str), st.integers(7, 12).map(str)), min_size=1))
def test_any_tie_is_settled_as_patient_after_patient_would(pairs: set[tuple[str, str]]) -> None:
    assert settled(sorted(pairs)) == one_after_the_other(sorted(pairs))


def test_many_people_of_one_name_are_settled_in_the_order_of_their_ids() -> None:
    everybody = [(str(patient), str(death)) for patient in range(90, 140) for death in range(995, 1040)]
    assert settled(everybody) == {str(90 + n): str(995 + n) for n in range(45)}
