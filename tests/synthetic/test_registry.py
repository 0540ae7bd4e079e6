"""The tables of a registry are consistent and have the problems of real files."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from synthetic import Registry, make_registry
from synthetic.registries import TABLES, chosen_profile, make_blocks
from synthetic.slips.numbers import DUMMIES

COLUMNS = {
    "patients": (
        "subject_id first_name middle_name last_name suffix former_last_names ssn dob gender race "
        "anchor_age anchor_year anchor_year_group dod"
    ),
    "admissions": (
        "subject_id hadm_id admittime dischtime deathtime admission_type discharge_location race hospital_expire_flag"
    ),
    "edstays": "subject_id hadm_id stay_id intime outtime disposition",
    "deaths": ("death_id first_name middle_name last_name suffix former_last_names ssn birth_date death_date sex void"),
    "truth": (
        "subject_id person_id death_id other_death_ids death_date in_registry "
        "died_in_hospital patient_slips death_slips"
    ),
}


@pytest.fixture(scope="module")
def town() -> Registry:
    """Fifteen thousand patients."""
    return make_registry("small", patients=15_000, seed=2)


def visits_of(town: Registry) -> pd.DataFrame:
    """All visits in person, without donor accounts."""
    own = town.admissions[town.admissions["admission_type"] != "ORGAN DONOR ACCOUNT"]
    hospital = own.rename(columns={"admittime": "start", "dischtime": "end"})[["subject_id", "start", "end"]]
    emergency = town.edstays.rename(columns={"intime": "start", "outtime": "end"})[["subject_id", "start", "end"]]
    return pd.concat([hospital, emergency], ignore_index=True)


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_those_of_mimic_and_the_issue(town: Registry, name: str) -> None:
    assert list(getattr(town, name).columns) == COLUMNS[name].split()


def test_every_identifier_is_unique_and_resolves(town: Registry) -> None:
    for table, column in [
        ("patients", "subject_id"),
        ("admissions", "hadm_id"),
        ("edstays", "stay_id"),
        ("deaths", "death_id"),
    ]:
        assert getattr(town, table)[column].is_unique
    subjects = set(town.patients["subject_id"])
    assert len(subjects) == 15_000
    assert set(town.truth["subject_id"]) == subjects
    assert set(town.admissions["subject_id"]) | set(town.edstays["subject_id"]) <= subjects
    assert set(town.edstays["hadm_id"].dropna()) <= set(town.admissions["hadm_id"])


def test_the_truth_points_at_valid_certificates_of_that_death(town: Registry) -> None:
    certificates = town.deaths.astype({"death_id": str}).set_index("death_id")
    known = town.truth[town.truth["death_id"] != ""]
    assert (certificates.loc[known["death_id"], "void"] == 0).all()
    others = known["other_death_ids"].str.split(";").explode()
    assert set(others[others != ""]) <= set(certificates.index)
    stated = certificates.loc[known["death_id"], "death_date"].to_numpy()
    assert 0.97 < (stated == known["death_date"].to_numpy()).mean() < 1


def test_dod_is_for_the_linkage_to_fill(town: Registry) -> None:
    assert (town.patients["dod"] == "").all()


@pytest.mark.parametrize("table", ["patients", "deaths"])
def test_no_number_could_belong_to_a_living_person(town: Registry, table: str) -> None:
    digits = getattr(town, table)["ssn"].str.replace("-", "")
    assert set(digits[digits.str.len() == 9].str[0]) == {"9", *(dummy[0] for dummy in DUMMIES)}
    assert set(digits[(digits.str.len() == 9) & ~digits.str.startswith("9")]) <= set(DUMMIES)
    assert set(digits.str.len()) == ({0, 4, 9} if table == "patients" else {0, 9})


def test_nobody_comes_back_after_death_except_on_paper(town: Registry) -> None:
    dead = town.truth[town.truth["death_date"] != ""].set_index("subject_id")["death_date"]
    visits = visits_of(town)
    visits = visits[visits["subject_id"].isin(dead.index)]
    assert (visits["start"].dt.normalize() <= pd.to_datetime(visits["subject_id"].map(dead))).all()
    donors = make_registry("small", patients=4_000, organ_donor_share=1.0).admissions
    donors = donors[donors["admission_type"] == "ORGAN DONOR ACCOUNT"]
    assert len(donors) > 5
    assert (donors["admittime"] > donors["deathtime"]).all()
    assert (donors["dischtime"] < donors["admittime"]).mean() > 0.9


def test_deaths_in_hospital_are_flagged_and_sometimes_lack_a_time(town: Registry) -> None:
    flagged = town.admissions[town.admissions["hospital_expire_flag"] == 1]
    truth = town.truth.set_index("subject_id")["died_in_hospital"]
    assert (truth.loc[flagged["subject_id"]] == 1).all()
    timed = flagged[flagged["admission_type"] != "ORGAN DONOR ACCOUNT"].dropna(subset="deathtime")
    assert (timed["deathtime"].dt.normalize() == timed["dischtime"].dt.normalize()).all()
    assert (timed["deathtime"] > timed["dischtime"]).any(), "hours apart, on the same day"
    lost = make_registry("small", patients=4_000, death_time_lost=1.0).admissions
    assert lost.loc[lost["hospital_expire_flag"] == 1, "deathtime"].isna().all()


def test_shares_are_those_of_such_a_hospital(town: Registry) -> None:
    truth, patients = town.truth, town.patients
    dead = truth["death_date"] != ""
    last = visits_of(town).groupby("subject_id")["end"].max()
    days = (pd.to_datetime(truth["death_date"].where(dead)) - truth["subject_id"].map(last)).dt.days
    assert 0.10 < dead.mean() < 0.15
    assert 0.35 < (days <= 366).sum() / dead.sum() < 0.65, "about half of deaths fall within a year of the last visit"
    assert 0.01 < truth["died_in_hospital"].mean() < 0.025
    assert 0.50 < (patients["gender"] == "F").mean() < 0.56
    assert 40 < patients["anchor_age"].mean() < 52
    assert patients["anchor_age"].between(17, 91).all()
    only_emergency = 1 - town.admissions["subject_id"].nunique() / len(patients)
    assert 0.36 < only_emergency < 0.42, "141,175 of 364,627 in MIMIC-IV"


def test_more_men_die_young_and_more_women_old(town: Registry) -> None:
    deaths = town.deaths[(town.deaths["birth_date"].str.len() == 10) & (town.deaths["death_date"].str.len() == 10)]
    age = deaths["death_date"].str[:4].astype(int) - deaths["birth_date"].str[:4].astype(int)
    female = deaths["sex"] == "F"
    assert female[age < 65].mean() < 0.47 < 0.53 < female[age > 85].mean()
    assert 72 < age.mean() < 78
    assert set(deaths["death_date"].str[:4]) == {str(year) for year in range(2008, 2022)}


def test_one_death_may_have_several_certificates(town: Registry) -> None:
    assert 0.001 < town.deaths["void"].mean() < 0.004
    again = (town.truth["other_death_ids"] != "").sum() / (town.truth["death_id"] != "").sum()
    assert 0.004 < again < 0.02


def test_one_person_may_have_two_record_numbers(town: Registry) -> None:
    two = town.truth[town.truth.duplicated("person_id", keep=False)]
    assert 0.015 < len(two) / len(town.truth) < 0.032
    assert (two.groupby("person_id")["death_id"].nunique() == 1).all()
    numbers = two.merge(town.patients[["subject_id", "ssn"]]).groupby("person_id")["ssn"].nunique()
    assert (numbers > 1).mean() > 0.3, "most duplicate records differ in the number"


def test_the_first_thousand_people_are_the_same_in_any_number(town: Registry) -> None:
    few = make_registry("small", patients=1_000, seed=2)
    for name in ("patients", "admissions", "edstays", "truth"):
        here = getattr(few, name)
        there = getattr(town, name)
        same = there[there["subject_id"].isin(here["subject_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(here, same, check_dtype=False)


def test_the_size_of_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = chosen_profile("small", 2_000)
    one = pd.concat([block["deaths"] for block in make_blocks(profile, 1)]).sort_values("death_id")
    monkeypatch.setattr("synthetic.registries._BLOCK", 333)
    other = pd.concat([block["deaths"] for block in make_blocks(profile, 1)]).sort_values("death_id")
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


# Change these only after an intended change of the profiles or the generator.
GOLDEN = "bf53f1156d01ea00"


def test_the_same_seed_gives_the_same_registry_on_any_machine() -> None:
    town = make_registry("small", patients=400, seed=1)
    text = "".join(getattr(town, name).to_csv(index=False, lineterminator="\n") for name in TABLES)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == GOLDEN


def test_families_share_names_and_twins_birthdays() -> None:
    profile = chosen_profile("twins_and_families", 4_000)
    block = next(make_blocks(profile, 3))
    patients = block["patients"].merge(block["truth"][["subject_id", "person_id"]])
    patients = patients.assign(household=patients["person_id"] // 4)
    same_day = patients.duplicated(["household", "last_name", "dob"]).mean()
    assert same_day > 0.03
    namesakes = patients[patients["gender"] == "M"].duplicated(["household", "first_name", "last_name"]).mean()
    assert namesakes > 0.01
    alone = make_registry("small", patients=4_000, spouse=0, child=0, junior=0, sibling=0, twin=0)
    assert alone.patients.duplicated(["last_name", "dob", "first_name"]).mean() < np.float64(0.03)


@pytest.mark.parametrize("patients", [1, 2, *range(80, 90), 333])
def test_there_are_as_many_patient_records_as_asked_for(patients: int) -> None:
    town = make_registry("small", patients=patients, two_record_numbers=0.3)
    assert len(town.patients) == len(town.truth) == patients
