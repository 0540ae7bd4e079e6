"""A job can be checked before it is run: its plan and likely errors, without personal values."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from tests.small_town import town

N = 40
PEOPLE = {
    "first_name": [("ANNA", "WILLIAM", "ZQA", "ZQB")[n % 4] for n in range(N)],
    "last_name": [f"ZQ{chr(65 + n % 26)}{chr(65 + n // 26)}" for n in range(N)],
    "ssn": [f"2123456{n:02}" for n in range(N)],
    "birth_date": [f"19{20 + n}-03-0{1 + n % 9}" for n in range(N)],
}
PATIENTS = pd.DataFrame({"patient_id": [f"p{n}" for n in range(N)], **PEOPLE})
DIED = [f"2015-06-{1 + n % 28:02}" for n in range(N)]
DEATHS = pd.DataFrame({"death_id": [f"d{n}" for n in range(N)], **PEOPLE, "death_date": DIED})
STAYS = pd.DataFrame({"patient_id": PATIENTS["patient_id"], "start": "2015-01-01", "discharge": "2015-01-02"})
FINE: dict[str, pd.DataFrame] = {"patients": PATIENTS, "deaths": DEATHS, "encounters": STAYS}


@pytest.fixture
def look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """`linkage check` on tables, some of them changed."""

    def checked(**changed: pd.DataFrame) -> str:
        arguments = ["check"]
        for name, frame in (FINE | changed).items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
            arguments += [f"--{name}", str(tmp_path / f"{name}.csv")]
        assert main(arguments) == 0
        return capsys.readouterr().out

    return checked


def test_nothing_looks_wrong_in_plain_files_and_nothing_is_written(look: Any, tmp_path: Path) -> None:
    text = look()
    assert text.endswith("Nothing looks wrong.\n")
    assert "A run would link by mimic_iv (10 rules), with duckdb." in text
    assert "Registry coverage: 2015-06-01 to 2015-06-28 (inferred: the first and the last death in the file)." in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deaths.csv", "encounters.csv", "patients.csv"]


def test_words_for_the_sex_that_nobody_can_read_are_counted_apart_from_what_is_missing(look: Any) -> None:
    text = look(patients=PATIENTS.assign(sex=["zz", "m", "F", ""] * (N // 4)))
    assert "patients.csv, sex (read as sex): 25.0 % cannot be read" in text
    (line,) = (line for line in text.splitlines() if line.startswith("patients.csv  sex"))
    assert line.endswith("25.0 %                 25.0 %  not understood 25.0 %")


def test_a_column_of_deaths_in_both_orders_looks_wrong(look: Any) -> None:
    text = look(deaths=DEATHS.assign(death_date=["31/01/2015", "01/31/2015", "02/03/2015", "05/05/2015"] * (N // 4)))
    assert "deaths.csv, death_date (read as death_date): some dates have the month first and others the day." in text
    assert "25.0 %  month or day first 25.0 %" in text


def test_days_that_a_parquet_file_keeps_as_instants_look_wrong_where_they_are_no_midnights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    PATIENTS.to_csv(tmp_path / "patients.csv", index=False)
    asked = ["check", "--patients", str(tmp_path / "patients.csv"), "--deaths", str(tmp_path / "deaths.parquet")]
    for zone, wrong in (("Europe/Berlin", True), ("UTC", False)):
        died = pd.to_datetime(DEATHS["death_date"]).dt.tz_localize(zone)
        DEATHS.assign(death_date=died).to_parquet(tmp_path / "deaths.parquet")
        assert main(asked) == 0
        warning = (
            f"deaths.parquet, death_date (read as death_date): {N} values are instants, read in UTC, and not midnight"
        )
        assert (warning in capsys.readouterr().out) == wrong


def test_dates_of_death_that_cannot_be_read_give_no_coverage(look: Any) -> None:
    text = look(deaths=DEATHS.assign(death_date="060115"))
    assert "Registry coverage: none, because no date of death can be read." in text
    assert "0001" not in text


def test_rules_without_their_column_are_named(look: Any) -> None:
    text = look(patients=PATIENTS.drop(columns="ssn"))
    assert "because a file lacks a column\n  ssn: R1, R3, R4, R5, R6, R7, R9\n" in text
    assert "No pair can satisfy" not in look()


def test_a_check_holds_no_value_of_an_identifier(look: Any) -> None:
    text = look(patients=PATIENTS.assign(birth_date="1947-15-55")).upper()
    assert "ZQ" not in text
    assert "2123456" not in text
    assert "1947" not in text


def test_last_four_digits_are_not_said_to_be_unreadable(look: Any) -> None:
    text = look(deaths=DEATHS.assign(ssn="XXX-XX-6789"))
    assert "are dummies" not in text
    assert "No value of ssn occurs" not in text


def swapped(frame: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """A table with two columns swapped."""
    return frame.rename(columns={one: other, other: one})


WRONG = [
    # changed tables, expected message
    ({"patients": swapped(PATIENTS, "first_name", "last_name")}, "common given names. Are the two columns swapped?"),
    ({"deaths": swapped(DEATHS, "birth_date", "death_date")}, "100.0 % died before they were born. Are the two"),
    ({"patients": PATIENTS.assign(ssn="")}, "patients.csv, ssn (read as ssn): empty in every row."),
    ({"patients": PATIENTS.assign(ssn="")}, "No value of ssn occurs in both files."),
    ({"patients": PATIENTS.assign(ssn=["212345678", *[""] * (N - 1)])}, "ssn (read as ssn): 97.5 % missing."),
    ({"patients": PATIENTS.assign(ssn="123456789")}, "100.0 % cannot be read or are dummies."),
    ({"patients": PATIENTS.assign(birth_date="1960-01-01")}, "100.0 % were born on 1 January: a default date?"),
    ({"patients": PATIENTS.assign(patient_id=[*PATIENTS["patient_id"][:30], *[""] * 10])}, "25.0 % of the rows are"),
    ({"encounters": STAYS.assign(discharge=["soon"] * 10 + ["2015-01-02"] * 30)}, "10 times (25.0 %) cannot be read."),
    ({"patients": PATIENTS.assign(birth_date="1/2/50")}, "two_digit_years_up_to = { birth_date = ... }"),
    ({"deaths": DEATHS.assign(ssn="XXX-XX-6789")}, "100.0 % have only the last four digits. Rules that accept last"),
    ({"patients": PATIENTS.assign(ssn="14526789")}, 'ssn_lost_zeros = "restore" restores zeros'),
    (
        {"patients": PATIENTS.assign(ssn="1452678")},
        "digits, under [fields.ssn] of a rule file, sets the number",
    ),
    (
        {"deaths": DEATHS.assign(ssn="1452678901")},
        "digits, under [fields.ssn] of a rule file, sets the number",
    ),
    ({"patients": PATIENTS.assign(mrn_2="x")}, "patients.csv: mrn_2"),
    ({"patients": PATIENTS.assign(sex="1"), "deaths": DEATHS.assign(sex="F")}, "100.0 % of those with the same names"),
    ({"encounters": STAYS.assign(kind=["Z"] * 10 + ["I"] * 30)}, "kind (read as kind): 25.0 % have none of ed, er,"),
    (
        {"encounters": STAYS.assign(discharge=["2026-12-31"] * 4 + ["2015-01-02"] * 36)},
        "4 encounters end more than ten",
    ),
    (
        {"deaths": DEATHS.assign(void_flag=["1"] * 10 + ["0"] * 30)},
        'void_flag is not read, and may hold void. Map it: columns = { void = "void_flag" }',
    ),
    ({"deaths": DEATHS.rename(columns={"death_date": "DTH_DATE"})}, "DTH_DATE is not read, and may hold death_date."),
    (
        {"deaths": DEATHS.drop(columns="death_date").assign(DOD_YR="2015", DOD_MO="6", DOD_DY="1")},
        'columns = { death_date = ["DOD_YR", "DOD_MO", "DOD_DY"] }',
    ),
    ({"deaths": DEATHS.drop(columns="death_date")}, "deaths.csv: no column is read as death_date, so it gives no"),
    ({"patients": PATIENTS.assign(DECEASED_DTTM="2015-05-05")}, "DECEASED_DTTM is not read, and may hold hospital_dea"),
    ({"encounters": STAYS.assign(expired_ind="1")}, "expired_ind is not read, and may hold died_in_hospital."),
    ({"encounters": STAYS.assign(death_time="2026-12-31")}, "40 encounters end more than ten years after they began."),
    (
        {"encounters": STAYS.assign(died_in_hospital=["0"] * 5 + ["1"] * 35)},
        "100.0 % of those who died in hospital and have the same names and birth date in both files died more than 30",
    ),
    ({"encounters": STAYS.assign(death_time=["2015-01-02"] * 11 + [""] * 29)}, "100.0 % of those who died in hospital"),
    (
        {"encounters": STAYS.assign(discharge=["2051-01-02"] * 10 + ["2015-01-02"] * 30)},
        "10 times (25.0 %) cannot be read.",
    ),
]


@pytest.mark.parametrize(("changed", "words"), WRONG, ids=[row[1][:40] for row in WRONG])
def test_what_looks_wrong_is_said(look: Any, changed: dict[str, pd.DataFrame], words: str) -> None:
    text = look(**changed)
    assert words in text
    assert "Nothing looks wrong." not in text or words in ("patients.csv: mrn_2",) or "_up_to" in words


@pytest.mark.parametrize(
    ("discharge", "died"),
    [(DIED, ["1"] * 40), ("2015-01-02", ["1"] * 10 + ["0"] * 30)],
    ids=["the dates of the registry", "few"],
)
def test_deaths_in_hospital_that_the_registry_confirms_or_that_are_few_are_not_reported(
    look: Any, discharge: str | list[str], died: list[str]
) -> None:
    text = look(encounters=STAYS.assign(discharge=discharge, died_in_hospital=died))
    assert "died in hospital and have the same names" not in text


def test_a_few_birthdays_on_1_january_are_chance(look: Any) -> None:
    dates = ["1960-01-01"] * 3 + ["1960-03-02"] * (N - 3)
    assert "1 January" not in look(patients=PATIENTS.assign(birth_date=dates))


def test_columns_that_only_sound_like_a_death_are_not_reported(look: Any) -> None:
    deaths = DEATHS.assign(avoidable="1", county_of_death="X", mother_death_date="2001-01-01")
    assert "may hold" not in look(deaths=deaths, patients=PATIENTS.assign(dod="", patient_status="in"))


STRANGE = {"encounters": STAYS.assign(discharge=["soon"] + ["2015-01-02"] * (N - 1))}


def run_over(folder: Path, verb: str, changed: dict[str, pd.DataFrame], *arguments: str) -> int:
    """The exit code of a command on tables, some of them changed."""
    files = []
    for name, frame in (FINE | changed).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
        files += [f"--{name}", str(folder / f"{name}.csv")]
    return main([verb, *files, "--output", str(folder / "out"), "--threads", "1", *arguments])


def test_a_run_reports_what_looks_wrong_in_its_summary_and_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One discharge that cannot be read can move a date of death."""
    warning = "encounters.csv, discharge (read as discharge): 1 time (2.5 %) cannot be read."
    assert run_over(tmp_path, "run", STRANGE) == 0
    assert f"What looks wrong\n  {warning}\n" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["what_looks_wrong"] == [warning]


