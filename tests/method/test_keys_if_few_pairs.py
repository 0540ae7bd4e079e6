"""Blocking keys that are used only in files in which few pairs agree on them."""

from dataclasses import replace

import pandas as pd
import pytest

import linkage
from linkage.relink.comparisons import compare_once
from linkage.relink.reach import widest
from linkage.rules.cascade import Cascade
from linkage.rules.diff import rules_diff
from linkage.rules.file import read_rules
from linkage.rules.wording import sentences
from linkage.run.link import foresee

BIRTH = ("birth_date",)
EXACT = read_rules("exact")
ALWAYS = replace(EXACT, keys=(("ssn",),))
IF_FEW = replace(ALWAYS, keys_if_few_pairs=(BIRTH,))
ENGINES = ["duckdb", "reference"]


def files(patients: int, deaths: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two files whose people all have one birth date. The first of each is one person; no one has an SSN in both."""
    names = [f"{one}{other}" for one in "ABCDEFGH" for other in "ABCDEFGH"]
    people = pd.DataFrame({"last_name": names, "first_name": names, "birth_date": "1950-02-11"})
    known, others = people.iloc[:patients], pd.concat([people.iloc[:1], people.iloc[patients:]]).iloc[:deaths]
    numbers = [f"2123400{n:02}" for n in range(1, 65)]
    return (
        known.assign(patient_id=range(patients), ssn=numbers[:patients]),
        others.assign(death_id=range(100, 100 + deaths), ssn=numbers[-deaths:]),
    )


def cascade_by(keys: str) -> Cascade:
    """Rule E2 of `exact` requires names and birth date."""
    return {"if few": IF_FEW, "always": replace(ALWAYS, keys=(*ALWAYS.keys, BIRTH)), "never": ALWAYS}[keys]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("patients", "deaths", "is_used"), [(2, 2, True), (2, 3, False), (1, 20, True), (3, 9, False)])
def test_a_key_is_used_up_to_one_pair_for_each_record(engine: str, patients: int, deaths: int, is_used: bool) -> None:
    with (
        linkage.link(*files(patients, deaths), IF_FEW, engine=engine) as run,
        linkage.link(*files(patients, deaths), cascade_by("always" if is_used else "never"), engine=engine) as other,
    ):
        assert run.cascade.keys == (("ssn",), *([BIRTH] if is_used else []))
        assert run.cascade.keys_if_few_pairs == (BIRTH,)
        assert run.links.equals(other.links)
        assert run.counts == other.counts
        assert run.counts["candidate_links"] == (patients * deaths if is_used else 0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("most", [3, 4])
def test_a_key_with_more_pairs_than_are_weighed_is_not_used(
    monkeypatch: pytest.MonkeyPatch, engine: str, most: int
) -> None:
    monkeypatch.setattr("linkage.method.keys.MOST_WEIGHED", most)
    monkeypatch.setattr("linkage.reference.compare.MOST_WEIGHED", most)
    with linkage.link(*files(2, 2), IF_FEW, engine=engine) as run:
        assert (BIRTH in run.cascade.keys) == (most == 4)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_whose_columns_a_file_lacks_is_not_used(engine: str) -> None:
    patients, deaths = files(2, 2)
    with linkage.link(patients, deaths.drop(columns="birth_date"), IF_FEW, engine=engine) as run:
        assert run.cascade.keys == (("ssn",),)


def test_the_forecast_and_the_stored_pairs_have_the_keys_of_the_run() -> None:
    assert foresee(*files(2, 2), IF_FEW).pairs_by_key == {"ssn": 0, "birth_date": 4}
    assert foresee(*files(2, 3), IF_FEW).pairs_by_key == {"ssn": 0}
    with linkage.link(*files(2, 2), IF_FEW) as run:
        kept = compare_once(run)
        assert kept.reach.keys == run.cascade.keys
        assert kept.decide(IF_FEW).links.equals(run.links)
        assert len(kept.decide(ALWAYS).links) == 0


def test_a_change_of_these_keys_is_described() -> None:
    assert rules_diff(ALWAYS, IF_FEW) == [
        "birth date is a new blocking key that is used only if few pairs agree on it."
    ]
    assert rules_diff(IF_FEW, IF_FEW.using([BIRTH])) == []


def test_the_sentences_distinguish_keys_that_were_used_from_others() -> None:
    assert "keys: SSN. Further keys are used only if" in sentences(IF_FEW)
    assert "keys: SSN; date of birth." in sentences(IF_FEW.using([BIRTH]))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("deaths", [2, 3])
def test_the_cascade_of_a_run_decides_anew_in_other_files(engine: str, deaths: int) -> None:
    with (
        linkage.link(*files(2, 2), IF_FEW) as first,
        linkage.link(*files(2, deaths), first.cascade, engine=engine) as again,
        linkage.link(*files(2, deaths), IF_FEW, engine=engine) as fresh,
    ):
        assert again.cascade == fresh.cascade
        assert again.counts == fresh.counts
        assert foresee(*files(2, deaths), first.cascade).pairs_by_key == foresee(*files(2, deaths), IF_FEW).pairs_by_key


@pytest.mark.parametrize("keys", ["always", "never"])
def test_a_cascade_whose_keys_if_few_were_not_compared_as_such_is_refused(keys: str) -> None:
    with (
        linkage.link(*files(2, 3), cascade_by(keys)) as run,
        pytest.raises(linkage.RulesError, match=r"blocking key birth_date"),
    ):
        compare_once(run).decide(IF_FEW)


def test_the_widest_rules_include_those_of_keys_if_few() -> None:
    with linkage.link(*files(2, 2), IF_FEW) as run:
        kept = compare_once(run, widest(IF_FEW))
        assert kept.pairs == 4


@pytest.mark.parametrize("first", ["11", "19", "20"])
def test_engines_agree_if_one_patient_has_nearly_all_pairs(first: str) -> None:
    """One patient in eight is in the sample of an estimate, so an estimate can be eight times the number of pairs."""
    patients, deaths = files(1, 1)
    many = pd.concat([deaths] * 5_000, ignore_index=True)
    many = many.assign(death_id=range(100_000, 105_000), birth_date=["1950-02-11"] * 4_500 + ["1940-02-03"] * 500)
    with linkage.link(patients.assign(patient_id=f"{first}0"), many, IF_FEW) as run:
        assert run.cascade.keys == (("ssn",), BIRTH)
