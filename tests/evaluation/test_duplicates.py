"""The duplicate method: second deaths of linked patients estimate false links of the others."""

from math import exp, log

import pandas as pd
import pytest
from scipy.optimize import brentq

import linkage
from linkage.evaluation import Evaluation, evaluate
from tests.evaluation.conftest import people, stays


def published(none: int, one: int, several: int) -> float:
    """False links among the singly linked by Blakely & Salmond (2002): p true, m false links per record.

    P(0) = (1 - p) exp(-m) and P(0) + P(1) = exp(-m) + m P(0); the root near 0 is m.
    """
    total = none + one + several
    p0, p1 = none / total, one / total
    m = float(brentq(lambda m: exp(-m) + m * p0 - p0 - p1, 0, -log(p0)))
    return total * p0 * exp(m) * (1 - exp(-m))


def test_with_equal_risks_it_is_the_published_method(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    from linkage.evaluation.duplicates import duplicate_method
    from linkage.evaluation.subgroups import subgroups
    from linkage.evaluation.tables import Cohort

    run, _ = registry
    links = run.links[["patient_id", "death_id", "rule"]]
    cohort = Cohort(subgroups(run, ["sex"]), links, tuple(rule.id for rule in run.cascade.rules))
    equal = pd.DataFrame({"patient_id": cohort.groups.index, "allowed": 1})
    found = duplicate_method(run.engine, run.cascade, equal, cohort).iloc[0]
    patients, several = len(equal), int(found["seen"])
    assert several > 0
    expected = published(patients - len(links), len(links) - several, several)
    assert found["false_links"] == pytest.approx(expected, rel=0.1)


ANN = ("ANN", "LEE", "1950-01-10", "900-11-1001")


def seen(second_death: str, **second: str) -> int:
    """Second deaths found for one patient, who died on 2015-06-10."""
    row = dict(zip(["first_name", "last_name", "birth_date", "ssn"], ANN, strict=True)) | second
    deaths = people([("1", *ANN), ("2", *row.values())], "death", death_date=["2015-06-10", second_death])
    patients = people([("7", *ANN), ("8", "BEA", "FOX", "1950-01-10", None)], "patient", sex="F")
    with linkage.link(patients, deaths, encounters=stays(("7", "2014-01-01", "2014-01-02", False))) as run:
        found = evaluate(run, by=[], methods=["duplicate_method"])["duplicate_method"]
    return int(found["seen"].iloc[0])


def test_a_death_on_another_date_is_a_second_one() -> None:
    assert seen("2016-02-01", ssn="") == 1


def test_certificates_of_one_week_are_one_death() -> None:
    assert seen("2015-06-12", ssn="") == 0


def test_a_partial_date_that_may_be_the_same_is_no_second_death() -> None:
    assert seen("2015-06-00", ssn="") == 0


def test_a_death_that_time_forbids_is_no_second_one() -> None:
    assert seen("2013-06-10", ssn="") == 0


def test_the_truth_lies_in_the_interval(estimated: Evaluation) -> None:
    """For this registry; docs/evaluation.md reports many registries."""
    one = estimated["duplicate_method"].set_index("variable").loc["all"]
    assert one["false_links_low"] <= estimated["overall"]["false_matches"].iloc[0] <= one["false_links_high"]