@pytest.mark.parametrize("arguments", [["--strict"], ["--set", "strict=true"], ["--strict", "--dry-run"]])
def test_a_strict_run_over_what_looks_wrong_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run_over(tmp_path, "run", STRANGE, *arguments) == 1
    said = capsys.readouterr()
    assert "What looks wrong\n  encounters.csv, discharge" in said.err
    assert not (tmp_path / "out").exists()
    if "--dry-run" not in arguments:
        assert run_over(tmp_path, "run", {}, *arguments, "--quiet") == 0
        assert (tmp_path / "out" / "manifest.json").is_file()


def test_a_strict_check_ends_with_an_error_where_something_looks_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_over(tmp_path, "check", STRANGE) == 0
    assert run_over(tmp_path, "check", STRANGE, "--strict") == 1
    assert "1 time (2.5 %) cannot be read." in capsys.readouterr().out
    assert run_over(tmp_path, "check", {}, "--strict") == 0


def test_a_row_that_does_not_fit_the_header_looks_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, frame in FINE.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    with (tmp_path / "deaths.csv").open("a") as file:
        file.write("d99,ZQ, JR,ANN,014526789,1950-02-11,2015-06-01\n")
    files = [text for name in FINE for text in (f"--{name}", str(tmp_path / f"{name}.csv"))]
    assert main(["check", *files, "--strict"]) == 1
    assert (
        "deaths.csv: 1 row has a different number of fields than the header, first on line 42."
        in capsys.readouterr().out
    )


