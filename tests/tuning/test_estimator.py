"""The cascade is a scikit-learn classifier, and its decisions on vectors equal those on records."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.utils.estimator_checks import estimator_checks_generator

import linkage
from linkage import tuning
from linkage.rules.cascade import Cascade
from linkage.tuning.classify import splinking
from linkage.tuning.classify.baselines import ExpectationMaximization
from linkage.tuning.classify.training import Training, vector_columns


@pytest.fixture(scope="module")
def data(belief: tuning.Belief) -> Training:
    return tuning.training_data(belief)


def linked(data: Training, predicted: np.ndarray) -> set[tuple[str, str]]:
    rows = data.X.index[predicted == 1].to_frame(index=False)
    return set(zip(rows["patient_id"].astype(str), rows["death_id"].astype(str), strict=True))


def test_the_classifier_links_what_the_linkage_links(kept: tuning.Comparisons, data: Training, pool: Cascade) -> None:
    predicted = tuning.CascadeClassifier(pool).fit(data.X, data.y).predict(data.X)
    links = kept.decide(pool).links
    assert linked(data, predicted) == set(zip(links["patient_id"], links["death_id"], strict=True))


@pytest.mark.filterwarnings("ignore:X has feature names")  # the classifier was fitted without them
def test_without_people_every_accepted_row_is_a_link(data: Training, pool: Cascade) -> None:
    plain = tuning.CascadeClassifier(pool).fit(data.X.to_numpy(), data.y)
    accepted = plain.decision_function(data.X) > 0
    assert (plain.predict(data.X.to_numpy()) == accepted).all()
    assert plain.predict(data.X).sum() < accepted.sum()


def test_a_stricter_rule_scores_higher(kept: tuning.Comparisons, data: Training, pool: Cascade) -> None:
    scores = tuning.CascadeClassifier(pool).fit(data.X, data.y).decision_function(data.X)
    assert set(scores) <= {0.0, 1.0, 2.0, 3.0, 4.0}
    assert (scores == 4).sum() >= (kept.decide(pool).links["rule"] == "weak").sum()


def test_limits_and_order_are_parameters(data: Training, pool: Cascade) -> None:
    grid = {"first_name__jaro_winkler_similarity": [0.75, 0.95], "order": [["number"], ["number", "names"]]}
    found = GridSearchCV(tuning.CascadeClassifier(pool), grid, scoring="f1", cv=GroupKFold(2))
    found.fit(data.X, data.y, groups=data.groups)
    assert found.best_params_["order"] == ["number", "names"]
    with pytest.raises(ValueError, match="is not a limit"):
        tuning.CascadeClassifier(pool).set_params(first_name__levenshtein_distance=1)
    with pytest.raises(linkage.RulesError, match="pool has no rule R9"):
        tuning.CascadeClassifier(pool, order=["R9"]).fit(data.X, data.y)


def test_nobody_is_on_both_sides_of_a_grouped_split(data: Training) -> None:
    people = data.X.index.to_frame(index=False)
    for train, test in GroupKFold(3).split(data.X, data.y, data.groups):
        for name in people:
            assert set(people[name].iloc[train]).isdisjoint(people[name].iloc[test])


@pytest.mark.parametrize("name", ["logistic regression", "gradient boosting", "expectation-maximization"])
def test_a_learned_baseline_links_one_to_one(data: Training, name: str) -> None:
    predicted = cross_val_predict(tuning.learned(name), data.X, data.y, groups=data.groups, cv=GroupKFold(2))
    rows = data.X.index[predicted == 1].to_frame(index=False)
    assert rows["patient_id"].is_unique
    assert rows["death_person"].is_unique
    assert data.y[predicted == 1].mean() > 0.9


@pytest.fixture(scope="module")
def splink(kept: tuning.Comparisons, data: Training) -> tuning.OneToOneClassifier:
    pytest.importorskip("splink", reason="Splink is an optional baseline")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splinking, "_RANDOM_PAIRS", 1e6)  # ten times as many take ten seconds
        return tuning.learned("splink", threshold=0.95, comparisons=kept).fit(data.X, data.y)


def test_splink_scores_the_same_pairs_from_the_records(splink: tuning.OneToOneClassifier, data: Training) -> None:
    linked_rows = splink.predict(data.X) == 1
    rows = data.X.index[linked_rows].to_frame(index=False)
    assert rows["patient_id"].is_unique
    assert rows["death_person"].is_unique
    assert data.y[linked_rows].mean() > 0.95
    assert linked_rows.sum() > 0.9 * data.y.sum()
    share = splink.predict_proba(data.X)[:, 1]
    # Agreement on number and birth date is certain; agreement only on last name and birth date is often a twin.
    sure = (data.X["ssn_is_exact"] == 1) & (data.X["birth_date_is_exact"] == 1) & (data.X["first_name_is_exact"] == 1)
    assert share[sure].min() > 0.99 > share[data.y == 0].mean()


def test_splink_is_asked_about_records_alone(data: Training, splink: tuning.OneToOneClassifier) -> None:
    with pytest.raises(linkage.InputError, match="Splink needs records, not vectors"):
        tuning.learned("splink").fit(data.X, data.y)
    with pytest.raises(linkage.InputError, match="whose index has patient_id and death_id"):
        splink.predict(data.X.to_numpy())


def test_without_splink_the_message_says_how_to_get_it(
    data: Training, kept: tuning.Comparisons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(linkage.LinkageError, match=r'splink is not installed.*pip install "splink>=5"'):
        tuning.learned("splink", comparisons=kept).fit(data.X, data.y)


def test_splink_without_identifiers_to_train_on_says_so(data: Training) -> None:
    pytest.importorskip("splink", reason="Splink is an optional baseline")
    people = pd.DataFrame({"last_name": ["LEE", "SOTO"], "birth_date": ["1950-02-11", "1951-03-12"]})
    with linkage.link(people.assign(patient_id=["1", "2"]), people.assign(death_id=["8", "9"]), "mimic_iv") as run:
        few = tuning.compare_once(run)
        with pytest.raises(linkage.LinkageError, match="Splink needs SSNs or first names"):
            tuning.learned("splink", comparisons=few).fit(data.X, data.y)


def test_an_unknown_baseline_is_refused() -> None:
    with pytest.raises(linkage.InputError, match="'gradient' is not a baseline"):
        tuning.learned("gradient")


def test_equally_likely_pairs_are_a_tie() -> None:
    index = pd.MultiIndex.from_tuples([("1", "8"), ("1", "9"), ("2", "7")], names=["patient_id", "death_id"])
    vectors = pd.DataFrame({"a": [1.0, 1.0, 1.0], "b": [0.0, 0.0, 0.0]}, index=index)
    model = tuning.OneToOneClassifier(LogisticRegression()).fit(
        pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 0.0]}), [0, 1]
    )
    assert model.predict(vectors).tolist() == [0, 0, 1]


def test_vectors_of_another_cascade_are_refused(data: Training) -> None:
    with pytest.raises(ValueError, match="Make them with tuning"):
        tuning.CascadeClassifier("mimic_iv").fit(data.X, data.y)
    assert set(vector_columns(linkage.read_rules("mimic_iv"))) - set(data.X.columns)


MADE_UP = "scikit-learn gives it made-up numbers, and a cascade needs the columns it compares"
LATER = "a cascade is read when its parameters are asked for, which scikit-learn does before fit"
LISTS = "an object without a length is no table"
NEEDS_COLUMNS = dict.fromkeys(
    [
        "check_fit_score_takes_y",
        "check_estimators_overwrite_params",
        "check_dont_overwrite_parameters",
        "check_estimators_fit_returns_self",
        "check_readonly_memmap_input",
        "check_n_features_in_after_fitting",
        "check_positive_only_tag_during_fit",
        "check_estimators_dtypes",
        "check_dtype_object",
        "check_pipeline_consistency",
        "check_estimators_pickle",
        "check_f_contiguous_array_estimator",
        "check_classifier_data_not_an_array",
        "check_classifiers_one_label",
        "check_classifiers_classes",
        "check_classifiers_train",
        "check_supervised_y_2d",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_fit2d_1sample",
        "check_fit2d_1feature",
        "check_dict_unchanged",
        "check_fit_idempotent",
        "check_fit_check_is_fitted",
        "check_n_features_in",
        "check_fit2d_predict1d",
    ],
    MADE_UP,
) | {"check_do_not_raise_errors_in_init_or_set_params": LATER}
SPARSE = {"check_estimator_sparse_array": LISTS, "check_estimator_sparse_matrix": LISTS}

ESTIMATORS = [
    (tuning.CascadeClassifier("exact"), NEEDS_COLUMNS),
    (tuning.OneToOneClassifier(LogisticRegression()), SPARSE),
    (ExpectationMaximization(), {}),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:TypeError occurred during set_params")  # a check sets wrong types
@pytest.mark.parametrize(("estimator", "excepted"), ESTIMATORS, ids=[type(one).__name__ for one, _ in ESTIMATORS])
def test_scikit_learns_own_checks(estimator: object, excepted: dict[str, str]) -> None:
    done = 0
    for each, check in estimator_checks_generator(estimator):
        if check.func.__name__ not in {*excepted, "check_array_api_input"}:
            check(each)
            done += 1
    assert done > 20
