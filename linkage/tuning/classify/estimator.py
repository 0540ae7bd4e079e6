"""The cascade as a scikit-learn classifier of candidate pairs, and a wrapper for other classifiers.

Classifying pairs is not enough to link them, because a patient has one death, and a
death one patient. So each classifier here ends with the one-to-one assignment of the linkage.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import RulesError
from linkage.method import decide_sql
from linkage.method.assign import assign
from linkage.method.columns import SIDES
from linkage.relink.reach import limits, with_limits
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.tuning.classify.training import IDS, vector_columns
from linkage.values.measures import MEASURES

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]


class CascadeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Links pairs by a cascade, from comparison vectors (see `vectors`).

    `rules` is a Cascade, the name of a shipped one, or a path; `order` lists the ids of the rules to apply, in
    order (None: all rules in the order of the file). Each limit is a parameter, named by field and measure, such as
    `first_name__jaro_winkler_similarity`, which grid search can set like any other.

    A cascade has nothing to learn: `fit` only stores the classes. If the index of the vectors has
    patient_id and death_id, links are one-to-one among the given rows; otherwise every row that a rule accepts
    is a link.

    >>> from sklearn.base import clone
    >>> stricter = CascadeClassifier("mimic_iv").set_params(first_name__jaro_winkler_similarity=0.95)
    >>> clone(stricter).get_params()["first_name__jaro_winkler_similarity"]
    0.95
    """

    def __init__(self, rules: Any = "mimic_iv", order: Sequence[str] | None = None) -> None:
        self.rules = rules
        self.order = order

    @property
    def cascade(self) -> Cascade:
        """The cascade with its limits and its order. Raises RulesError for an unknown rule."""
        cascade = self.rules if isinstance(self.rules, Cascade) else read_rules(self.rules)
        if self.order is None:
            return cascade
        by_id = {rule.id: rule for rule in cascade.rules}
        for id in self.order:
            if id not in by_id:
                raise RulesError(f"{cascade.name} has no rule {id}. Rules: {', '.join(by_id)}.")
        return replace(cascade, rules=tuple(by_id[id] for id in self.order))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters; with `deep`, every limit too."""
        own: dict[str, Any] = super().get_params(deep=False)
        # Invalid values of `rules` are refused when they are used, as scikit-learn requires.
        return {**own, **limits(self.cascade)} if deep and isinstance(self.rules, Cascade | str | Path) else own

    def set_params(self, **params: Any) -> Self:
        """Set parameters and limits. Raises ValueError for an unknown one."""
        own = {name: value for name, value in params.items() if "__" not in name}
        super().set_params(**own)
        changed = {name: value for name, value in params.items() if "__" in name}
        if changed:
            base = self.rules if isinstance(self.rules, Cascade) else read_rules(self.rules)
            try:
                self.rules = with_limits(base, changed)
            except RulesError as problem:
                raise ValueError(f"Invalid parameter for {type(self).__name__}: {problem}") from None
        return self

    def fit(self, X: Any, y: Any) -> Self:
        """Store the two classes; the greater one means a match. Raises ValueError if the vectors lack columns."""
        validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        self.classes_ = two_classes(y)
        columns = vector_columns(self.cascade)
        if self.n_features_in_ != len(columns) and not set(columns) <= set(getattr(X, "columns", ())):
            raise ValueError(
                f"The vectors have {self.n_features_in_} columns, but lack some that the cascade needs."
                f" Make them with tuning.vectors, or give these {len(columns)} in this order: {', '.join(columns)}."
            )
        return self

    def decision_function(self, X: Any) -> Numbers:
        """A score by the first rule that each pair satisfies: the number of rules for the first rule, 1 for the last, 0
        for none."""
        decided = self._decided(X)["rule_position"].to_numpy()
        strict = len(self.cascade.rules) + 1 - decided
        return np.where(np.isnan(strict), 0.0, strict)

    def predict(self, X: Any) -> Any:
        """The greater class for linked pairs, the other class for the rest."""
        cascade, rank = self.cascade, self._decided(X)["rank"].to_numpy(dtype=float)
        linked = one_to_one(_ids(X, len(rank)), rank, cascade.ties, cascade.duplicates)
        return self.classes_[linked.astype(np.int64)]

    def _decided(self, X: Any) -> pd.DataFrame:
        check_is_fitted(self)
        frame = _as_frame(X, vector_columns(self.cascade))
        validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return _decide(self.cascade, frame, _ids(X, len(frame)))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # the rules do not adapt to the data
        return tags


class OneToOneClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Any classifier of pairs, followed by the one-to-one assignment of the linkage.

    Pairs whose match probability is at least `threshold` are assigned in descending order; equally
    probable rivals are a tie and are not linked. Without patient_id and death_id in the index, all such pairs are
    linked.

    >>> from sklearn.linear_model import LogisticRegression
    >>> pairs = pd.MultiIndex.from_tuples([("1", "8"), ("1", "9"), ("2", "9")], names=["patient_id", "death_id"])
    >>> similarity = pd.DataFrame({"first_name": [1.0, 0.9, 0.1]}, index=pairs)
    >>> linked = OneToOneClassifier(LogisticRegression(C=100)).fit(similarity, [1, 1, 0])
    >>> linked.predict(similarity).tolist()  # the patient's closer death only
    [1, 0, 0]
    """

    def __init__(self, estimator: Any = None, threshold: float = 0.5) -> None:
        self.estimator = estimator
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the classifier."""
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = two_classes(y)
        validate_data(self, X, skip_check_array=True)
        return self

    def predict_proba(self, X: Any) -> Any:
        """The probabilities of the classifier for each pair."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def predict(self, X: Any) -> Any:
        """The greater class for linked pairs, the other class for the rest."""
        check_is_fitted(self)
        share = self.predict_proba(X)[:, 1]
        rank = np.where(share >= self.threshold, -share, np.nan)
        return self.classes_[one_to_one(_ids(X, len(rank)), rank).astype(np.int64)]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        tags.classifier_tags.multi_class = False
        return tags


