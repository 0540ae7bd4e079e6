"""Every row is used or listed as rejected with its reason; columns are found by common names."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import linkage
from tests.stages import prepared, rejected

Table = dict[str, list[Any]]

PATIENTS: Table = {
    "patient_id": ["1", "2"],
    "first_name": ["Anna", "Bill"],
    "last_name": ["Lee", "Roe"],
    "ssn": ["212345678", None],
}
DEATHS: Table = {
    "death_id": ["8", "9"],
    "first_name": ["ANNA", "CARL"],
    "last_name": ["LEE", "POE"],
    "ssn": ["212345678", None],
}
STAYS: Table = {
    "patient_id": ["1", "2"],
    "start": ["2015-01-01", "2015-01-01"],
    "discharge": ["2015-01-02", "2015-01-02"],
}


def link(patients: Any = PATIENTS, deaths: Any = DEATHS, encounters: Any = None, **options: Any) -> linkage.Linkage:
    """A run with these columns."""
    several = [pd.DataFrame(table) for table in encounters] if isinstance(encounters, list) else None
    stays = several or (None if encounters is None else pd.DataFrame(encounters))
    return linkage.link(pd.DataFrame(patients), pd.DataFrame(deaths), encounters=stays, threads=1, **options)


def test_one_group_is_a_list_of_one() -> None:
    with pytest.raises(linkage.InputError, match=r"groups must be a list of columns, not a string\. Write \['site'\]"):
        link({**PATIENTS, "site": ["a", "b"]}, groups="site")


def renamed(table: Table, **names: str) -> Table:
    """The same values under other column names."""
    return {names.get(column, column): values for column, values in table.items()}


SYNONYMS = [
    # of the patients, of the deaths, whose names they are
    ({"patient_id": "subject_id"}, {}, "MIMIC"),
    ({"patient_id": "SUBJECT_ID", "first_name": "FIRST_NAME"}, {"death_id": "Death_ID"}, "capitals"),
    ({"first_name": "given_name", "last_name": "surname", "ssn": "soc_sec_id"}, {}, "FEBRL"),
    ({"first_name": "fname", "last_name": "lname"}, {"first_name": "gname", "last_name": "lname"}, "IJE"),
    ({"ssn": "social_security_number"}, {"death_id": "certificate_id"}, "words in full"),
]


@pytest.mark.parametrize(("patients", "deaths", "whose"), SYNONYMS, ids=[row[-1] for row in SYNONYMS])
def test_the_names_that_people_use_need_no_mapping(
    patients: dict[str, str], deaths: dict[str, str], whose: str
) -> None:
    with link(renamed(PATIENTS, **patients), renamed(DEATHS, **deaths)) as run:
        assert run.links[["patient_id", "death_id"]].to_numpy().tolist() == [["1", "8"]]


HOSPITAL = linkage.MortalityPolicy(anchor="hospital")
MIMIC = {
    "admissions": {
        "subject_id": ["1"], "hadm_id": ["20"], "admittime": ["2015-01-01 08:00:00"], "dischtime": ["2015-01-09"],
        "deathtime": [None], "hospital_expire_flag": ["0"],
    },
    "edstays": {
        "subject_id": ["2"], "stay_id": ["30"], "intime": ["2015-02-01 22:00:00"], "outtime": ["2015-02-02 01:00:00"],
    },
}  # fmt: skip


def test_mimic_tables_need_no_mapping() -> None:
    patients = renamed(PATIENTS, patient_id="subject_id") | {"dob": ["1950-02-11", "1951-03-12"], "gender": ["F", "M"]}
    deaths = DEATHS | {"dob": ["1950-02-11", None], "dod": ["2015-06-30", "2015-07-01"]}
    with link(patients, deaths, [MIMIC["admissions"], MIMIC["edstays"]]) as run:
        outcomes = run.outcomes.set_index("patient_id")
        assert outcomes["anchor_date"].astype(str).to_dict() == {"1": "2015-01-09", "2": "2015-02-02"}
        assert str(outcomes.loc["1", "dod"])[:10] == "2015-06-30"

    with link(patients, deaths, [MIMIC["admissions"], MIMIC["edstays"]], policy=HOSPITAL) as run:
        assert run.outcomes["status"].tolist() == ["died_within_one_year", "no_anchor"]


def test_encounters_may_say_their_own_kind() -> None:
    words = {"kind": ["ED", "inpatient"]}
    with link(encounters={**STAYS, **words}, policy=HOSPITAL) as run:
        assert run.outcomes["anchor_date"].isna().tolist() == [True, False]


def test_columns_can_be_mapped() -> None:
    patients = renamed(PATIENTS, patient_id="mrn", last_name="x1") | {"last_name": ["wrong", "wrong"]}
    with link(patients, columns={"patients": {"patient_id": "mrn", "last_name": "x1"}}) as run:
        assert run.links["patient_id"].tolist() == ["1"]
        assert run.links["last_name_agreement"].tolist() == ["exact"]


def test_our_own_name_comes_before_another_name_for_the_same() -> None:
    with link(PATIENTS | {"surname": ["wrong", "wrong"]}) as run:
        assert run.links["last_name_agreement"].tolist() == ["exact"]


def test_columns_are_known_with_blanks_and_other_signs_between_their_words() -> None:
    named = renamed(PATIENTS, patient_id="Patient-ID", first_name="First Name", last_name="LastName", ssn="S.S.N.")
    with link(named) as run:
        assert run.links["patient_id"].tolist() == ["1"]
        assert not run.loaded[0].unused


def test_a_name_as_we_write_it_comes_before_the_same_with_blanks() -> None:
    with link(PATIENTS | {"Last Name": ["wrong", "wrong"]}) as run:
        assert run.links["last_name_agreement"].tolist() == ["exact"]
        assert list(run.loaded[0].unused) == ["Last Name"]


COLUMN_PROBLEMS = [
    # patients, columns, expected message
    (
        renamed(PATIENTS, patient_id="mrn"),
        {},
        r"patients: column patient_id is missing\. Columns found: mrn, first_name",
    ),
    (renamed(PATIENTS, patient_id="mrn"), {}, r'Map it: columns = \{ patient_id = "\.\.\." \}'),
    (PATIENTS, {"patient_id": "mrn"}, r"patients: column 'mrn', mapped to patient_id, is missing\. Columns found: pat"),
    (PATIENTS, {"last_name": "lastname"}, r'Did you mean "last_name"\?'),
    (
        PATIENTS,
        {"surname": "last_name"},
        r"columns maps 'surname', which is not a known column\. Known columns: patient_id, ",
    ),
    (PATIENTS, {"frst_name": "first_name"}, r'Did you mean "first_name"\?'),
    (
        renamed(PATIENTS, last_name="surname") | {"lname": ["x", "y"]},
        {},
        r'surname and lname could both be last_name\. Name one: columns = \{ last_name = "surname" \}',
    ),
    (
        renamed(PATIENTS, last_name="Last Name") | {"last-name": ["x", "y"]},
        {},
        r"Last Name and last-name could both be last_name\.",
    ),
]


@pytest.mark.parametrize(
    ("patients", "columns", "message"), COLUMN_PROBLEMS, ids=[row[-1][:40] for row in COLUMN_PROBLEMS]
)
def test_a_column_problem_ends_in_words_that_help(patients: Table, columns: dict[str, str], message: str) -> None:
    with pytest.raises(linkage.InputError, match=message):
        link(patients, columns={"patients": columns})


def test_a_mapping_of_a_table_that_there_is_not_is_refused() -> None:
    with pytest.raises(linkage.InputError, match=r"columns has 'patient'\. Allowed: patients, deaths"):
        link(columns={"patient": {"patient_id": "mrn"}})


def test_files_without_a_common_blocking_key_are_refused() -> None:
    with pytest.raises(
        linkage.InputError, match=r"No blocking key of mimic_iv can be used: first_name \+ last_name; ssn"
    ):
        link({"patient_id": ["1"], "last_name": ["Lee"]})
    with pytest.raises(linkage.InputError, match=r"Columns that both files have: last_name\. Map the columns"):
        link({"patient_id": ["1"], "last_name": ["Lee"]})


def test_one_usable_key_is_enough() -> None:
    ids = {"patient_id": ["1"], "ssn": ["212345678"], "dob": ["1950-02-11"]}
    deaths = {"death_id": ["8"], "ssn": ["212-34-5678"], "date_of_birth": ["02/11/1950"]}
    with link(ids, deaths) as run:
        assert run.links[["patient_id", "death_id", "rule"]].to_numpy().tolist() == [["1", "8", "R3"]]


def test_encounters_without_any_time_are_refused() -> None:
    with pytest.raises(linkage.InputError, match="encounters: there is no start, discharge or death_time"):
        link(encounters={"patient_id": ["1"], "ward": ["A"]})


VOID, AGAIN = "void certificate", "repeats an earlier row"
REJECTS = [
    # the file's rows: id, last name, void; the rows rejected and why
    ("patients", [("1", "Lee", None), (None, "Roe", None)], [(3, "no patient_id")]),
    ("patients", [("1", "Lee", None), ("  ", "Roe", None)], [(3, "no patient_id")]),
    ("patients", [("1", "Lee", None), ("1", "Lee", None), ("1", "LEE", None)], [(3, AGAIN), (4, AGAIN)]),
    ("patients", [("1", "Lee", None), (" 1 ", "Lee", None)], [(3, AGAIN)]),
    ("deaths", [("8", "Lee", "0"), ("9", "Lee", "1")], [(3, VOID)]),
    ("deaths", [("8", "Lee", "Y"), ("8", "Lee", "N")], [(2, VOID)]),
    ("deaths", [("8", "Lee", " true "), ("8", "Poe", "false"), ("8", "Poe", None)], [(2, VOID), (4, AGAIN)]),
    ("deaths", [(None, "Lee", "1"), ("9", "Poe", None)], [(2, "no death_id")]),
]  # fmt: skip


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize(("file", "rows", "rejected"), REJECTS, ids=[str(row[-1])[:50] for row in REJECTS])
def test_rows_that_cannot_be_used_are_listed_with_their_reason(
    engine: str, file: str, rows: list[tuple[str | None, ...]], rejected: list[tuple[int, str]]
) -> None:
    id_column = "patient_id" if file == "patients" else "death_id"
    table = {
        id_column: [row[0] for row in rows],
        "last_name": [row[1] for row in rows],
        "ssn": ["212345678"] * len(rows),
    }
    if file == "deaths":
        table["void"] = [row[2] for row in rows]
    with link(**{file: table}, engine=engine) as run:
        found = run.rejected
        assert found[["row_number", "reason"]].apply(tuple, axis=1).tolist() == rejected
        assert set(found["file"]) == {file}
        (counts,) = (row for row in run.counts["rows"] if row["file"] == file)
    assert (counts["read"], counts["rejected"], counts["used"]) == (len(rows), len(rejected), len(rows) - len(rejected))


def test_one_id_on_rows_that_differ_is_refused() -> None:
    patients = {"patient_id": ["1", "2", "1"], "last_name": ["Lee", "Roe", "Poe"], "ssn": [None, None, None]}
    message = "patients: 1 value of patient_id has several rows that differ, first in row 2"
    with pytest.raises(linkage.InputError, match=message) as refused:
        link(patients)
    assert "Poe" not in str(refused.value)


def test_encounters_of_people_who_are_not_patients_are_rejected(tmp_path: Path) -> None:
    stays = {"patient_id": ["1", "99", None], "start": ["2015-01-01"] * 3, "discharge": ["2015-01-02"] * 3}
    more = {"patient_id": ["98", "2"], "start": ["2015-01-01"] * 2, "discharge": ["2015-01-02"] * 2}
    for name, table in (("admissions.csv", stays), ("transfers.csv", more)):
        pd.DataFrame(table).to_csv(tmp_path / name, index=False)
    paths = [tmp_path / "admissions.csv", tmp_path / "transfers.csv"]
    with linkage.link(pd.DataFrame(PATIENTS), pd.DataFrame(DEATHS), encounters=paths) as run:
        found = run.rejected.apply(tuple, axis=1).tolist()
    assert found == [
        ("admissions.csv", 3, "patient_id is not among the patients"),
        ("admissions.csv", 4, "no patient_id"),
        ("transfers.csv", 2, "patient_id is not among the patients"),
    ]


def test_groups_are_carried_along_and_identifiers_are_not() -> None:
    patients = PATIENTS | {"race": ["A", " B "], "dob": ["1950-02-11", None]}
    with link(patients, encounters=STAYS, groups=["race"]) as run:
        assert run.outcomes["race"].tolist() == ["A", "B"]
    with pytest.raises(
        linkage.InputError, match=r"there is no column 'rcae' to carry along\..*Did you mean \"race\"\?"
    ):
        link(patients, groups=["rcae"])
    with pytest.raises(linkage.InputError, match="last_name is an identifier and is not carried along"):
        link(patients, groups=["last_name"])
    with pytest.raises(linkage.InputError, match="dob is an identifier and is not carried along"):
        link(patients, groups=["dob"])


def test_an_empty_text_is_nothing_whatever_the_file(tmp_path: Path) -> None:
    """CSV has no other missing value; Parquet and frames can also have empty texts."""
    empty = {key: ["", ""] for key in ("middle_name", "suffix", "former_last_names", "birth_date", "sex")}
    patients, deaths = PATIENTS | empty | {"ssn": ["212345678", ""]}, DEATHS | empty | {"ssn": ["212345678", ""]}
    pd.DataFrame(patients).to_parquet(tmp_path / "patients.parquet")
    pd.DataFrame(deaths).to_csv(tmp_path / "deaths.csv", index=False)
    with link(patients, deaths) as frames:
        cleaned = frames.counts["cleaned"]
        assert cleaned["patient"] == cleaned["death"] == {}
        with linkage.link(tmp_path / "patients.parquet", tmp_path / "deaths.csv", threads=1) as files:
            assert files.counts == frames.counts | {"rows": files.counts["rows"]}
            assert files.links.equals(frames.links)


def test_a_former_name_needs_no_look_up_to_be_compared() -> None:
    married = {"last_name": ["Roe", "Poe"], "former_last_names": ["lee", "O'Hara; Unknown"]}
    deaths = DEATHS | {"last_name": ["LEE", "OHARA"], "first_name": ["ANNA", "BILL"], "ssn": ["212345678", "212345679"]}
    with link(PATIENTS | married | {"ssn": ["212345678", "212345679"]}, deaths) as run:
        assert run.links["last_name_former_name"].tolist() == [True, True]
        names = run.engine.rows("SELECT former_last_names FROM patient ORDER BY patient_id")
    assert names == [("LEE",), ("OHARA",)]


def test_sex_can_be_a_group() -> None:
    with link(PATIENTS | {"sex": ["female", "1"]}, encounters=STAYS, groups=["sex"]) as run:
        assert run.outcomes["sex"].tolist() == ["female", "1"]


def test_rows_with_a_rounded_patient_id_are_rejected_and_reported() -> None:
    ids = ["1.23457E+11", "2", "1e+05", "4E+2A", "5+6"]
    patients = pd.DataFrame({"patient_id": ids, "ssn": [f"21234567{n}" for n in range(5)]})
    stays = pd.DataFrame({"patient_id": ["1.23457E+11", "1.23457E+11", "2"], "discharge": ["2015-01-09"] * 3})
    deaths = pd.DataFrame({"death_id": ["8"], "ssn": ["212345671"], "death_date": ["2015-06-01"]})
    with linkage.link(patients, deaths, encounters=stays, threads=1) as run:
        rejected = run.rejected[["file", "row_number", "reason"]].to_numpy().tolist()
        assert rejected == [
            *[["encounters", row, "patient_id is a rounded number"] for row in (2, 3)],
            *[["patients", row, "patient_id is a rounded number"] for row in (2, 4)],
        ]
        assert sorted(run.outcomes["patient_id"]) == ["2", "4E+2A", "5+6"]
        assert "patients: 2 rows have a patient_id such as 1.23457E+11, first in row 2." in str(run)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_row_numbers_are_right_in_files_of_many_row_groups(tmp_path: Path, ending: str) -> None:
    """A database may read and write large files in several threads, and must keep the order of rows."""
    person = "'ANN' AS first_name, 'LEE' AS last_name, '1950-01-01' AS birth_date"
    tables = {
        "patients": f"SELECT i AS patient_id, {person} FROM range(200000) AS t(i)",
        "deaths": f"SELECT i AS death_id, {person}, i % 1000 = 7 AS void FROM range(200000) AS t(i)",
        "stays": "SELECT CASE WHEN i % 1000 <> 9 THEN i END AS patient_id, '2015-01-02' AS start,"
        " '2015-01-09 12:00:00' AS discharge FROM range(200000) AS t(i)",
    }
    files = {name: tmp_path / f"{name}.{ending}" for name in tables}
    for name, select in tables.items():
        written = "PARQUET, ROW_GROUP_SIZE 10000" if ending == "parquet" else "CSV"
        duckdb.sql(f"COPY ({select}) TO '{files[name]}' (FORMAT {written})")
    with prepared(files["patients"], files["deaths"], encounters=files["stays"], threads=2) as ready:
        found = rejected(ready)
    expected = [
        (files[name].name, number, reason)
        for name, first, reason in (("deaths", 7, "void certificate"), ("stays", 9, "no patient_id"))
        for number in range(first + 2, 200_002, 1000)
    ]
    assert found == expected
