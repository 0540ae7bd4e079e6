"""Fellegi and Sunter's mixture model over agreement patterns, fitted by expectation-maximization.

The model has two classes, matches and non-matches, in each of which fields agree independently. Agreement among
non-matches is estimated from decoys; agreement among matches and the number of matches are estimated iteratively
(Fellegi & Sunter, JASA 1969; Winkler, ASA 1988). Real fields do not agree independently, so the estimated shares are
approximate.
"""

import numpy as np
import pandas as pd

Levels = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]

_ROUNDS = 100
_SMOOTHING = 0.5
"""Pairs added to every level, so that levels that do not occur have no zero probability (Jeffreys)."""


def mixture_shares(patterns: pd.Series, pairs: pd.Series, decoys: pd.Series, first: pd.Series) -> pd.Series:
    """The share of matches (0 to 1) in each pattern, from its numbers of pairs and of decoy pairs.

    A pattern is text: levels joined by "|". `first` holds the initial shares for the iteration.

    >>> patterns = pd.Series(["exact|exact", "exact|disagree", "disagree|disagree"])
    >>> pairs, decoys = pd.Series([90, 5, 400]), pd.Series([0, 5, 400])
    >>> mixture_shares(patterns, pairs, decoys, pd.Series([0.9, 0.5, 0.1])).round(2).tolist()
    [1.0, 0.23, 0.0]
    """
    levels = patterns.str.split("|", expand=True)
    fields = [pd.get_dummies(levels[n]).to_numpy(dtype=float) for n in levels]
    number, share = pairs.to_numpy(dtype=float), first.to_numpy(dtype=float)
    total = float(number.sum()) + 2 * _SMOOTHING
    chance = _log_likelihood(fields, decoys.to_numpy(dtype=float))
    for _ in range(_ROUNDS):
        matches = float((number * share).sum()) + _SMOOTHING
        odds = np.log(matches / (total - matches)) + _log_likelihood(fields, number * share) - chance
        share = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return pd.Series(share, index=first.index)


def _log_likelihood(fields: list[Levels], weights: Numbers) -> Numbers:
    """The log-likelihood of each pattern in a class in which `weights` pairs have the pattern."""
    total = np.zeros(len(weights))
    for field in fields:
        counts = weights @ field + _SMOOTHING
        total += field @ np.log(counts / counts.sum())
    return total
