"""A first job file is guessed from the files; each guess has a reason and contains no personal value."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.concerns.likely_names import by_name, dates_in_parts
from linkage.job.guess import guess_file
from linkage.job.guess_columns import guess_columns
from linkage.job.job import read_job

PATIENTS = pd.DataFrame({
    "MRN": ["0071", "0082", "0093"],
    "Vorname given": ["Zqanna", "Zqbill", "Zqjosé"],
    "Surname": ["Zqlee", "Zqroe", "Zqnúñez"],
    "number": ["212-34-5678", "313-45-6789", "414-56-7890"],
    "Birth day": ["31/01/1950", "02/03/1951", "04/05/1952"],
    "ward": ["A", "B", "C"],
})  # fmt: skip
DEATHS = pd.DataFrame({
    "cert no": ["1", "2"], "fname": ["ZQANNA", "X"], "lname": ["ZQLEE", "Y"], "dob": ["01311950", "09131949"],
    "dod": ["42006", "42007"], "social": [12345678, 2345678],
})  # fmt: skip
STAYS = pd.DataFrame({"patient_id": ["0071"], "admitted": ["1/2/15"], "discharged": ["1/3/15"]})


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files in the styles of three programs."""
    paths = [tmp_path / name for name in ("stays.csv", "people.csv", "registry.parquet")]
    STAYS.to_csv(paths[0], index=False, sep="\t")
    PATIENTS.to_csv(paths[1], index=False, sep=";", encoding="cp1252")
    DEATHS.to_parquet(paths[2])
    return paths


def test_roles_columns_forms_and_encodings_are_guessed(files: list[Path]) -> None:
    stays, people, registry = map(guess_file, files)
    assert (stays.role, people.role, registry.role) == ("encounters", "patients", "deaths")
    assert people.why == "it has birth_date, first_name, last_name and no certificate"
    assert [setting[:2] for setting in people.settings] == [
        ("encoding", "cp1252"),
        ("delimiter", ";"),
        (
            "columns",
            {"patient_id": "MRN", "first_name": "Vorname given", "birth_date": "Birth day", "ssn": "number"},
        ),
        ("dates", {"birth_date": "DD/MM/YYYY"}),
    ]
    assert people.remarks == ["Columns that would not be used: ward."]
    assert dict(setting[:2] for setting in registry.settings) == {
        "columns": {"death_id": "cert no", "ssn": "social"},
        "dates": {"birth_date": "MMDDYYYY", "death_date": "EXCEL"},
    }
    assert "a spreadsheet may have removed" in registry.remarks[0]
    assert "two_digit_years_up_to = { start = 20.., discharge = 20.. }" in stays.remarks[0]


