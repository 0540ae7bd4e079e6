"""The export of a finished run to other data models: content, completed dates, and conformance."""

import json
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, LinkageError, OutputError
from linkage.export import export
from linkage.export.definitions import OMOP_DEATH, PCORNET_DEATH, require_defined, require_integers
from linkage.export.destination import Destination
from linkage.export.ndi import LENGTH, Person, Submission, records, why_not


def written(folder: Path, name: str) -> list[list[str]]:
    """The rows of a written table."""
    return pd.read_csv(folder / f"{name}.csv.gz", dtype=str, keep_default_na=False).to_numpy().tolist()


def test_omop_has_one_row_for_each_released_death(out: Path, tmp_path: Path) -> None:
    summary = export(out, "omop", tmp_path / "omop")
    assert written(tmp_path / "omop", "death") == [
        ["1", "2015-03-10", "", "32879", "", "", ""],
        ["2", "2015-04-30", "", "32879", "", "", ""],  # known only to April: the last day, not the middle
        ["3", "2015-01-09", "", "32817", "", "", ""],  # the hospital's own
    ]
    assert "3 rows of death" in summary
    assert "1 released date is known only to the month or year" in summary
    assert json.loads((tmp_path / "omop" / "export.json").read_text())["dates_completed"] == 1
    assert (tmp_path / "omop" / "death.csv.gz").stat().st_mode & 0o077 == 0


def test_pcornet_states_source_confidence_and_what_was_imputed(out: Path, tmp_path: Path) -> None:
    export(out, "pcornet", tmp_path / "pcornet")
    assert written(tmp_path / "pcornet", "DEATH") == [
        ["1", "2015-03-10", "N", "S", "E"],
        ["2", "2015-04-15", "D", "S", "F"],
        ["3", "2015-01-09", "N", "L", "NI"],
        ["3", "2015-01-11", "N", "S", "E"],
    ]


def test_i2b2_says_of_nobody_that_they_live(out: Path, tmp_path: Path) -> None:
    export(out, "i2b2", tmp_path / "i2b2")
    assert written(tmp_path / "i2b2", "patient_dimension") == [
        ["1", "YL", "", "2015-03-10 00:00:00"],
        ["2", "ML", "", "2015-04-15 00:00:00"],
        ["3", "YL", "", "2015-01-09 00:00:00"],
        ["4", "UL", "", ""],  # died after the year
        ["5", "UL", "", ""],
    ]


def test_i2b2_gets_birth_dates_as_far_as_they_are_known(out: Path, tmp_path: Path) -> None:
    summary = export(out, "i2b2", tmp_path / "i2b2", birth_dates=True)
    rows = [row[:3] for row in written(tmp_path / "i2b2", "patient_dimension")]
    assert rows == [
        ["1", "YD", "1940-02-10 00:00:00"],
        ["2", "MD", "1941-02-11 00:00:00"],
        ["3", "YD", "1942-02-12 00:00:00"],
        ["4", "UB", "1943-02-01 00:00:00"],
        ["5", "UF", "1944-01-01 00:00:00"],
    ]
    assert "The table contains birth dates" in summary
    with pytest.raises(InputError, match="The table of omop has no birth dates"):
        export(out, "omop", tmp_path / "omop", birth_dates=True)


def test_the_index_gets_a_record_for_each_name(out: Path, tmp_path: Path) -> None:
    summary = export(out, "ndi", tmp_path / "ndi")
    lines = (tmp_path / "ndi" / "ndi_submission.txt").read_text().splitlines()
    assert {len(line) for line in lines} == {LENGTH}
    assert [(line[:20].rstrip(), line[20:35].rstrip(), line[81:91].rstrip()) for line in lines] == [
        ("LEE", "ABEL", "1"),
        ("ROEDOE", "BORIS", "2"),
        ("ROE", "BORIS", "2"),
        ("DOE", "BORIS", "2"),
        ("COE", "CLARA", "3"),
        ("WHITE", "CLARA", "3"),
        ("MOE", "DORA", "4"),
        ("POE", "EDITH", "5"),
    ]
    first = lines[0]
    assert (first[36:45], first[45:53], first[74]) == ("123451111", "02101940", "M")
    assert "8 records of 5 patients" in summary
    assert "LEE" not in summary


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person("1", "ANN", last_name="LEE", ssn="123456789"), ""),
        (Person("1", "ANN", last_name="LEE", birth_date="19500200"), ""),
        (Person("1", "ANN", last_name="LEE", birth_date="19500000"), "neither an SSN nor a month and year of birth"),
        (Person("1", ssn="123456789", birth_date="19500211", sex="F"), ""),
        (Person("1", ssn="123456789", birth_date="19500200", sex="F"), "neither first and last name"),
        (Person("1", "ANN", ssn="123456789", birth_date="19500211"), "neither first and last name"),
        (Person("12345678901", "ANN", last_name="LEE", ssn="123456789"), "the id has more than 10 characters"),
    ],
)
def test_who_can_be_submitted(person: Person, reason: str) -> None:
    found = why_not(person)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_record_stands_where_the_layout_has_it() -> None:
    person = Person("X7", "ANN", "B", "LEE", (), ("ROE",), "123456789", "19500200", "F")
    first, second = records(person)
    assert first == (
        "LEE".ljust(20) + "ANN".ljust(15) + "B" + "123456789" + "02" + "  " + "1950" + "ROE".ljust(18) + "   " + "F"
        + " " * 6 + "X7".ljust(10) + " " * 9
    )  # fmt: skip
    assert second.startswith("ROE".ljust(20))


