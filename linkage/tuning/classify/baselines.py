"""Learned baselines on the same comparison vectors, with the same one-to-one assignment.

They show how much accuracy the rules miss. They are not meant for linking, because they cannot explain a link in a
sentence.
"""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from linkage.errors import InputError, did_you_mean
from linkage.extras import needs
from linkage.relink.comparisons import Comparisons
from linkage.tuning.classify.estimator import OneToOneClassifier, two_classes
from linkage.tuning.classify.splinking import SplinkModel

LEARNED = {
    "logistic regression": "a weight for every measure (scikit-learn)",
    "gradient boosting": "trees that correct one another (scikit-learn)",
    "expectation-maximization": "Fellegi and Sunter's weights, without labels (recordlinkage)",
    "splink": "Splink's model of the run's records, without labels (splink, when it is installed)",
}
"""The baselines, by name."""

_AGREES_AT = 0.9
_VARIES = 0.01


def learned(name: str, threshold: float = 0.5, *, comparisons: Comparisons | None = None) -> OneToOneClassifier:
    """An unfitted baseline of `LEARNED`; pairs with a probability of at least `threshold` are linked, highest first.

    `comparisons` are those from which the vectors were made; only Splink needs them, for their records.

    Raises InputError for an unknown name.

    >>> learned("logistic regression").threshold
    0.5
    """
    if name not in LEARNED:
        raise InputError(f"{name!r} is not a baseline. Baselines: {', '.join(LEARNED)}.{did_you_mean(name, LEARNED)}")
    filled = SimpleImputer(strategy="constant", fill_value=0, add_indicator=True)
    models = {
        "logistic regression": make_pipeline(filled, StandardScaler(), LogisticRegression(max_iter=1000)),
        "gradient boosting": make_pipeline(filled, GradientBoostingClassifier(random_state=0)),
        "expectation-maximization": make_pipeline(FunctionTransformer(agreements), ExpectationMaximization()),
        "splink": SplinkModel(comparisons),
    }
    return OneToOneClassifier(models[name], threshold)


def agreements(vectors: pd.DataFrame) -> pd.DataFrame:
    """Agreement of each column as 1 or 0: similarity of at least 0.9, distance of at most 1, or a flag."""
    found = {}
    for name in map(str, vectors):
        if name.endswith("_is_not_known") or name.startswith("key_") or name == "impossible":
            continue
        values = vectors[name]
        distance = name.endswith(("_distance", "_digits_changed"))
        found[name] = (values <= 1 if distance else values >= _AGREES_AT).astype(np.int64)
    return pd.DataFrame(found)


class ExpectationMaximization(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Fellegi and Sunter's model for columns of 1 and 0, fitted without labels by recordlinkage's `ECMClassifier`.

    The labels only name the classes. Numbers above 0.5 count as 1.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Estimate how often each column agrees among matches and among non-matches."""
        values = validate_data(self, X, y, dtype=np.float64)[0] > 0.5
        self.classes_ = two_classes(y)
        # A column that hardly varies has no information, and the model fails for a share of 0 or 1.
        self.varying_ = np.minimum(values.mean(axis=0), 1 - values.mean(axis=0)) >= _VARIES
        self.model_ = None
        if self.varying_.any():
            self.model_ = needs("recordlinkage").ECMClassifier(init="jaro", max_iter=200, use_col_names=False)
            with np.errstate(divide="ignore", invalid="ignore"):
                self.model_.fit(self._binary(values))
        return self

    def predict_proba(self, X: Any) -> Any:
        """The probabilities of the two classes for each row."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, reset=False) > 0.5
        share = np.full(len(values), 0.5) if self.model_ is None else self.model_.prob(self._binary(values)).to_numpy()
        return np.column_stack([1 - share, share])

    def predict(self, X: Any) -> Any:
        """The more probable class."""
        matches = self.predict_proba(X)[:, 1] >= 0.5
        return self.classes_[matches.astype(np.int64)]

    def _binary(self, values: "np.ndarray[Any, Any]") -> pd.DataFrame:
        return pd.DataFrame(values.astype(np.int64)[:, self.varying_])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # it does not use the labels
        return tags
