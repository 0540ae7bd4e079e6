"""Files that look correct but could be misread; each case was found by using the tool."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.run.output import check_folder
from linkage.run.repeat import repeat_run

PATIENTS = pd.DataFrame(
    {"patient_id": ["1", "2"], "last_name": ["LEE", "ROE"], "first_name": ["BILL", "ANN"], "ssn": ["912345678", None]}
    | {"birth_date": ["1950-02-11", "1960-03-12"]}
)
DEATHS = PATIENTS.rename(columns={"patient_id": "death_id"}).head(1).assign(death_date="2015-06-01")


def stays(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"patient_id": ["1", "2"], "start": ["2015-01-02"] * 2, "discharge": ["2015-01-09"] * 2} | columns
    )


def test_brackets_in_a_path_are_not_a_pattern_for_other_files(tmp_path: Path) -> None:
    PATIENTS.head(1).to_csv(tmp_path / "p[1].csv", index=False)
    PATIENTS.tail(1).to_csv(tmp_path / "p1.csv", index=False)
    with linkage.link(tmp_path / "p[1].csv", DEATHS) as run:
        assert run.links["patient_id"].tolist() == ["1"]


def test_without_any_date_of_death_nobody_is_said_to_be_alive() -> None:
    with linkage.link(PATIENTS, DEATHS.drop(columns="death_date"), encounters=stays()) as run:
        assert run.outcomes["status"].tolist() == ["died_date_not_known", "unknown_not_covered"]
        assert "Registry coverage: none" in str(run)


def test_a_flag_written_as_1_0_is_true() -> None:
    with linkage.link(PATIENTS, DEATHS, encounters=stays(died_in_hospital=["1.0", None])) as run:
        assert str(run.outcomes["hospital_death_date"][0]).startswith("2015-01-09")


def test_encounters_of_strangers_alone_are_refused() -> None:
    with pytest.raises(linkage.InputError, match="none of its 2 rows has a patient_id"):
        linkage.link(PATIENTS, DEATHS, encounters=stays(patient_id=["001", "002"]))


def test_header_names_may_be_padded_or_missing(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(",patient_id, last_name,first_name ,birth_date\n0,1,LEE,BILL,1950-02-11\n")
    with linkage.link(tmp_path / "p.csv", DEATHS) as run:
        assert run.links["rule"].tolist() == ["R2"]


def test_a_folder_in_which_the_user_keeps_a_file_is_not_replaced(tmp_path: Path) -> None:
    with linkage.link(PATIENTS, DEATHS) as run:
        run.write(tmp_path / "out")
        (tmp_path / "out" / "notes.txt").write_text("mine")
        with pytest.raises(linkage.OutputError, match=r"such as notes\.txt"):
            check_folder(tmp_path / "out")


def test_an_input_is_never_taken_for_an_earlier_run_s_table(tmp_path: Path) -> None:
    """A run replaces its whole folder, so a patients file with the name of one of its tables would be lost."""
    mine = tmp_path / "mine" / "patients.csv.gz"
    mine.parent.mkdir()
    PATIENTS.to_csv(mine, index=False)
    with linkage.link(PATIENTS, DEATHS) as run, pytest.raises(linkage.OutputError, match=r"such as patients\.csv\.gz"):
        run.write(mine.parent)
    assert mine.is_file()


def test_a_run_does_not_take_the_place_of_what_it_read(tmp_path: Path) -> None:
    named = PATIENTS.rename(columns={"patient_id": "subject_id"})
    with linkage.link(named, DEATHS, encounters=stays()) as run:
        run.write(tmp_path / "out")
    with linkage.link(tmp_path / "out" / "patients.csv.gz", DEATHS) as again:
        with pytest.raises(linkage.OutputError, match=r"out contains an input, patients\.csv\.gz"):
            again.write(tmp_path / "out")
        again.write(tmp_path / "other")


def test_a_run_may_be_written_into_the_folder_of_a_report_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.md").write_text("a report on another folder's run")
    with linkage.link(PATIENTS, DEATHS) as run:
        run.write(tmp_path / "out")
    assert not (tmp_path / "out" / "report.md").exists()


def test_output_goes_where_a_symbolic_link_points(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    with linkage.link(PATIENTS, DEATHS) as run:
        run.write(tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk" / "manifest.json").is_file()


def test_rows_that_repeat_an_id_stand_once_in_the_patients_table(tmp_path: Path) -> None:
    twice = pd.concat([PATIENTS, PATIENTS.head(1)]).rename(columns={"patient_id": "subject_id"}).assign(dod="")
    with linkage.link(twice, DEATHS, encounters=stays()) as run:
        run.write(tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "patients.csv.gz", dtype=str)["subject_id"].tolist() == ["1", "2"]


def test_two_files_of_encounters_may_have_one_name() -> None:
    both = pd.concat([stays(), stays(patient_id=["9", "9"])])
    with linkage.link(PATIENTS, DEATHS, encounters=[both, both]) as run:
        assert run.rejected["file"].tolist() == ["encounters"] * 2 + ["encounters (2)"] * 2


def test_all_files_may_have_one_name(tmp_path: Path) -> None:
    """Exports of several systems can have the same name; rejected rows of one must not be counted for another."""
    nameless = pd.concat([PATIENTS, PATIENTS.head(1).assign(patient_id=None)])
    files = []
    for folder, table in (("hospital", nameless), ("state", DEATHS), ("visits", stays(patient_id=["1", "9"]))):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "export.csv")
        table.to_csv(files[-1], index=False)
    with linkage.link(*files[:2], encounters=files[2]) as run:
        assert run.rejected["file"].tolist() == ["export.csv", "export.csv (3)"]
        run.write(tmp_path / "out")
    with repeat_run(tmp_path / "out") as again:
        assert again.counts["rows"] == run.counts["rows"]


def test_records_linked_together_are_of_someone_seen_alive_at_the_last_contact_of_any_of_them() -> None:
    """Otherwise a person seen in 2018 under one number would be dead since 2015 under both."""
    twice = pd.concat([PATIENTS.head(1), PATIENTS.head(1).assign(patient_id="3")], ignore_index=True)
    seen = pd.DataFrame({"patient_id": ["1", "3"], "start": ["2014-01-02", "2018-01-02"]})
    seen["discharge"] = seen["start"]
    together = replace(linkage.read_rules("mimic_iv"), duplicates="link_together")
    for engine in ("duckdb", "reference"):
        with linkage.link(twice, DEATHS, together, encounters=seen, engine=engine) as run:
            assert run.links.empty
            assert set(run.review["kind"]) == {"death before last contact"}
    with linkage.link(twice, DEATHS, together, encounters=seen.head(1)) as run:
        assert run.links["patient_id"].tolist() == ["1", "3"]