def test_what_cannot_be_exported_is_refused(out: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(OutputError, match="already exists"):
        export(out, "omop", tmp_path / "full")
    with pytest.raises(InputError, match="'cdm' is not one of: omop"):
        export(out, "cdm", tmp_path / "new")
    with pytest.raises(OutputError, match="contains no finished run"):
        export(tmp_path, "omop", tmp_path / "new")


@pytest.mark.parametrize("id_", ["E7", "007", "1.5", "-3"])
def test_ids_that_a_model_cannot_hold_are_refused(id_: str) -> None:
    engine = DuckDBEngine()
    engine.insert("outcomes", {"patient_id": ["1", id_]}, {"patient_id": "STRING"})
    with pytest.raises(InputError, match="1 patient ids are not whole numbers"):
        require_integers(engine, "outcomes", "patient_id", "OMOP's person_id")
    engine.close()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("(NULL, DATE '2015-01-01', 32879)", "person_id is required"),
        ("(1, NULL, 32879)", "death_date is required"),
        ("(1, DATE '2015-01-01', 5)", "death_type_concept_id has a value that is not allowed"),
        ("(1, DATE '2015-01-01', 32879), (1, DATE '2015-01-02', 32879)", "1 keys are on several rows"),
    ],
)
def test_a_table_that_breaks_its_definition_is_not_written(rows: str, message: str) -> None:
    engine = DuckDBEngine()
    engine.create(
        "exported",
        "SELECT CAST(a AS BIGINT) AS person_id, CAST(b AS DATE) AS death_date,"
        " CAST(NULL AS TIMESTAMP) AS death_datetime,"
        " CAST(c AS BIGINT) AS death_type_concept_id, CAST(NULL AS BIGINT) AS cause_concept_id,"
        " CAST(NULL AS VARCHAR) AS cause_source_value, CAST(NULL AS BIGINT) AS cause_source_concept_id"
        f" FROM (VALUES {rows}) AS written(a, b, c)",
    )
    with pytest.raises(LinkageError, match=message):
        require_defined(engine, "exported", OMOP_DEATH)
    with pytest.raises(LinkageError, match="DEATH has the columns"):
        require_defined(engine, "exported", PCORNET_DEATH)
    engine.close()


def test_the_command_line_exports(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(out), "--to", "omop", "--registry", "ssa", "--output", str(tmp_path / "omop")]) == 0
    assert "The deaths are from: ssa" in capsys.readouterr().out
    assert written(tmp_path / "omop", "death")[0][3] == "32885"


def test_omop_tables_are_input_by_their_own_names(tmp_path: Path) -> None:
    person = pd.DataFrame({
        "person_id": [1], "gender_concept_id": [8532], "year_of_birth": [1950], "month_of_birth": [2],
        "day_of_birth": [11], "last_name": ["LEE"], "first_name": ["ANN"],
    })  # fmt: skip
    visits = pd.DataFrame({
        "visit_occurrence_id": [5, 6], "person_id": [1, 1], "visit_concept_id": [9201, 9203],
        "visit_start_date": ["2015-01-01", "2015-02-01"], "visit_end_date": ["2015-01-09", "2015-02-01"],
    })  # fmt: skip
    deaths = pd.DataFrame({
        "FILENO": ["000001"], "LNAME": ["LEE"], "GNAME": ["ANN"], "DOB_YR": ["1950"], "DOB_MO": ["02"],
        "DOB_DY": ["11"],
        "DOD_YR": ["2015"], "DOD_MO": ["03"], "DOD_DY": ["10"], "SEX": ["F"],
    })  # fmt: skip
    with linkage.link(person, deaths, encounters=visits) as run:
        row = run.outcomes.iloc[0]
        assert (str(row["dod"])[:10], str(row["anchor_date"])[:10]) == ("2015-03-10", "2015-02-01")
        assert run.loaded[0].columns["sex"] == "gender_concept_id"
        assert run.loaded[1].columns["death_date"] == ("DOD_YR", "DOD_MO", "DOD_DY")


def test_no_id_of_a_patient_left_out_is_a_formula(tmp_path: Path) -> None:
    made = Submission([], [("=1+1", "no name"), ('a"b', "no name"), ("-7", "no name")], 0)
    Destination(tmp_path, None).write_submission(made, {})
    rows = (tmp_path / "not_submitted.csv").read_text().splitlines()
    assert rows == ["patient_id,reason", '"\'=1+1","no name"', '"a""b","no name"', '"-7","no name"']