def two_classes(y: Any) -> Any:
    """The two classes, in order. Raises ValueError when there are more or fewer, or the target is continuous."""
    check_classification_targets(y)
    kind, classes = type_of_target(y), unique_labels(y)
    if kind != "binary":
        raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
    if len(classes) < 2:
        raise ValueError("There is only one class in y; matches and non-matches are needed.")
    return classes


def _as_frame(X: Any, columns: Sequence[str]) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X[list(columns)].reset_index(drop=True)
    return pd.DataFrame(np.asarray(X, dtype=np.float64), columns=list(columns))


def _ids(X: Any, rows: int) -> pd.DataFrame:
    """The ids of each row; without ids in the index, each row gets its own."""
    names = list(getattr(getattr(X, "index", None), "names", ()))
    if not set(IDS[:2]) <= set(names):
        alone = pd.Series(np.arange(rows))
        return pd.DataFrame(dict.fromkeys(IDS, alone))
    level = {name: X.index.get_level_values(name) for name in names if name in IDS}
    for side in SIDES:
        level.setdefault(f"{side}_person", level[f"{side}_id"])
    return pd.DataFrame({name: pd.Series(level[name].to_numpy()) for name in IDS})


def _decide(cascade: Cascade, frame: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """The first rule that each row satisfies (NaN for none), and its rank among all (see `rank_decided`)."""
    closeness = [f"{name}_closeness" for name in cascade.closeness]
    with closing(DuckDBEngine()) as engine:
        # Whether a pair is unique is determined among persons, not records.
        patient = ids["patient_person" if cascade.links_persons else "patient_id"]
        people = {"patient_person": patient.to_numpy(), "death_person": ids["death_person"].to_numpy()}
        engine.keep("kept", frame.assign(row=np.arange(len(frame)), **people))
        measured = f"WITH measured AS (\n    SELECT {_measured(cascade)} FROM kept\n),\n"
        engine.create("decided", measured + decide_sql.decide(cascade))
        columns = ", ".join(["rule_position", *closeness])
        decided: pd.DataFrame = engine.frame(
            f"SELECT patient_id AS row, {columns} FROM decided WHERE impossible IS NULL"
        )
    decided["rank"] = decided.groupby(["rule_position", *closeness]).ngroup()
    return decided.set_index("row")[["rule_position", "rank"]].reindex(range(len(frame)))


def _measured(cascade: Cascade) -> str:
    numbers = {
        f"{field.name}_{line.measure}"
        for field in cascade.compared
        for line in field.lines
        if MEASURES[line.measure].limit is not None
    }
    numbers |= {f"{name}_records" for name in cascade.counted}
    columns = [name for name in vector_columns(cascade) if name != "impossible"]
    known = {name: f"CASE WHEN NOT isnan({name}) THEN {name} END" for name in columns}
    return ", ".join([
        "row AS patient_id",
        "row AS death_id",
        "patient_person",
        "death_person",
        "CASE WHEN impossible = 1 THEN 'impossible in time' END AS impossible",
        *(f"{known[name]}{'' if name in numbers else ' = 1'} AS {name}" for name in columns),
    ])  # fmt: skip


def one_to_one(ids: pd.DataFrame, rank: Numbers, ties: str = "review", duplicates: str = "report") -> Flags:
    """Which rows are linked by one-to-one assignment, lowest rank first; rows with the rank NaN are never linked.

    `ids` has the columns `IDS`; `ties` and `duplicates` are as in a rule file. The assignment is that of the
    linkage.

    >>> ids = pd.DataFrame({"patient_id": [1, 1, 2], "death_id": [8, 9, 8], "patient_person": [1, 1, 2],
    ...     "death_person": [8, 9, 8]})
    >>> one_to_one(ids, np.array([1.0, 3.0, 2.0])).tolist()
    [True, False, False]
    """
    patient = "patient_person" if duplicates == "link_together" else "patient_id"
    pairs = pd.DataFrame({
        "patient_id": _in_order(ids[patient]),
        "death_id": _in_order(ids["death_person"]),
        "record": _in_order(ids["patient_id"]) + _in_order(ids["death_id"]),
        "rank": rank,
    })  # fmt: skip
    pairs = pairs[pairs["rank"].notna()].sort_values(["rank", "record"], kind="stable")
    pairs = pairs.drop_duplicates(["patient_id", "death_id"])
    with closing(DuckDBEngine()) as engine:
        engine.keep("qualified", pairs[["patient_id", "death_id", "rank"]])
        assign(engine, ties)
        found = engine.frame("SELECT patient_id, death_id, TRUE AS linked FROM assigned")
    linked = pairs.reset_index(names="row").merge(found, on=["patient_id", "death_id"])
    flags = np.zeros(len(ids), dtype=bool)
    flags[linked["row"].to_numpy()] = True
    return flags


def _in_order(ids: pd.Series) -> pd.Series:
    """Ids as text of equal length in the order of the ids: by length, then alphabetically."""
    texts = ids.astype(str)
    ordered = sorted(texts.unique(), key=lambda id: (len(id), id))
    return texts.map({id: f"{place:012d}" for place, id in enumerate(ordered)})