FINE_TOO = [
    # changed tables that cause no message
    {"patients": PATIENTS.assign(sex=["1", "2"] * 20), "deaths": DEATHS.assign(sex=["M", "F"] * 15 + ["M"] * 10)},
    {"encounters": STAYS.assign(kind=["Inpatient", "E", "IMP", ""] * 10)},
    {"encounters": STAYS.assign(death_time=["NULL"] * 39 + ["2015-01-02"])},
    {"encounters": STAYS.assign(death_time=["9999-12-31"] * 39 + ["2015-01-02"])},
]


@pytest.mark.parametrize(
    "changed", FINE_TOO, ids=["a few sexes", "known kinds", "words for nothing", "days for nothing"]
)
def test_nothing_is_said_of_what_is_usual(look: Any, changed: dict[str, pd.DataFrame]) -> None:
    assert look(**changed).endswith("Nothing looks wrong.\n")


def test_a_kind_that_the_job_declares_is_not_looked_for_in_a_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, frame in (FINE | {"encounters": STAYS.assign(kind="ward")}).items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "job.toml").write_text(
        'format = 1\n[patients]\nfile = "patients.csv"\n[deaths]\nfile = "deaths.csv"\n'
        '[[encounters]]\nfile = "encounters.csv"\nkind = "hospital"\n[output]\nfolder = "out"\n'
    )
    assert main(["check", str(tmp_path / "job.toml")]) == 0
    assert "read as kind" not in capsys.readouterr().out


