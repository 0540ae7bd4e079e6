"""Deaths in the patients file are treated as the hospital's own, and a first job file declares them."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.concerns.likely_names import by_name
from linkage.job.guess import guess_file

COVERED = linkage.MortalityPolicy(coverage_first=date(2014, 1, 1), coverage_last=date(2017, 12, 31))
NAMES = ["ABEL", "BORIS", "CLARA", "DORA", "EDITH", "FELIX", "GRETA"]
PATIENTS = pd.DataFrame(
    {
        "mrn": ["1", "2", "3", "4", "5", "6", "7"],
        "first_name": NAMES,
        "last_name": [f"{name}SON" for name in NAMES],
        "birth_date": [f"194{n}-05-06" for n in range(7)],
        "DEATH_DT": ["2015-02-01", "1930-01-01", None, "2015-06-01", None, "2015-03-01", None],
        "dod": ["2014-12-24"] * 7,  # MIMIC's column, which a run fills
        "deceased": ["1", "0", "1", "1", "1", "1", "0"],
    }
)
STAYS = pd.DataFrame({"patient_id": PATIENTS["mrn"], "start": "2015-01-02", "discharge": "2015-01-09"})
DEATHS = pd.DataFrame(
    {
        "death_id": ["d1", "d3", "d4"],
        **{name: PATIENTS[name].iloc[[0, 2, 3]].to_numpy() for name in ("first_name", "last_name", "birth_date")},
        "death_date": ["2015-02-03", "2015-04-05", "2015-03-01"],
    }
)
EXPECTED = [
    # patient, status, dod, source, why
    ("1", "died_within_one_year", "2015-02-01", "hospital", "its date precedes the registry's, two days apart"),
    ("2", "in_review", None, None, "a date before birth"),
    ("3", "died_within_one_year", "2015-04-05", "registry", "dead by vital status, dated by the registry"),
    ("4", "died_within_one_year", "2015-03-01", "registry", "learned of three months after the certificate"),
    ("5", "died_date_not_known", None, "hospital", "dead by vital status, without any date"),
    ("6", "died_within_one_year", "2015-03-01", "hospital", "a date without a certificate"),
    ("7", "alive_at_one_year", None, None, "nothing"),
]


def test_a_death_in_the_patients_file_counts_like_one_in_hospital() -> None:
    columns = {"patients": {"patient_id": "mrn"}}
    with linkage.link(PATIENTS, DEATHS, encounters=STAYS, policy=COVERED, columns=columns) as run:
        outcomes = run.outcomes.set_index("patient_id")
        for patient, status, dod, source, why in EXPECTED:
            row = outcomes.loc[patient]
            assert row["status"] == status, why
            assert row["dod"] == pd.Timestamp(dod) if dod else pd.isna(row["dod"]), why
            assert row["death_source"] == source if source else pd.isna(row["death_source"]), why
        assert set(outcomes["anchor_date"]) == {pd.Timestamp("2015-01-09")}
        assert len(run.links) == 3
        review = run.review[run.review["kind"] == "implausible hospital date"]
        listed = review[["patient_id", "hospital_date", "registry_date", "doubt"]].astype(str).to_numpy().tolist()
        assert listed == [
            ["2", "1930-01-01", "None", "before birth"],
            ["4", "2015-06-01", "2015-03-01", "long after the certificate"],
        ]
        assert "2 patients have a hospital date of death that is not plausible and was set aside" in str(run)
        assert run.loaded[0].unused == ["dod"]


def test_without_encounters_a_death_in_the_patients_file_is_reported_as_not_used() -> None:
    with linkage.link(PATIENTS, DEATHS, columns={"patients": {"patient_id": "mrn"}}) as run:
        assert set(run.loaded[0].unused) == {"dod", "DEATH_DT", "deceased"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("DEATH_DT", "hospital_death_date"),
        ("deceased_date", "hospital_death_date"),
        ("DOD_HOSP", "hospital_death_date"),
        ("death_date", "hospital_death_date"),
        ("PAT_DEATH_DATE", "hospital_death_date"),
        ("deceasedDateTime", "hospital_death_date"),
        ("Date of Death", "hospital_death_date"),
        ("VITAL_STATUS", "deceased"),
        ("PAT_STATUS", "deceased"),
        ("deceased_flag", "deceased"),
        ("deceasedBoolean", "deceased"),
        ("dod", None),
        ("DOD_SSN", None),
        ("death_place", None),
    ],
)
def test_a_hospital_s_columns_of_deaths_are_known_by_their_names(theirs: str, ours: str | None) -> None:
    found = by_name("patients", ["mrn", "last_name", "first_name", theirs])
    assert {value: name for name, value in found.items()}.get(theirs) == ours


def test_a_first_job_file_writes_down_which_columns_hold_deaths(tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    PATIENTS.to_csv(path, index=False)
    (columns,) = [value for key, value, _ in guess_file(path).settings if key == "columns"]
    assert isinstance(columns, dict)
    assert (columns["hospital_death_date"], columns["deceased"]) == ("DEATH_DT", "deceased")


def test_a_vital_status_of_numbers_is_refused_until_its_words_are_declared() -> None:
    patients = PATIENTS.drop(columns=["DEATH_DT", "deceased"]).assign(vital_status=["1", "1", "1", "1", "0", "1", "1"])
    columns = {"patients": {"patient_id": "mrn"}}
    with pytest.raises(
        linkage.InputError, match=r"7 rows of vital_status \(read as died_in_hospital\) have words that are ambiguous"
    ):
        linkage.link(patients, DEATHS, encounters=STAYS, policy=COVERED, columns=columns)
    declared = linkage.source(patients, words={"died_in_hospital": {"1": "no", "0": "yes"}})
    with linkage.link(declared, DEATHS, encounters=STAYS, policy=COVERED, columns=columns) as run:
        status = run.outcomes.set_index("patient_id")["status"]
    assert (status["5"], status["7"]) == ("died_date_not_known", "alive_at_one_year")


def test_a_hospital_date_far_from_the_certificate_stands_and_is_reported() -> None:
    patients = PATIENTS.assign(DEATH_DT=["2015-02-01", None, "2015-03-01", None, None, None, None], deceased=None)
    deaths = DEATHS.assign(death_date=["2015-02-03", "2015-05-05", "2015-03-01"])
    with linkage.link(
        patients, deaths, encounters=STAYS, policy=COVERED, columns={"patients": {"patient_id": "mrn"}}
    ) as run:
        assert run.outcomes.set_index("patient_id").loc["3", "dod"] == pd.Timestamp("2015-03-01")
        review = run.review[["kind", "patient_id", "death_id", "registry_date", "doubt"]].to_numpy().tolist()
        assert review == [["hospital and registry differ", "3", "d3", "2015-05-05", "the hospital's date was used"]]
        assert "1 patient has a hospital date of death more than 30 days from the linked certificate's" in str(run)


def test_a_rejected_patient_s_hospital_death_is_no_row_of_the_encounters() -> None:
    patients = pd.concat([PATIENTS, PATIENTS.assign(mrn=[f"{n}.5E+11" for n in range(len(PATIENTS))])])
    with linkage.link(
        patients, DEATHS, encounters=STAYS, policy=COVERED, columns={"patients": {"patient_id": "mrn"}}
    ) as run:
        assert set(run.rejected["file"]) == {"patients"}
        assert sorted(run.outcomes["patient_id"]) == sorted(PATIENTS["mrn"])
