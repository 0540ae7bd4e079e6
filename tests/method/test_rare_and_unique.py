"""Rules that require rare names or unique pairs give the same results with both engines."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.rules.cascade import Cascade, Condition, Rarity, Rule
from linkage.rules.wording import rules_table, sentences

BASE = linkage.read_rules("exact")
NAMES = (Condition("last_name", ("exact",)), Condition("first_name", ("exact",)))
COLUMNS = ("first_name", "last_name", "birth_date", "ssn")


def cascade(*rules: Rule, **settings: Any) -> Cascade:
    """A cascade that uses only names, with these rules."""
    return replace(BASE, keys=(("last_name",),), rules=rules, **settings)


def frame(side: str, rows: list[tuple[str | None, ...]]) -> pd.DataFrame:
    """Records with an additional id."""
    columns = [f"{side}_id", *COLUMNS, *(["death_date"] if side == "death" else [])]
    return pd.DataFrame([[*row, *[None] * (len(columns) - len(row))] for row in rows], columns=columns, dtype=object)


def linked(patients: list[Any], deaths: list[Any], rules: Cascade, **options: Any) -> list[tuple[str, str, str]]:
    """The links of the fast engine, which must equal those of the reference engine."""
    found = []
    for engine in ("duckdb", "reference"):
        with linkage.link(frame("patient", patients), frame("death", deaths), rules, engine=engine, **options) as run:
            found.append(list(run.links[["patient_id", "death_id", "rule"]].itertuples(index=False, name=None)))
    assert found[0] == found[1]
    return found[0]


RARE = [
    # the maximum number of records with the last name, and the patients linked
    (1, []),
    (2, ["1"]),  # OKAFOR is on one record of each file
    (3, ["1", "2"]),  # SOTO on two of the patients and one of the deaths
    (4, ["1", "2"]),
    (5, ["1", "2", "4"]),  # LEE on two and three
]
PATIENTS = [
    ("1", "ADA", "OKAFOR"), ("2", "EVA", "SOTO"), ("3", "IDA", "SOTO"), ("4", "ANN", "LEE"), ("5", "AMY", "LEE"),
]  # fmt: skip
DEATHS = [
    ("10", "ADA", "OKAFOR"),
    ("20", "EVA", "SOTO"),
    ("40", "ANN", "LEE"),
    ("41", "BEA", "LEE"),
    ("42", "C", "LEE"),
]


@pytest.mark.parametrize(("at_most", "patients"), RARE)
def test_a_name_is_rare_when_few_records_of_both_files_together_carry_it(at_most: int, patients: list[str]) -> None:
    rule = Rule("N", NAMES, "", rare=(Rarity("last_name", at_most),))
    assert [patient for patient, _, _ in linked(PATIENTS, DEATHS, cascade(rule))] == patients


def test_both_names_of_a_pair_must_be_rare() -> None:
    alike = Condition("first_name", ("exact",))
    rule = Rule("N", (alike,), "", rare=(Rarity("last_name", 2),))
    patients = [("1", "ADA", "OKAFOR"), ("2", "EVA", "SOTO"), ("3", "IDA", "SOTTO"), ("4", "IDA", None)]
    deaths = [("10", "ADA", "OKAFORE"), ("20", "EVA", "SOTTO"), ("21", "BEA", "SOTTO"), ("30", "IDA", None)]
    rules = replace(cascade(rule), keys=(("first_name",),))
    assert linked(patients, deaths, rules) == [("1", "10", "N")]


@pytest.mark.parametrize(("patient", "death"), [(None, "SOTO"), ("SOTO", None)])
def test_a_name_not_known_on_either_side_is_never_rare(patient: str | None, death: str | None) -> None:
    rule = Rule("N", (Condition("first_name", ("exact",)),), "", rare=(Rarity("last_name", 9),))
    rules = replace(cascade(rule), keys=(("first_name",),))
    assert linked([("1", "ADA", patient)], [("10", "ADA", death)], rules) == []


def test_a_full_name_is_rare_whatever_the_middle_name_and_however_common_its_parts() -> None:
    rule = Rule("N", NAMES, "", rare=(Rarity("full_name", 2),))
    patients = [("1", "ADA", "LEE"), ("2", "EVA", "LEE"), ("3", "EVA", "LEE")]
    deaths = [("10", "ADA", "LEE"), ("20", "EVA", "LEE"), ("21", "ADA", "SOTO")]
    assert linked(patients, deaths, cascade(rule)) == [("1", "10", "N")]


def test_a_pair_with_a_rival_on_either_side_is_not_unique() -> None:
    rule = Rule("U", NAMES, "", unique=True)
    patients = [("1", "ADA", "LEE"), ("2", "EVA", "LEE"), ("3", "EVA", "LEE"), ("4", "IDA", "LEE")]
    deaths = [("10", "ADA", "LEE"), ("20", "EVA", "LEE"), ("40", "IDA", "LEE"), ("41", "IDA", "LEE")]
    assert linked(patients, deaths, cascade(rule)) == [("1", "10", "U")]


def test_what_an_earlier_rule_links_is_a_rival_all_the_same() -> None:
    sure = Rule("S", (Condition("ssn", ("exact",)),), "")
    unique = Rule("U", NAMES, "", unique=True)
    patients = [("1", "EVA", "LEE", None, "212345678"), ("2", "EVA", "LEE")]
    deaths = [("10", "EVA", "LEE", None, "212345678"), ("20", "EVA", "LEE")]
    assert linked(patients, deaths, cascade(sure, unique)) == [("1", "10", "S")]


def test_a_later_rule_may_take_what_was_not_unique() -> None:
    unique = Rule("U", NAMES, "", unique=True)
    dated = Rule("D", (*NAMES, Condition("birth_date", ("exact",))), "")
    patients = [("1", "EVA", "LEE", "1950-02-11")]
    deaths = [("10", "EVA", "LEE", "1950-02-11"), ("20", "EVA", "LEE", "1951-03-12")]
    assert linked(patients, deaths, cascade(unique, dated)) == [("1", "10", "D")]


def test_two_certificates_of_one_death_are_no_rivals() -> None:
    rule = Rule("U", NAMES, "", unique=True)
    deaths = [
        ("10", "EVA", "LEE", "1950-02-11", None, "2015-01-01"),
        ("20", "EVA", "LEE", "1950-02-11", None, "2015-01-01"),
    ]
    assert linked([("1", "EVA", "LEE")], deaths, cascade(rule)) == [("1", "10", "U")]


@pytest.mark.parametrize(("duplicates", "found"), [("report", []), ("link_together", ["1", "2"])])
def test_two_records_of_one_patient_are_no_rivals_when_they_are_linked_together(
    duplicates: str, found: list[str]
) -> None:
    rule = Rule("U", NAMES, "", unique=True)
    patients = [("1", "EVA", "LEE", "1950-02-11"), ("2", "EVA", "LEE", "1950-02-11")]
    links = linked(patients, [("10", "EVA", "LEE")], cascade(rule, duplicates=duplicates))
    assert [patient for patient, _, _ in links] == found


def test_a_death_that_time_forbids_is_no_rival() -> None:
    rule = Rule("U", NAMES, "", unique=True)
    deaths = [("10", "EVA", "LEE", None, None, "2015-01-01"), ("20", "EVA", "LEE", None, None, "1940-01-01")]
    assert linked([("1", "EVA", "LEE", "1950-02-11")], deaths, cascade(rule)) == [("1", "10", "U")]


def test_a_link_states_how_rare_its_name_was_and_an_explanation_what_was_missing() -> None:
    rare = Rule("N", NAMES, "", rare=(Rarity("last_name", 3),))
    unique = Rule("U", NAMES[:1], "", unique=True)
    patients, deaths = frame("patient", PATIENTS), frame("death", DEATHS)
    with linkage.link(patients, deaths, cascade(rare)) as run:
        assert run.links["last_name_records"].tolist() == [2, 3]
        assert "a rarer last name (on at most 3 records; it is on 5)" in str(run.explain("4", "40"))
    with linkage.link(patients, deaths, cascade(unique)) as run:
        assert "which also requires that no other pair meets it" in str(run.explain("4", "40"))
        assert "satisfies U" in str(run.explain("1", "10"))


def test_both_demands_stand_in_the_table_and_in_the_sentences() -> None:
    rules = cascade(Rule("N", NAMES, "", rare=(Rarity("last_name", 20),), unique=True))
    assert rules_table(rules).splitlines()[0].split() == ["rule", "first", "name", "last", "name", "rare", "unique"]
    assert "both records had a last name found on at most 20 records of the two files together" in sentences(rules)
    assert "that neither the patient nor the death had another such pair" in sentences(rules)
