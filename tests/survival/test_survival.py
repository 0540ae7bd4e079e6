"""Survival is estimated as in textbooks, and corrected for linkage errors only if they are known."""

import numpy as np
import pytest

from linkage.survival.kaplan_meier import Estimate, Risk, corrected, kaplan_meier, risk_at


def test_the_estimate_is_that_of_the_textbook() -> None:
    # Freireich et al. 1963, 6-mercaptopurine: the example of Kaplan-Meier in most textbooks, among them
    # Collett, Modelling Survival Data in Medical Research; R: survfit(Surv(time, status) ~ 1).
    days = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35])
    died = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]).astype(bool)
    curve = kaplan_meier(days, died).set_index("day")["survival"]
    assert curve.loc[[6, 7, 10, 13, 16, 22, 23]].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]


def test_risk_before_anybody_died_is_none() -> None:
    assert risk_at(np.array([5, 9]), np.array([True, False]), 2) == Risk(2, 0, 0.0, 0.0, 0.0)
    assert np.isnan(risk_at(np.array([], dtype=int), np.array([], dtype=bool), 2).risk)


def test_correction_gives_back_the_true_risk_where_errors_are_known() -> None:
    # 1,000 patients, 100 true deaths: 80 found, and 20 false links.
    sure = Estimate(0.8, 0.8, 0.8)
    found = corrected(Risk(1000, 0, 0, 0, 0), Risk(1000, 100, 0.1, 0.09, 0.11), sensitivity=sure, ppv=sure)
    assert found.value == pytest.approx(0.1)
    assert found.low < 0.1 < found.high


def test_correction_leaves_alone_what_it_cannot_correct() -> None:
    none = Estimate(0.0, 0.0, 0.1)
    linked = Risk(1000, 100, 0.1, 0.09, 0.11)
    assert corrected(linked, linked, sensitivity=none, ppv=none) == Estimate(0.1, 0.09, 0.11)
