"""Everybody can be asked why: what became of a patient, and what stands between a patient and a death."""

from collections.abc import Iterator

import pytest

import linkage
from tests.small_town.town import link_town


@pytest.fixture(scope="module", params=["duckdb", "reference"])
def run(request: pytest.FixtureRequest) -> Iterator[linkage.Linkage]:
    """The small town, linked by each engine."""
    with link_town(engine=request.param) as linked:
        yield linked


FATES = [
    # patient, what became of it
    ("1", "linked to death 101 by R1, with no runner-up"),
    ("21", "linked to death 121 by R1; the runner-up was a pair with death 121 by R2, 1 rule(s) apart"),
    ("23", "linked to death 123 by R2; the runner-up was a pair with death 123 by R2, closer by first_name"),
    ("14", "not linked: no candidate"),
    ("25", "not linked: no rule satisfied"),
    ("39", "not linked: impossible in time"),
    ("20", "not linked: lost to another patient"),
    ("17", "not linked: tie"),
]


@pytest.mark.parametrize(("patient", "fate"), FATES)
def test_the_fate_of_a_patient_is_told_in_words(run: linkage.Linkage, patient: str, fate: str) -> None:
    explained = run.explain(patient)
    assert explained.fate == fate
    assert str(explained).startswith(f"Patient {patient}: {fate}.")


PAIRS = [
    # patient, death, words of the explanation
    ("1", "101", ["satisfies R1", "keys met: first_name+last_name; ssn; last_name+birth_date", "middle name similar"]),
    ("25", "124", ["satisfies no rule", "the closest is", "(it is disagree)", "keys met: first_name+last_name"]),
    ("27", "127", ["the closest is R2, which also wants birth date exact (it is similar)", "ssn disagree"]),
    ("39", "139", ["satisfies R1; but death before last contact"]),
    ("14", "114", ["keys met: none, so it is no candidate", "full name similar"]),
]


@pytest.mark.parametrize(("patient", "death", "words"), PAIRS)
def test_a_pair_is_told_field_by_field(run: linkage.Linkage, patient: str, death: str, words: list[str]) -> None:
    explained = run.explain(patient, death)
    assert [pair.death_id for pair in explained.pairs] == [death]
    for word in words:
        assert word in str(explained)


def test_a_patient_without_a_candidate_has_no_pairs(run: linkage.Linkage) -> None:
    assert run.explain("52").pairs == ()


def test_all_candidates_of_a_patient_are_told_the_best_first(run: linkage.Linkage) -> None:
    assert [pair.death_id for pair in run.explain("17").pairs] == ["117", "118"]
    assert [(pair.death_id, pair.rule) for pair in run.explain("26").pairs] == [("126", None)]


def test_ids_may_be_given_as_numbers(run: linkage.Linkage) -> None:
    assert str(run.explain(1, 101)) == str(run.explain("1", "101"))


def test_nobody_can_be_explained_who_is_not_there(run: linkage.Linkage) -> None:
    with pytest.raises(
        linkage.InputError, match=r"There is no patient 99 among the rows used\. Is it listed in rejected"
    ):
        run.explain("99")
    with pytest.raises(linkage.InputError, match="There is no death 130"):
        run.explain("30", "130")  # its certificate is void
    with pytest.raises(linkage.InputError, match="There is no patient 1' OR '1'='1"):
        run.explain("1' OR '1'='1")


def test_an_explanation_holds_no_name_number_or_birth_date(run: linkage.Linkage) -> None:
    text = str(run.explain("5", "105"))
    for secret in ("CATHERINE", "LINDQ", "031441005", "1939", "1947"):
        assert secret not in text.upper()
