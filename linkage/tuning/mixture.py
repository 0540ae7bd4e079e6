"""Fellegi and Sunter's mixture over agreement patterns, fitted by expectation-maximisation.

Matches and non-matches are two classes in each of which fields agree independently. How fields agree among
non-matches is seen in decoys; how they agree among matches, and how many pairs are matches, is found by turns
(Fellegi & Sunter, JASA 1969; Winkler, ASA 1988). Fields do not agree independently, so its shares are an opinion,
not a measurement.
"""

import numpy as np
import pandas as pd

Levels = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]

_ROUNDS = 100
_SMOOTHING = 0.5
"""Pairs added to every level, so that nothing is impossible because it was not seen (Jeffreys)."""


def mixture_shares(patterns: pd.Series, pairs: pd.Series, decoys: pd.Series, first: pd.Series) -> pd.Series:
    """The share of matches in each pattern (levels joined by a bar), from the numbers of pairs and of decoys with it.

    `first` is a first guess of the shares, from which the turns begin.

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
    """For each pattern, the log of how often it comes in a class of which `weights` pairs have it."""
    told = np.zeros(len(weights))
    for field in fields:
        counts = weights @ field + _SMOOTHING
        told += field @ np.log(counts / counts.sum())
    return told
