"""Tuning: the effect of each rule and limit on sensitivity and PPV, and the search for better ones.

>>> import linkage
>>> from linkage import tuning
>>> tuning.limits(linkage.read_rules("exact"))
{}
"""

from typing import TYPE_CHECKING, Any

from linkage.extras import needs
from linkage.relink.comparisons import Comparisons, Decision, compare_once
from linkage.relink.reach import limits, loosened, widest, with_limits
from linkage.rules.diff import rules_diff
from linkage.rules.text import rule_text
from linkage.run.comparison import Comparison, compare
from linkage.tuning.climb import Found, search
from linkage.tuning.judging import Belief, Judged, believe_truth
from linkage.tuning.learning import believe_model, learn
from linkage.tuning.sweeping import sweep

if TYPE_CHECKING:
    from linkage.tuning.classify.baselines import LEARNED, learned
    from linkage.tuning.classify.estimator import CascadeClassifier, OneToOneClassifier
    from linkage.tuning.classify.training import people, training_data, vectors

# Imported on first use: they need scikit-learn or pandas, which are slow to import.
_LATER = {
    "CascadeClassifier": "classify.estimator",
    "OneToOneClassifier": "classify.estimator",
    "LEARNED": "classify.baselines",
    "learned": "classify.baselines",
    "people": "classify.training",
    "training_data": "classify.training",
    "vectors": "classify.training",
}

__all__ = [
    "LEARNED",
    "Belief",
    "CascadeClassifier",
    "Comparison",
    "Comparisons",
    "Decision",
    "Found",
    "Judged",
    "OneToOneClassifier",
    "believe_model",
    "believe_truth",
    "compare",
    "compare_once",
    "learn",
    "learned",
    "limits",
    "loosened",
    "people",
    "rule_text",
    "rules_diff",
    "search",
    "sweep",
    "training_data",
    "vectors",
    "widest",
    "with_limits",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(needs(f"{__name__}.{_LATER[name]}"), name)
