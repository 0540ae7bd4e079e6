"""Tuning: what each rule and limit buys and costs, and what would be better.

>>> import linkage
>>> from linkage import tuning
>>> tuning.limits(linkage.read_rules("exact"))
{}
"""

from linkage.tuning.kept import Comparisons, Decision, compare_once
from linkage.tuning.limits import limits, loosened, with_limits

__all__ = ["Comparisons", "Decision", "compare_once", "limits", "loosened", "with_limits"]
