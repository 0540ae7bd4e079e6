"""A row with values in the wrong columns is rejected, even if it has as many fields as the header."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from tests.stages import prepared, rejected

PATIENTS = """\
patient_id,last_name,first_name,birth_date,ssn
1,TANGEN,ORVILLE,1941-03-07,212345678
2,LEE,ANN,1950-02-11,014526789
"""
LEE = "8,LEE,ANN,1950-02-11,2015-06-01"
MOVED, AGAIN = "values in the wrong columns", "repeats the header"

ROWS = [
    # header of the deaths, one row, and the reason for its rejection ("" if accepted)
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN, JR,ORVILLE,1941-03-07", MOVED),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,O'HARA,JR,MARY ANN,1941-03-07", MOVED),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,JR,Jean-Luc,", MOVED),
    ("death_id,birth_date,last_name,first_name,death_date", "1001,1941-03-07,TANGEN, JR,ORVILLE", MOVED),
    ("death_id,last_name,first_name,sex,birth_date,death_date", "1001,TANGEN, JR,ORVILLE,M,1941-03-07", MOVED),
    ("death_id,last_name,first_name,town,birth_date,death_date", "1001,TANGEN, JR,ORVILLE,BOSTON,1941-03-07", MOVED),
    ("death_id,death_date,last_name,first_name,birth_date,ssn", "1001,2015-01-01,TANGEN, JR,ORVILLE,1941-03-07", MOVED),
    ("death_id,death_date,first_name,last_name,sex,birth_date,ssn", "7,2015-01-01,A,B, JR,F,03/07/1941", MOVED),
    ("death_id,death_date,last_name,first_name,ssn,birth_date", "7,2015-01-01,TANGEN, JR,ORVILLE,212-34-5678", MOVED),
    ("death_id,last_name,first_name,birth_date", "death_id,last_name,first_name,birth_date", AGAIN),
    ("ID,last,first,dob,dod", "id,LAST,First,DOB,dod", AGAIN),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,ORVILLE,UNKNOWN,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,ORVILLE,Pending,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,ORVILLE,not on file,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,ORVILLE,DECEASED,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,MD,June,1941-03-07", MOVED),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,ORVILLE,X,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,TANGEN,ORVILLE,1941-13-07,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,ssn,death_date", "1,TANGEN,O,Orville,212345678,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,ssn,death_date", "1,TANGEN,O,1941-03-07,1941-03-07,2015-06-02", ""),
    ("death_id,last_name,first_name,birth_date,death_date", "1001,DOB,DOB,1941-03-07,2015-06-02", ""),
]  # fmt: skip


@pytest.mark.parametrize(("header", "row", "reason"), ROWS, ids=[row for _, row, _ in ROWS])
def test_a_row_whose_values_stand_in_other_columns_is_rejected(
    tmp_path: Path, header: str, row: str, reason: str
) -> None:
    (tmp_path / "p.csv").write_text(PATIENTS)
    plain = ",".join("9" if name.lower() in ("death_id", "id") else "" for name in header.split(","))
    (tmp_path / "d.csv").write_text(f"{header}\n{plain}\n{row}\n")
    columns = {"deaths": {"death_id": "ID"}} if header.startswith("ID") else {}
    with prepared(tmp_path / "p.csv", tmp_path / "d.csv", columns=columns) as ready:
        expected = [("d.csv", 3, reason)] if reason else []
        assert rejected(ready) == expected
        reported = [concern for concern in ready.concerns if concern.startswith("d.csv: 1 row ")]
        assert len(reported) == len(expected)
        deaths = ready.loaded[1]
        assert (deaths.rows, deaths.rejected, deaths.used) == (2, len(expected), 2 - len(expected))
        assert ready.linking.engine.rows("SELECT count(*) FROM death") == [(deaths.used,)]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize("place", [0, 10])
def test_a_run_counts_and_lists_such_a_row(tmp_path: Path, engine: str, place: int) -> None:
    header, row, reason = ROWS[place]
    (tmp_path / "p.csv").write_text(PATIENTS)
    (tmp_path / "d.csv").write_text(f"{header}\n9,,,,\n{row}\n")
    columns = {"deaths": {"death_id": "ID"}} if header.startswith("ID") else {}
    with linkage.link(tmp_path / "p.csv", tmp_path / "d.csv", engine=engine, columns=columns, threads=1) as run:
        assert list(run.rejected.itertuples(index=False, name=None)) == [("d.csv", 3, reason)]
        assert [concern.startswith("d.csv: 1 row ") for concern in run.concerns].count(True) == 1
        assert run.counts["rows"][1] == {"file": "d.csv", "read": 2, "rejected": 1, "used": 1}


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_patients_whose_values_were_moved_are_rejected_too(tmp_path: Path, engine: str) -> None:
    (tmp_path / "p.csv").write_text(f"{PATIENTS}3,TANGEN, JR,ORVILLE,1941-03-07\n")
    (tmp_path / "d.csv").write_text(f"death_id,last_name,first_name,birth_date,death_date\n{LEE}\n")
    with linkage.link(tmp_path / "p.csv", tmp_path / "d.csv", engine=engine, threads=1) as run:
        assert list(run.rejected.itertuples(index=False, name=None)) == [("p.csv", 4, MOVED)]
        assert run.links[["patient_id", "death_id"]].to_numpy().tolist() == [["2", "8"]]


def test_strict_refuses_such_a_row(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PATIENTS)
    (tmp_path / "d.csv").write_text(
        f"death_id,last_name,first_name,birth_date,death_date\n{LEE}\n9,TANGEN, JR,ORVILLE,1941-03-07\n"
    )
    with pytest.raises(linkage.InputError, match=r"1 row has values in the wrong columns, first in row 3\. Is"):
        linkage.link(tmp_path / "p.csv", tmp_path / "d.csv", strict=True, threads=1)


def test_a_word_that_stands_on_many_rows_is_how_a_file_writes_nothing() -> None:
    deaths = pd.DataFrame({
        "death_id": range(9), "last_name": "LEE", "first_name": "ANN", 
        "birth_date": ["SEALED"] * 3 + ["1950-02-11"] * 6,
        "death_date": "2015-06-01",
    })  # fmt: skip
    patients = pd.DataFrame(
        {"patient_id": [1], "last_name": ["LEE"], "first_name": ["ANN"], "birth_date": ["1950-02-11"]}
    )
    with linkage.link(patients, deaths, threads=1) as run:
        assert run.rejected.empty
        assert run.counts["cleaned"]["death"]["birth_date"] == {"not a date": 3}
