"""Random numbers depend on a person and a decision, and on nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthetic.chance import Chance, shuffled

PEOPLE = np.arange(200_000)


@given(seed=st.integers(0, 2**63), start=st.integers(0, 2**42), length=st.integers(1, 50))
def test_a_number_does_not_depend_on_who_else_is_asked_for(seed: int, start: int, length: int) -> None:
    chance, keys = Chance(seed), np.arange(start, start + length)
    together = chance.uniform(keys, "nickname")
    alone = [chance.uniform(keys[place : place + 1], "nickname")[0] for place in range(length)]
    assert together.tolist() == alone


def test_numbers_are_even_and_decisions_independent() -> None:
    """Cut-offs are five standard errors: with another generator, about one false alarm in a million runs."""
    first, second = (Chance(3).uniform(PEOPLE, decision) for decision in ("one", "two"))
    counts = np.bincount((first * 100).astype(int), minlength=100)
    expected = len(PEOPLE) / 100
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(len(PEOPLE))
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 5 / np.sqrt(len(PEOPLE))


def test_another_seed_gives_another_registry() -> None:
    assert np.abs(Chance(1).uniform(PEOPLE, "a") - Chance(2).uniform(PEOPLE, "a")).mean() > 0.3


def test_normal_and_waiting_numbers_have_the_moments_of_their_names() -> None:
    normal, waiting = Chance(5).normal(PEOPLE, "n"), Chance(5).waiting(PEOPLE, "w")
    assert abs(normal.mean()) < 5 / np.sqrt(len(PEOPLE))
    assert normal.std() == pytest.approx(1, abs=0.01)
    assert waiting.mean() == pytest.approx(1, abs=0.015)


def test_choices_follow_their_weights() -> None:
    drawn = Chance(5).choice(PEOPLE, "kind", [1, 0, 3])
    assert (drawn == 1).sum() == 0
    assert (drawn == 2).mean() == pytest.approx(0.75, abs=5 * np.sqrt(0.75 * 0.25 / len(PEOPLE)))


@given(bits=st.integers(2, 40), salt=st.integers(0, 2**63), start=st.integers(0, 1000))
def test_shuffled_numbers_stay_in_range_and_never_collide(bits: int, salt: int, start: int) -> None:
    numbers = np.arange(min(start, 2**bits), min(start + 500, 2**bits))
    moved = shuffled(numbers, bits, salt)
    assert len(set(moved.tolist())) == len(numbers)
    assert ((moved >= 0) & (moved < 2**bits)).all()
