"""Exact intervals of proportions and counts, valid at any sample size and for rare events.

Exact intervals have at least their nominal coverage, so they are slightly wide.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linkage.extras import needs

CONFIDENCE = 0.95
Floats = NDArray[np.float64]


def proportion_interval(number: ArrayLike, of: ArrayLike) -> tuple[Floats, Floats]:
    """Clopper-Pearson intervals (95 %) of `number` out of `of`: arrays of lower and upper bounds; NaN where `of` is 0.

    If `number` is 0 or equals `of`, the bound is one-sided: the exact form of the rule of three
    (Hanley & Lippman-Hand, JAMA 1983), 1 - 0.05 ** (1 / n), about 3 / n. The arguments need not be integers, so
    effective sample sizes are allowed (Korn & Graubard, Survey Methodology 1998).

    >>> low, high = proportion_interval([0, 8], [30, 10])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.444], [0.095, 0.975])
    """
    beta = needs("scipy.stats").beta
    x, n = np.broadcast_arrays(np.asarray(number, dtype=float), np.asarray(of, dtype=float))
    tail = _tail(np.isclose(x, 0) | np.isclose(x, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(np.isclose(x, 0), 0.0, beta.ppf(tail, x, n - x + 1))
        high = np.where(np.isclose(x, n), 1.0, beta.ppf(1 - tail, x + 1, n - x))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def prediction_interval(number: ArrayLike, scale: ArrayLike) -> tuple[Floats, Floats]:
    """Exact prediction intervals (95 %) for a Poisson count whose mean is `scale` times that of an observed `number`.

    Given the sum of the two counts, the first is binomial (Nelson, IEEE Trans Reliability 1970). If `number` is 0, the
    bound is one-sided, as in `proportion_interval`: with scale 1 it is 4 rather than 3, because the predicted count
    varies too. NaN where the scale is not known.

    >>> [bound.tolist() for bound in prediction_interval([0, 5], [1.0, 2.0])]
    [[0.0, 2.0], [4.0, 26.0]]
    """
    nbinom = needs("scipy.stats").nbinom
    x, times = np.broadcast_arrays(np.asarray(number, dtype=float), np.asarray(scale, dtype=float))
    share, tail = 1 / (1 + times), _tail(x == 0)
    low = np.where(x == 0, 0.0, nbinom.ppf(tail, np.maximum(x, 1), share))
    high = nbinom.ppf(1 - tail, x + 1, share)
    return np.where(np.isfinite(times), low, np.nan), np.where(np.isfinite(times), high, np.nan)


def _tail(one_sided: Any) -> Any:
    return np.where(one_sided, 1 - CONFIDENCE, (1 - CONFIDENCE) / 2)
