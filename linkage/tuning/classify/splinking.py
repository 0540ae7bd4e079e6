"""Splink as a baseline: its model is trained on the records of a run and applied to the compared pairs.

The other baselines learn from comparison vectors. Splink uses its own comparisons and estimates its weights from the
records, without labels, so it gets the standardized records and the blocking keys of the run. All baselines
share the candidate pairs and the one-to-one assignment at the end.
"""

import logging
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from linkage.errors import InputError, LinkageError
from linkage.method.columns import SIDES, column
from linkage.relink.comparisons import Comparisons
from linkage.tuning.classify.estimator import two_classes
from linkage.tuning.classify.training import IDS

_FIELDS = ("first_name", "last_name", "ssn", "birth_date", "middle_name", "sex")
# Keys on which agreement nearly always means a match, to estimate their number; and blocking keys for training, which
# leave the other fields free to vary.
_SURE = (("ssn", "birth_date"), ("first_name", "last_name", "birth_date"))
_TRAINED_ON = (("last_name", "birth_date"), ("ssn",), ("first_name", "birth_date"), ("first_name", "last_name"))
_RECALL_OF_THE_SURE = 0.95
# Splink's documentation calls ten million often adequate. It is an upper limit: sampling stops once all levels occur.
_RANDOM_PAIRS = 1e7
_SEED = 2023
_UNLIKELY = 0.001


class SplinkModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Splink's match probability of each pair, with its recommended comparisons and training.

    `comparisons` are those from which the vectors were made; their run has the records. The labels only name the
    classes. Pairs with a probability below 0.001 get the probability 0.
    """

    def __init__(self, comparisons: Any = None) -> None:
        self.comparisons = comparisons

    def fit(self, X: Any, y: Any) -> Self:
        """Train on all records of the run and compute the probability of each pair.

        Raises InputError without comparisons, and LinkageError when Splink is not installed or has no data to
        train on.
        """
        if not isinstance(self.comparisons, Comparisons):
            raise InputError('Splink needs records, not vectors: use learned("splink", comparisons=...).')
        self.classes_ = two_classes(y)
        self.share_ = _shares(self.comparisons)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Splink's probabilities of the two classes for each row; the index must have patient_id and death_id."""
        check_is_fitted(self)
        if not set(IDS[:2]) <= set(getattr(getattr(X, "index", None), "names", ())):
            raise InputError("Splink needs records: give vectors whose index has patient_id and death_id.")
        pairs = pd.MultiIndex.from_arrays([X.index.get_level_values(name) for name in IDS[:2]])
        share = self.share_.reindex(pairs).fillna(0.0).to_numpy()
        return np.column_stack([1 - share, share])

    def predict(self, X: Any) -> Any:
        """The more probable class."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)]


def _shares(comparisons: Comparisons) -> pd.Series:
    """The probability of every pair that meets a key and is not unlikely, by patient_id and death_id."""
    splink = _splink()
    known = _known_on_both_sides(comparisons)
    database = splink.DuckDBAPI()
    with closing(database.duckdb_con):
        tables = [_registered(database, comparisons, side) for side in SIDES]
        blocks = [splink.block_on(f"key_{n}") for n in range(len(comparisons.reach.keys))]
        linker = splink.Linker(tables, _settings(splink, known, blocks), log_level=logging.ERROR)
        _train(splink, linker, known)
        scored = linker.inference.predict(threshold_match_probability=_UNLIKELY).physical_name
        # In Splink, the left table is the one whose name comes first in alphabetical order.
        found = database.duckdb_con.sql(
            "SELECT unique_id_r AS patient_id, unique_id_l AS death_id, match_probability AS share"
            f" FROM {scored} ORDER BY ALL"
        ).df()
    share: pd.Series[float] = found.set_index(["patient_id", "death_id"])["share"]
    return share


def _splink() -> Any:
    try:
        import splink
    except ModuleNotFoundError:
        raise LinkageError('splink is not installed. Only this baseline needs it: pip install "splink>=5"') from None
    return splink


def _known_on_both_sides(comparisons: Comparisons) -> set[str]:
    """The identifiers that at least one record on each side has."""
    counted = ", ".join(f"count({name}) > 0" for name in _FIELDS)
    sides = [comparisons.engine.rows(f"SELECT {counted} FROM {side}")[0] for side in SIDES]
    return {name for name, *known in zip(_FIELDS, *sides, strict=True) if all(known)}


def _registered(database: Any, comparisons: Comparisons, side: str) -> Any:
    """The standardized records of one side in Splink's own database, with a column for each blocking key."""
    keys = [
        " || '|' || ".join(column(side, name) for name in key) + f" AS key_{n}"
        for n, key in enumerate(comparisons.reach.keys)
    ]
    fields = [name for name in _FIELDS if name != "birth_date"]
    with comparisons.separate_schema():
        records = comparisons.engine.frame(
            f"SELECT {side}_id AS unique_id, {', '.join([*fields, *keys])},"
            f" CAST(try_strptime(birth_date, '%Y%m%d') AS DATE) AS birth_date FROM {side} ORDER BY {side}_id"
        )
    database.duckdb_con.register("records", records)
    database.duckdb_con.execute(f"CREATE TABLE {side} AS SELECT * FROM records")
    database.duckdb_con.unregister("records")
    return database.register(side, dataset_display_name=side, table_name=f"{side}_input")


def _settings(splink: Any, known: set[str], blocks: Sequence[Any]) -> Any:
    """The settings of Splink's model: its own comparisons, with the blocking keys of the run."""
    import splink.comparison_level_library as levels
    import splink.comparison_library as library

    # Random pairs have too few equal SSNs to estimate this, but the probability is known: one in a billion numbers.
    same = levels.ExactMatchLevel("ssn").configure(u_probability=1e-9, fix_u_probability=True)
    edits = [levels.LevenshteinLevel("ssn", number) for number in (1, 2)]
    comparisons = {
        "first_name": library.NameComparison("first_name"),
        "last_name": library.NameComparison("last_name"),
        "ssn": library.CustomComparison(
            [levels.NullLevel("ssn"), same, *edits, levels.ElseLevel()], output_column_name="ssn"
        ),
        "birth_date": library.DateOfBirthComparison("birth_date", input_is_string=False),
        "middle_name": library.JaroWinklerAtThresholds("middle_name", [0.9]),
        "sex": library.ExactMatch("sex"),
    }
    return splink.SettingsCreator(
        link_type="link_only",
        comparisons=[comparisons[name] for name in _FIELDS if name in known],
        blocking_rules_to_generate_predictions=list(blocks),
        retain_matching_columns=False,
    )


def _train(splink: Any, linker: Any, known: set[str]) -> None:
    """Estimate the prior from sure pairs, u from random pairs, and m by expectation-maximization within blocks."""
    from splink.internals.exceptions import EMTrainingException

    blocks = [key for key in _TRAINED_ON if known >= set(key)]
    sure = [splink.block_on(*key) for key in _SURE if known >= set(key)]
    if not sure or not blocks:
        raise LinkageError(
            "Splink needs SSNs or first names, and last names or birth dates, on both sides to train on."
        )
    try:
        linker.training.estimate_probability_two_random_records_match(sure, recall=_RECALL_OF_THE_SURE)
        linker.training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=_SEED)
        for key in blocks[:2] if "ssn" in known else blocks:
            linker.training.estimate_parameters_using_expectation_maximisation(splink.block_on(*key))
    except (EMTrainingException, ValueError) as problem:
        raise LinkageError(f"Splink could not be trained on these records: {str(problem).splitlines()[0]}") from None
