"""Every patient can be explained: the fate of the patient, and the agreement of a pair."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest

import linkage
from tests.small_town.town import link_town


@pytest.fixture(scope="module", params=["duckdb", "reference"])
def run(request: pytest.FixtureRequest) -> Iterator[linkage.Linkage]:
    """The small town, linked by each engine."""
    with link_town(engine=request.param) as linked:
        yield linked


FATES = [
    # patient, outcome
    ("1", "linked to death 101 by R1, with no runner-up"),
    ("21", "linked to death 121 by R1; the runner-up was a pair with death 121 by R2, 1 rule apart"),
    ("23", "linked to death 123 by R2; the runner-up was a pair with death 123 by R2, less close by first name"),
    ("14", "not linked: no candidate"),
    ("25", "not linked: no rule satisfied"),
    ("39", "not linked: impossible in time"),
    ("20", "not linked: lost to another patient"),
    ("17", "not linked: tie"),
]


@pytest.mark.parametrize(("patient", "fate"), FATES)
def test_the_fate_of_a_patient_is_stated_in_words(run: linkage.Linkage, patient: str, fate: str) -> None:
    explained = run.explain(patient)
    assert explained.fate == fate
    assert str(explained).startswith(f"Patient {patient}: {fate}.")


PAIRS = [
    # patient, death, words of the explanation
    ("1", "101", ["satisfies R1", "keys met: first_name+last_name; ssn; last_name+birth_date", "middle name similar"]),
    ("25", "124", ["satisfies no rule", "the closest rule is", "(it disagrees)", "keys met: first_name+last_name"]),
    ("27", "127", ["the closest rule is R2, which also requires birth date exact (it is similar)", "ssn disagrees"]),
    ("39", "139", ["satisfies R1; but death before last contact"]),
    ("14", "114", ["keys met: none, so it is not a candidate", "full name similar"]),
]


@pytest.mark.parametrize(("patient", "death", "words"), PAIRS)
def test_a_pair_is_explained_field_by_field(run: linkage.Linkage, patient: str, death: str, words: list[str]) -> None:
    explained = run.explain(patient, death)
    assert [pair.death_id for pair in explained.pairs] == [death]
    for word in words:
        assert word in str(explained)


def test_a_patient_without_a_candidate_has_no_pairs(run: linkage.Linkage) -> None:
    assert run.explain("52").pairs == ()


def test_all_candidates_of_a_patient_are_listed_the_best_first(run: linkage.Linkage) -> None:
    assert [pair.death_id for pair in run.explain("17").pairs] == ["117", "118"]
    assert [(pair.death_id, pair.rule) for pair in run.explain("26").pairs] == [("126", None)]


def test_ids_may_be_given_as_numbers(run: linkage.Linkage) -> None:
    assert str(run.explain(1, 101)) == str(run.explain("1", "101"))


def test_nobody_can_be_explained_who_is_not_there(run: linkage.Linkage) -> None:
    with pytest.raises(
        linkage.InputError, match=r"There is no patient 99 among the rows used\. See whether it is listed in rejected"
    ):
        run.explain("99")
    with pytest.raises(linkage.InputError, match="There is no death 130"):
        run.explain("30", "130")  # its certificate is void
    with pytest.raises(linkage.InputError, match="There is no patient 1' OR '1'='1"):
        run.explain("1' OR '1'='1")


def test_a_closed_run_says_that_it_is_closed() -> None:
    with link_town() as closed:
        pass
    for ask in (lambda: closed.links, lambda: closed.explain("1")):
        with pytest.raises(linkage.InputError, match="This run is closed, and its tables are gone"):
            ask()


def test_an_explanation_holds_no_name_number_or_birth_date(run: linkage.Linkage) -> None:
    text = str(run.explain("5", "105"))
    for secret in ("CATHERINE", "LINDQ", "031441005", "1939", "1947"):
        assert secret not in text.upper()


WHY_NOT = [
    ("1", "Patient 1 is linked to death 101 by R1, with no runner-up."),
    ("14", "Patient 14 shares no blocking key with any death."),
    ("25", "Patient 25 satisfies no rule. "),
    (
        "39",
        "Patient 39 would be linked to death 139 by R1, but this is impossible in time (death before last contact).",
    ),
    ("20", "but it was linked to patient "),
    ("17", "The pairs are tied, so they are held for review."),
]


@pytest.mark.parametrize(("patient", "words"), WHY_NOT)
def test_the_explanation_of_a_patient_without_link_says_why(run: linkage.Linkage, patient: str, words: str) -> None:
    assert words in run.why_not(patient)


def test_another_record_of_a_linked_person_has_reasons_of_its_own() -> None:
    people = [
        # patient, ssn: two records of one person, the second without the number
        {"patient_id": "1", "first_name": "ANN", "last_name": "LEE", "birth_date": "1950-02-11", "ssn": "212345678"},
        {"patient_id": "2", "first_name": "ANN", "last_name": "LEE", "birth_date": "1950-02-11", "ssn": ""},
    ]
    patients = pd.DataFrame(people)
    deaths = patients[:1].rename(columns={"patient_id": "death_id"})
    together = replace(linkage.read_rules("mimic_iv"), duplicates="link_together")
    with linkage.link(patients, deaths, together) as run:
        links = run.links.set_index("patient_id")
    assert links["rule"].tolist() == ["R1", "R1"]
    assert links["ssn_agreement"].tolist() == ["exact", "not_known"]
    assert links.loc["2", "blocking_keys"] == "first_name+last_name; last_name+birth_date"


def test_many_are_explained_at_once_as_each_is_alone(run: linkage.Linkage) -> None:
    asked = [patient for patient, _ in FATES]
    assert [str(one) for one in run.explain_many(asked)] == [str(run.explain(patient)) for patient in asked]
    pairs = [("21", "121"), ("1", "121"), ("1", "101")]
    explained = run.explain_many(["1", *pairs, 14])
    assert [(one.patient_id, [pair.death_id for pair in one.pairs]) for one in explained] == [
        ("1", ["101"]), ("21", ["121"]), ("1", ["121"]), ("1", ["101"]), ("14", []),
    ]  # fmt: skip
    with pytest.raises(
        linkage.InputError, match=r"There is no patient 998 among .* 1 more requested ids are missing too"
    ):
        run.explain_many(["1", "999", "998"])
