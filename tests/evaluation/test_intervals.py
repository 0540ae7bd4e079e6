"""Intervals have their nominal coverage."""

import numpy as np
import pytest
from scipy.stats import binom, poisson

from linkage.evaluation.intervals import prediction_interval, proportion_interval


def test_intervals_are_those_of_clopper_and_pearson() -> None:
    # R: binom.test(8, 10)$conf.int and binom.test(1, 50)$conf.int
    low, high = proportion_interval([8, 1], [10, 50])
    assert np.allclose(low, [0.4439045, 0.000506], atol=1e-6)
    assert np.allclose(high, [0.9747893, 0.1064690], atol=1e-5)


def test_when_nothing_was_found_the_bound_is_the_rule_of_three() -> None:
    low, high = proportion_interval([0, 1000], [1000, 1000])
    assert low.tolist() == [0, pytest.approx(1 - 3 / 1000, abs=1e-5)]
    assert high.tolist() == [pytest.approx(3 / 1000, abs=1e-5), 1]


def test_nothing_is_known_of_nothing() -> None:
    assert np.isnan(proportion_interval(0, 0)).all()
    assert np.isnan(prediction_interval(0, np.nan)).all()


@pytest.mark.parametrize("n", [5, 40, 200])
def test_proportions_are_covered(n: int) -> None:
    """Coverage is at least 95 %, and at least 92.5 % at the ends, where the bound is one-sided."""
    low, high = proportion_interval(np.arange(n + 1), n)
    for share in np.linspace(0.001, 0.999, 101):
        held = (low <= share) & (share <= high)
        assert binom.pmf(np.arange(n + 1), n, share)[held].sum() >= 0.925


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("mean", [0.5, 4.0, 30.0])
def test_a_second_count_is_covered(mean: float, scale: float) -> None:
    seen = np.arange(200)
    low, high = prediction_interval(seen, scale)
    held = poisson.cdf(high, mean * scale) - poisson.cdf(low - 1, mean * scale)
    assert (poisson.pmf(seen, mean) * held).sum() >= 0.94