def test_the_first_job_file_can_be_read_and_names_nobody(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").mkdir()
    assert main(["init", *map(str, files), "--job", "jobs/first.toml"]) == 0
    said, text = capsys.readouterr().out, (tmp_path / "jobs" / "first.toml").read_text()
    assert "people.csv: patients, because it has" in said
    assert "zq" not in (said + text).lower()
    assert "0071" not in said + text
    job = read_job("jobs/first.toml")
    assert job.patients.path is not None
    assert job.patients.path.samefile(files[1])
    assert job.deaths.reading.forms["death_date"].days_since == 1900
    assert main(["check", "jobs/first.toml", "--set", "encounters.two_digit_years_up_to.start=2024"]) == 1
    century = ["--set", "encounters.two_digit_years_up_to={ start = 2024, discharge = 2024 }"]
    capsys.readouterr()
    assert main(["check", "jobs/first.toml", *century]) == 0
    assert main(["run", "jobs/first.toml", "--quiet", *century]) == 0


def test_a_job_file_that_is_there_is_not_written_over(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    job = files[0].parent / "job.toml"
    job.write_text("mine")
    assert main(["init", *map(str, files), "--job", str(job)]) == 1
    assert "already exists and is not overwritten" in capsys.readouterr().err
    assert job.read_text() == "mine"


def test_a_second_file_of_one_role_is_left_to_the_reader(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        PATIENTS.to_csv(tmp_path / name, index=False)
    DEATHS.to_parquet(tmp_path / "deaths.parquet")
    files = [str(tmp_path / name) for name in ("a.csv", "b.csv", "deaths.parquet")]
    assert main(["init", *files, "--job", str(tmp_path / "job.toml")]) == 0
    text = (tmp_path / "job.toml").read_text()
    assert "# # This looks like patients too. One file holds all patients" in text
    path = read_job(tmp_path / "job.toml").patients.path
    assert path is not None
    assert path.name == "a.csv"


# Column names of hospitals and registries, and our column for each ("" for none).
HEADERS = {
    "patients": {
        "PT_MRN": "patient_id", "PT_LAST_UPDATE_DT": "", "PT_LAST_NM": "last_name", "PT_FIRST_NM": "first_name",
        "PT_MID_INIT": "middle_name", "PtBirthPlace": "", "PtBirthDate": "birth_date", "PT_SEX": "sex", "PT_SSN": "ssn",
    },
    "deaths": {
        "STATE_FILE_NO": "death_id", "CERTIFIER_NAME": "", "DecLName": "last_name", "DEC_FNAME": "first_name",
        "INFORMANT_FIRST_NAME": "", "MOTHER_MAIDEN_NAME": "", "FatherLName": "",
        "DEC_BIRTH_STATE": "", "DEC_DOB": "birth_date", "DEATH_COUNTY": "", "DEC_DEATH_DT": "death_date",
    },
    "encounters": {
        "Patient ID": "patient_id", "ADMIT_SOURCE": "", "ADMIT_DT": "start", "DISCH_DISPO": "", "DISCH_DT": "discharge",
        "EXPIRED": "died_in_hospital", "Encounter Class": "kind",
    },
}  # fmt: skip
HEADERS_ABROAD = {
    "patients": {
        "Patientennummer": "patient_id", "Nachname": "last_name", "Vorname": "first_name", "Straße": "",
        "Geburtsdatum": "birth_date", "Geschlecht": "sex",
    },
    "deaths": {
        "Registre": "", "Nom": "last_name", "Prénoms": "first_name", "Lieu": "", "Date de naissance": "birth_date",
        "Date de décès": "death_date", "Sexe": "sex",
    },
    "encounters": {"patient_id": "patient_id", "Ingreso": "start", "Alta": "discharge", "Servicio": ""},
}  # fmt: skip


@pytest.mark.parametrize("role", HEADERS)
@pytest.mark.parametrize("headers", [HEADERS, HEADERS_ABROAD], ids=["English", "abroad"])
def test_columns_are_known_by_parts_of_their_names(headers: dict[str, dict[str, str]], role: str) -> None:
    """Abbreviations, camel case, blanks, and other languages; and not every date is a birth date."""
    wanted = headers[role]
    columns = guess_columns(role, {name: ["Y", "Y"] for name in wanted})
    assert {theirs: ours for ours, theirs in columns.items()} == {name: ours for name, ours in wanted.items() if ours}


def test_stays_of_common_hospital_systems_have_a_start_and_an_end() -> None:
    for names in (["HOSP_ADMSN_TIME", "HOSP_DISCH_TIME"], ["EMERGENCY_START", "visit_end_datetime"]):
        columns = guess_columns("encounters", {"PAT_MRN_ID": ["1"], **{name: ["2015-01-02"] for name in names}})
        assert columns == {"patient_id": "PAT_MRN_ID", **dict(zip(("start", "discharge"), names, strict=True))}


def test_a_disposition_of_known_words_says_who_died_and_one_of_others_is_pointed_out(tmp_path: Path) -> None:
    texts = {"patient_id": ["1"], "dischtime": ["2015-01-02"], "DISCH_DISPOSITION": ["Home", "Expired"]}
    assert guess_columns("encounters", texts)["died_in_hospital"] == "DISCH_DISPOSITION"
    path = tmp_path / "stays.csv"
    path.write_text("patient_id,dischtime,DISCH_DISPOSITION\n1,2015-01-02,Expired\n2,2015-01-02,Shelter\n")
    guess = guess_file(path)
    assert not [value for key, value, _ in guess.settings if key == "columns"]
    assert "DISCH_DISPOSITION has a word for death, and others that are not understood." in " ".join(guess.remarks)


def test_a_word_that_is_no_flag_does_not_say_who_died_in_hospital() -> None:
    texts = {"patient_id": ["1"], "disch_dt": ["2015-01-02"], "expired": ["2015-01-02"]}
    assert guess_columns("encounters", texts) == {"patient_id": "patient_id", "discharge": "disch_dt"}


def test_dates_of_six_digits_and_days_of_a_spreadsheet_with_hours_are_guessed(tmp_path: Path) -> None:
    stays = pd.DataFrame({"patient_id": ["1", "2"], "start": ["42006.25", "42007"], "discharge": ["010815", "123115"]})
    stays.to_csv(tmp_path / "stays.csv", index=False)
    guess = guess_file(tmp_path / "stays.csv")
    assert ("dates", {"start": "EXCEL", "discharge": "MMDDYY"}) in [setting[:2] for setting in guess.settings]
    assert "two_digit_years_up_to = { discharge = 20.. }" in guess.remarks[0]


def test_days_since_1960_or_1970_are_not_taken_for_days_of_a_spreadsheet(tmp_path: Path) -> None:
    deaths = {"death_id": ["1", "2"], "dob": ["-3611", "7200"], "dod": ["20240", "20250"]}
    pd.DataFrame(deaths).to_csv(tmp_path / "deaths.csv", index=False)
    guess = guess_file(tmp_path / "deaths.csv")
    assert "dates" not in [setting[0] for setting in guess.settings]
    assert "The dates of death_date are numbers, and are not known without a declaration." in str(guess.remarks)
    days = {"death_id": range(20), "dod": [f"15{day:03}" for day in range(60, 80)]}
    pd.DataFrame(days).to_csv(tmp_path / "deaths.csv", index=False)
    guess = guess_file(tmp_path / "deaths.csv")
    assert "dates" not in [setting[0] for setting in guess.settings]
    assert "years with the day of the year" in str(guess.remarks)


def test_an_order_that_no_date_shows_is_not_declared(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    path.write_text("death_id,last_name,death_date\n1,LEE,02/03/2015\n2,ROE,04/11/2016\n")
    guess = guess_file(path)
    assert "dates" not in [setting[0] for setting in guess.settings]
    assert "No date of death_date in the first rows shows whether the month or the day is first." in str(guess.remarks)


def test_whole_names_in_one_column_are_noticed(tmp_path: Path) -> None:
    people = pd.DataFrame({"mrn": ["1", "2"], "PAT_NAME": ["ZQLEE,ANN M", "ZQROE, BILL"], "dob": "1950-01-31"})
    people.to_csv(tmp_path / "p.csv", index=False)
    guess = guess_file(tmp_path / "p.csv")
    assert "PAT_NAME seems to have whole names, last name first." in guess.remarks[0]
    people.assign(fname="ANN", lname="LEE").to_csv(tmp_path / "p.csv", index=False)
    assert guess_file(tmp_path / "p.csv").remarks == ["Columns that would not be used: PAT_NAME."]


def test_deaths_without_numbers_are_noticed(tmp_path: Path) -> None:
    """As in the Death Master File."""
    DEATHS.drop(columns="cert no").to_csv(tmp_path / "deaths.csv", index=False)
    guess = guess_file(tmp_path / "deaths.csv")
    assert guess.role == "deaths"
    assert "There is no column of death ids: the row number will be used as the death_id." in guess.remarks


COLUMNS = [
    # role, columns and their values, expected columns
    ("patients", {"PAT_MRN_ID": ["7"], "PAT_ID": ["Z7"]}, {"patient_id": "PAT_ID"}),
    ("patients", {"SEX_CD": ["362", "363"], "SEX_DISP": ["Female", "Male"]}, {"sex": "SEX_DISP"}),
    ("patients", {"SEX": ["w", "m"], "GENDER_NR": ["8", "9"]}, {"sex": "SEX"}),
    ("patients", {"day_of_birth": ["5"], "birth_datetime": ["1950-01-05"]}, {"birth_date": "birth_datetime"}),
    ("encounters", {"visit_concept_id": ["9203"], "visit_type_concept_id": ["44818517"]}, {"kind": "visit_concept_id"}),
    ("encounters", {"REG_DT_TM": ["x"], "ENCNTR_TYPE": ["y"]}, {"start": "REG_DT_TM", "kind": "ENCNTR_TYPE"}),
    (
        "deaths",
        {"TIPOBITO": ["2"], "DTOBITO": ["05012015"], "DTNASC": ["05011950"], "SOBRENOME": ["x"], "CPF": ["1"]},
        {"death_date": "DTOBITO", "birth_date": "DTNASC", "last_name": "SOBRENOME", "ssn": "CPF"},
    ),
    (
        "patients",
        {"Personnr": ["x"], "Förnamn": ["x"], "Efternamn": ["x"], "Födelsedatum": ["x"], "Kön": ["1"]},
        {
            "ssn": "Personnr",
            "first_name": "Förnamn",
            "last_name": "Efternamn",
            "birth_date": "Födelsedatum",
            "sex": "Kön",
        },
    ),
    (
        "patients",
        {"fødselsnummer": ["x"], "fornavn": ["x"], "etternavn": ["x"], "fødselsdato": ["x"], "kjønn": ["1"]},
        {
            "ssn": "fødselsnummer",
            "first_name": "fornavn",
            "last_name": "etternavn",
            "birth_date": "fødselsdato",
            "sex": "kjønn",
        },
    ),
]


# Columns that resemble one of ours and are another's, or of another day: role, column, our column for it or None.
ALMOST = [
    ("patients", "BABY_DEATH_DATE", None),
    ("patients", "DONOR_DEATH_DATE", None),
    ("patients", "Fetal Death Date", None),
    ("patients", "SUBSCRIBER_DOB", None),
    ("patients", "CONSENT_DT_EXPIRED", None),
    ("patients", "CONSENT_EXPIRED_FLAG", None),
    ("patients", "PARTNERS_MRN", "patient_id"),
    ("patients", "PAT_EXPIRED_DTTM", "hospital_death_date"),
    ("patients", "date expired", "hospital_death_date"),
    ("patients", "apparent_death_date", "hospital_death_date"),
    ("encounters", "AUTH_EXPIRE_DATE", None),
    ("encounters", "REFERRAL_EXPIRED_DT", None),
    ("encounters", "AUTH_DATE_EXPIRED", None),
    ("encounters", "NEONATE_DEATH_TIME", None),
    ("encounters", "AUTH_EXPIRED", None),
    ("encounters", "CONSENT_EXPIRED", None),
    ("encounters", "DONOR_DEATH_FLAG", None),
    ("encounters", "EXPIRED_DATETIME", "death_time"),
    ("encounters", "HOSP_EXPIRE_DT", "death_time"),
    ("encounters", "emergency_death_time", "death_time"),
    ("encounters", "EXPIRED_IN_ED", "died_in_hospital"),
    ("encounters", "PAT_EXPIRED", "died_in_hospital"),
    ("encounters", "ENC_EXPIRED", "died_in_hospital"),
    ("encounters", "ED_EXPIRED_YN", "died_in_hospital"),
    ("encounters", "visit kind", "kind"),
    ("encounters", "EXPECTED_DISCH_DT", None),
    ("encounters", "ExpectedDischargeDate", None),
    ("encounters", "EST_DISCH_DTTM", None),
    ("encounters", "DISCH_DT_EST", None),
    ("encounters", "PLANNED_DISCHARGE_DATE", None),
    ("encounters", "planneddischargedate", None),
    ("encounters", "DISCHARGE_ORDER_TIME", None),
    ("encounters", "TARGET_DISCH_DATE", None),
    ("encounters", "ANTICIPATED_DISCHARGE", None),
    ("encounters", "SCHEDULED_ADMIT_DT", None),
    ("encounters", "EXPECTED_ARRIVAL", None),
    ("encounters", "ADMIT_ORDER_TIME", None),
    ("encounters", "DECISION_TO_ADMIT_TIME", None),
    ("encounters", "ADMIT_TIME_EST", "start"),
    ("encounters", "LATEST_ADMIT_DT", "start"),
    ("encounters", "restarted", "start"),
    ("encounters", "UNPLANNED_ADMIT_DT", "start"),
    ("deaths", "DEATH_NOTIFICATION_DT", None),
    ("deaths", "DATE_DEATH_REG", None),
    ("deaths", "DEATH_DT_FILED", None),
    ("deaths", "DateOfDeathRegistration", None),
    ("deaths", "DEATH_NOTES", None),
    ("deaths", "DEATH_NO", "death_id"),
    ("deaths", "DeathNumber", "death_id"),
    ("deaths", "REPORTED_DEATH_DATE", "death_date"),
    ("deaths", "DEATH_DATE_VERIFIED", "death_date"),
    ("deaths", "center_dod", "death_date"),
    ("deaths", "DOD_REPORTED", "death_date"),
    ("patients", "DEATH_NOTIFIED_DT", None),
    ("patients", "PATIENT_NOTIFIED_DT", None),
    ("patients", "PatientNo", "patient_id"),
    ("patients", "Patient N", "patient_id"),
    ("patients", "PATIENT_NAME", None),
]


@pytest.mark.parametrize(("role", "name", "ours"), ALMOST, ids=[row[1] for row in ALMOST])
def test_a_column_of_others_or_of_another_day_is_not_taken(role: str, name: str, ours: str | None) -> None:
    assert [mine for mine, theirs in by_name(role, [name]).items() if theirs == name] == ([ours] if ours else [])


def test_an_expected_stay_is_not_taken_for_the_stay() -> None:
    names = ["EXPECTED_ARRIVAL", "EST_DISCH_DTTM", "arrival", "DISCHARGE_ORDER_TIME", "departed"]
    assert by_name("encounters", names) == {"start": "arrival", "discharge": "departed"}
    assert dates_in_parts("encounters", ["PLANNED_DISCH_YR", "PLANNED_DISCH_MO"]) == {}


@pytest.mark.parametrize("other", ["DEATH_NOTIFICATION_DATE", "REPORTED_DEATH_DATE", "DEATH_DATE_VERIFIED"])
@pytest.mark.parametrize("name", ["DECEDENT_DEATH_DT", "DateDied"])
def test_a_date_of_death_precedes_that_of_its_report(other: str, name: str) -> None:
    assert by_name("deaths", [other, name]) == {"death_date": name}


def test_a_patients_file_with_a_date_of_notification_is_not_of_deaths(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("MRN,last_name,DEATH_NOTIFICATION_DT\n7,Lee,2015-09-01\n")
    assert guess_file(tmp_path / "p.csv").role == "patients"


@pytest.mark.parametrize(("role", "texts", "expected"), COLUMNS, ids=[str(next(iter(row[1]))) for row in COLUMNS])
def test_columns_of_systems_and_countries_are_known(
    role: str, texts: dict[str, list[str]], expected: dict[str, str]
) -> None:
    found = guess_columns(role, texts)
    assert {ours: found[ours] for ours in expected} == expected


def test_a_table_of_the_dead_by_number_alone_is_of_encounters(tmp_path: Path) -> None:
    (tmp_path / "death.csv").write_text("person_id,death_date,death_type_concept_id\n7,2015-09-01,32817\n")
    guess = guess_file(tmp_path / "death.csv")
    assert (guess.role, guess.why) == ("encounters", "it has patient_id, death_time and no names")


REFUSED = [
    ("nobody.csv", None, "no such file"),
    ("empty.csv", b"", "is empty"),
    ("picture.csv", b"\x00\x01\x02\x00", "is not a text file"),
    ("no.parquet", b"patient_id", "it is not a Parquet file"),
    ("broken.csv.gz", b"patient_id,ssn", "cannot be read"),
]


@pytest.mark.parametrize(("name", "content", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_file_that_nothing_can_be_guessed_of_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["init", str(tmp_path / name), "--job", str(tmp_path / "job.toml")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "job.toml").exists()


def test_utf_16_and_names_that_toml_must_escape(tmp_path: Path) -> None:
    text = 'the ""id"",last_name,ssn\n'.replace("the", '"the').replace('"",', '""",')
    (tmp_path / "p.csv").write_bytes((text + "1,Lee,212345678\n2,Roe,\n").encode("utf-16"))
    guess = guess_file(tmp_path / "p.csv")
    assert ("encoding", "utf-16") in [setting[:2] for setting in guess.settings]
    DEATHS.to_parquet(tmp_path / "d.parquet")
    files = [str(tmp_path / name) for name in ("p.csv", "d.parquet")]
    assert main(["init", *files, "--job", str(tmp_path / "job.toml")]) == 0
    assert read_job(tmp_path / "job.toml").patients.columns == {"patient_id": 'the "id"'}


def test_a_file_like_nothing_known_is_said_to_be_so(tmp_path: Path) -> None:
    pd.DataFrame({"a": ["x", "x"], "b": ["y", "z"]}).to_csv(tmp_path / "p.csv", index=False)
    guess = guess_file(tmp_path / "p.csv")
    assert guess.why == "nothing in it resembles a registry or a list of stays: check this"
    with pytest.raises(linkage.InputError):
        guess_file(tmp_path / "nobody.csv")


def test_a_file_of_fixed_width_without_a_built_in_layout_is_said_to_need_one(tmp_path: Path) -> None:
    lines = [f"{n:06}ROE                 BO             195002{n:02}20150612\n" for n in range(10, 20)]
    (tmp_path / "deaths.txt").write_text("".join(lines))
    with pytest.raises(linkage.InputError, match=r"fixed widths, describe them in a layout") as refused:
        guess_file(tmp_path / "deaths.txt")
    assert "ROE" not in str(refused.value)