def test_a_job_of_links_alone_and_a_database_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--patients", str(town.PATIENTS), "--deaths", str(town.DEATHS), "--output", "x"]
    assert main(["check", *files, "--set", "output.postgres=SERVER", "--set", "output.schema=lk"]) == 0
    text = capsys.readouterr().out
    assert "There are no encounters: the run would make links, but no dates of death." in text
    assert "into schema lk of a PostgreSQL server" in text
    assert "last_name" in text


def test_a_file_that_a_run_would_refuse_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text("mrn\n1\n")
    assert main(["check", "--patients", str(tmp_path / "p.csv"), "--deaths", str(town.DEATHS)]) == 1
    assert "column patient_id is missing" in capsys.readouterr().err


def test_a_file_of_a_folder_without_a_column_looks_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "patients"
    folder.mkdir()
    PATIENTS.iloc[:20].to_parquet(folder / "a.parquet")
    PATIENTS.iloc[20:].rename(columns={"ssn": "SSN_2016", "sex": "SEX"}).to_parquet(folder / "b.parquet")
    with linkage.link(folder, DEATHS, encounters=STAYS, threads=1) as run:
        (found,) = [line for line in str(run).splitlines() if "files has no column" in line]
    assert found.strip().startswith("patients: 1 of its 2 files has no column ssn (read as ssn)")
