"""Kaplan-Meier curves, the risk of death within a horizon, and that risk corrected for linkage errors.

The functions use published estimators and depend only on days and deaths, not on rules or scenarios.
"""

from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

from linkage.extras import needs

if TYPE_CHECKING:
    import numpy
    import pandas

    Numbers = numpy.ndarray[Any, numpy.dtype[Any]]


class Risk(NamedTuple):
    """Mortality at a horizon: patients followed, deaths by then, and the risk (0 to 1) with its 95 % interval."""

    patients: int
    deaths: int
    risk: float
    risk_low: float
    risk_high: float


def kaplan_meier(days: "Numbers", died: "Numbers") -> "pandas.DataFrame":
    """The Kaplan-Meier estimate: day, at_risk, deaths, survival, survival_low, survival_high.

    `days` is the follow-up of each patient in whole days and `died` whether it ended in death. The 95 % interval is
    Greenwood's, on the log(-log) scale; lifelines computes both. Source: Kaplan and Meier, J Am Stat Assoc 1958.

    >>> import numpy as np
    >>> kaplan_meier(np.array([0, 5, 9, 9]), np.array([True, True, False, False]))["survival"].round(3).tolist()
    [0.75, 0.5, 0.5]
    """
    import numpy as np
    import pandas as pd

    fitter = needs("lifelines").KaplanMeierFitter()
    # Counts per day give the same estimate, with a few hundred rows instead of half a million.
    counts = [np.bincount(days[died == ended], minlength=int(days.max()) + 1) for ended in (False, True)]
    day = np.concatenate([np.flatnonzero(found) for found in counts])
    weights = np.concatenate([found[found > 0] for found in counts])
    ended = np.repeat([False, True], [np.count_nonzero(found) for found in counts])
    fitter.fit(day, ended, weights=weights)
    low, high = fitter.confidence_interval_.to_numpy().T
    steps = pd.DataFrame(
        {
            "day": fitter.survival_function_.index.to_numpy().astype(int),
            "at_risk": fitter.event_table["at_risk"].to_numpy().astype(int),
            "deaths": fitter.event_table["observed"].to_numpy().astype(int),
            "survival": fitter.survival_function_.iloc[:, 0].to_numpy(),
            "survival_low": low,
            "survival_high": high,
        }
    )
    return steps.bfill()


def risk_at(days: "Numbers", died: "Numbers", horizon: int) -> Risk:
    """Mortality within `horizon` days, by Kaplan-Meier; NaN without patients.

    >>> import numpy as np
    >>> risk_at(np.array([0, 5, 9, 9]), np.array([True, True, False, False]), 5).risk
    0.5
    """
    if not len(days):
        return Risk(0, 0, float("nan"), float("nan"), float("nan"))
    return read_risk(kaplan_meier(days, died), len(days), horizon)


def read_risk(curve: "pandas.DataFrame", patients: int, horizon: int) -> Risk:
    """The risk at `horizon` days, read from the Kaplan-Meier curve of so many patients."""
    until = curve[curve["day"] <= horizon]
    if not len(until):
        return Risk(patients, 0, 0.0, 0.0, 0.0)
    last = until.iloc[-1]
    risk, low, high = (1 - float(last[name]) for name in ("survival", "survival_high", "survival_low"))
    return Risk(patients, int(until["deaths"].sum()), risk, low, high)


class Estimate(NamedTuple):
    """A share (0 to 1) with its 95 % interval."""

    value: float
    low: float
    high: float


def corrected(hospital: Risk, linked: Risk, *, sensitivity: Estimate, ppv: Estimate) -> Estimate:
    """Mortality corrected for false and missed links.

    Deaths known to the hospital need no correction. For the other deaths, found only by links,

        true risk = observed risk * PPV / sensitivity,

    which is the estimator of Rogan and Gladen (Am J Epidemiol 1978; 107: 71-76) with specificity expressed as
    PPV. It assumes that linkage errors are equally frequent at every time after the index date. The interval is
    computed by the delta method on the logarithm from the three intervals, assumed to be independent.

    >>> half = Estimate(0.5, 0.4, 0.6)
    >>> one = Estimate(1.0, 1.0, 1.0)
    >>> corrected(Risk(100, 5, 0.05, 0, 0), Risk(100, 25, 0.25, 0.17, 0.35), sensitivity=half, ppv=one).value
    0.45
    """
    observed = linked.risk - hospital.risk
    if not observed > 0 or not sensitivity.value > 0 or not ppv.value > 0:
        return Estimate(linked.risk, linked.risk_low, linked.risk_high)
    found = observed * ppv.value / sensitivity.value
    z = NormalDist().inv_cdf(0.975)
    of_risk = (linked.risk_high - linked.risk_low) / (2 * z) / observed
    spread = exp(z * sqrt(of_risk**2 + _log_error(sensitivity) ** 2 + _log_error(ppv) ** 2))
    known = hospital.risk
    return Estimate(known + found, known + found / spread, min(known + found * spread, 1.0))


def _log_error(share: Estimate) -> float:
    """The standard error of the logarithm, from a 95 % interval. A lower bound of 0 is replaced by 1e-9."""
    low = max(share.low, 1e-9)
    return (log(share.high) - log(low)) / (2 * NormalDist().inv_cdf(0.975))
