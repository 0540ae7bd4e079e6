"""Survival libraries accept the outcomes unchanged, including deaths on the first day."""

from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd
import pytest

import linkage

lifelines = pytest.importorskip("lifelines", reason="the extra report is not installed")

LAST = date(2015, 1, 9)
DAYS = [0, 0, 3, 10, 25, 40, 41, 90, 120, 200, 300, None, None, None, None, None]
"""Days from the last discharge to death, or None: twice on the day itself."""


@pytest.fixture(scope="module")
def outcomes() -> Iterator[pd.DataFrame]:
    """The outcomes of patients who died on those days, with a covariate."""
    ids = [str(n) for n in range(len(DAYS))]
    people = pd.DataFrame({"last_name": [f"NAME{chr(65 + n)}" for n in range(len(DAYS))], "birth_date": "1950-02-11"})
    people["ssn"] = [f"2123{n + 10}67{n % 9}" for n in range(len(DAYS))]
    died = [n for n, days in enumerate(DAYS) if days is not None]
    dates = [str(LAST + timedelta(days=DAYS[n] or 0)) for n in died]
    deaths = people.iloc[died].assign(death_id=[f"d{n}" for n in died], death_date=dates)
    stays = pd.DataFrame({"patient_id": ids, "start": "2015-01-02", "discharge": str(LAST)})
    policy = linkage.MortalityPolicy(coverage_first=date(2014, 1, 1), coverage_last=date(2017, 12, 31))
    with linkage.link(people.assign(patient_id=ids), deaths, encounters=stays, policy=policy) as run:
        yield run.outcomes.assign(age=[50.0 + n for n in range(len(DAYS))])


def test_a_follow_up_that_ends_on_its_first_day_takes_half_a_day(outcomes: pd.DataFrame) -> None:
    days, time = outcomes["followup_days"], outcomes["followup_time_days"]
    assert days.tolist() == [365 if died is None else died for died in DAYS]
    assert time[days == 0].tolist() == [0.5, 0.5]
    assert (time[days > 0] == days[days > 0]).all()
    assert outcomes["death_observed"].tolist() == [died is not None for died in DAYS]


def test_mortality_at_an_index_date_gives_the_same_two_columns(outcomes: pd.DataFrame) -> None:
    asked = linkage.mortality_at(outcomes, dict.fromkeys(outcomes["patient_id"], str(LAST)), "90 days")
    assert asked.loc[asked["followup_days"] == 0, "followup_time_days"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    "fitter", ["WeibullFitter", "ExponentialFitter", "LogNormalFitter", "LogLogisticFitter", "GeneralizedGammaFitter"]
)
def test_parametric_models_of_one_curve_take_outcomes_as_they_are(outcomes: pd.DataFrame, fitter: str) -> None:
    model = getattr(lifelines, fitter)()
    model.fit(outcomes["followup_time_days"], outcomes["death_observed"])
    assert 0 < float(model.predict(180)) < 1


@pytest.mark.parametrize("fitter", ["WeibullAFTFitter", "LogNormalAFTFitter", "LogLogisticAFTFitter", "CoxPHFitter"])
def test_models_with_covariates_take_outcomes_as_they_are(outcomes: pd.DataFrame, fitter: str) -> None:
    table = outcomes[["followup_time_days", "death_observed", "age"]]
    model = getattr(lifelines, fitter)(penalizer=0.1)
    model.fit(table, duration_col="followup_time_days", event_col="death_observed")
    assert 0 < model.concordance_index_ <= 1


def test_whole_days_are_what_kaplan_meier_takes_and_parametric_models_refuse(outcomes: pd.DataFrame) -> None:
    lifelines.KaplanMeierFitter().fit(outcomes["followup_days"], outcomes["death_observed"])
    with pytest.raises(ValueError, match="non-positive"):
        lifelines.WeibullFitter().fit(outcomes["followup_days"], outcomes["death_observed"])


def test_scikit_survival_takes_outcomes_as_they_are(outcomes: pd.DataFrame) -> None:
    pytest.importorskip("sksurv", reason="scikit-survival is not installed")
    from sksurv.linear_model import CoxPHSurvivalAnalysis, IPCRidge
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    survival = Surv.from_dataframe("death_observed", "followup_time_days", outcomes)
    covariates = outcomes[["age"]]
    assert 0 < CoxPHSurvivalAnalysis(alpha=0.1).fit(covariates, survival).score(covariates, survival) <= 1
    IPCRidge().fit(covariates, survival)  # accelerated failure time models need the logarithm of times
    times, alive = kaplan_meier_estimator(outcomes["death_observed"], outcomes["followup_time_days"])
    assert (times.min(), round(float(alive[0]), 4)) == (0.5, 0.875)
