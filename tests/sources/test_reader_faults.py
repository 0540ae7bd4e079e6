"""Unclean files: each fault gives a clear error, or values and rows that are counted and listed."""

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.censor_sql import OUTCOME_COLUMNS
from linkage.run.output import check_folder
from linkage.sources.make_source import source

DEATHS = pd.DataFrame({
    "death_id": ["8", "9"], "first_name": ["ANNA", "BILL"], "last_name": ["LEE", "ROE"],
    "ssn": ["014526789", "212345678"], "birth_date": ["1950-02-11", "1951-03-12"], "death_date": "2015-06-30",
})  # fmt: skip
HEADER = "patient_id,first_name,last_name,ssn,birth_date\n"
STAYS = pd.DataFrame({"patient_id": ["1", "2"], "start": "2015-01-01", "discharge": "2015-01-02"})
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(linkage.__file__).parent.parent)}
BOTH = pytest.mark.parametrize("engine", ["duckdb", "reference"])


def write(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    """A file of patients."""
    path = folder / "patients.csv"
    path.write_bytes((header + "".join(f"{row}\n" for row in rows)).encode(encoding))
    return path


def links(patients: Any, deaths: Any = DEATHS, **options: Any) -> list[tuple[str, str]]:
    """The linked pairs."""
    with linkage.link(patients, deaths, threads=1, **options) as run:
        return list(run.links[["patient_id", "death_id"]].itertuples(index=False, name=None))


ANNA, BILL = "1,Anna,Lee,014526789,1950-02-11", "2,Bill,Roe,212345678,1951-03-12"


def test_a_wrong_delimiter_is_named_as_the_likely_fault(tmp_path: Path) -> None:
    path = write(tmp_path, ANNA)
    with pytest.raises(linkage.InputError, match=r"There is only one column. If the delimiter is different"):
        links(source(path, delimiter=";"))
    assert links(source(path, delimiter=",")) == [("1", "8")]


BROKEN = [
    # content of the file, expected message
    (f"{HEADER}{ANNA}\n".replace("\n", "\r\n", 1) + f"{BILL}\n", "it has two kinds of line endings"),
    (f"{HEADER}{ANNA}\n".replace("Anna", '"An"na'), "a quote is opened and not closed"),
    (f"\n{HEADER}{ANNA}\n", "is empty, or its first line is"),
    (f'"sep=|"\n{HEADER}{ANNA}\n', 'its first line, "sep=[|]", tells Excel the delimiter'),
    (f"sep=;\n{HEADER}{ANNA}\n", "its first line, sep=;, tells Excel the delimiter and is not a header"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_file_that_breaks_the_form_is_refused_with_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "patients.csv"
    path.write_bytes(content.encode())
    with pytest.raises(linkage.LinkageError, match=message):
        links(path)


def test_a_first_line_that_never_ends_is_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, header="a" * 200_000)
    with pytest.raises(linkage.InputError, match=r"patients\.csv: its first line is not a header"):
        links(path)


def test_a_gzip_file_that_is_damaged_from_its_first_bytes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = bytearray(gzip.compress(f"{HEADER}{ANNA}\n".encode() * 50))
    damaged[10:14] = bytes(byte ^ 0xFF for byte in damaged[10:14])
    path = tmp_path / "patients.csv.gz"
    path.write_bytes(damaged)
    with pytest.raises(linkage.InputError, match=r"patients\.csv\.gz cannot be read"):
        links(path)
    assert main(["init", str(path), "--job", str(tmp_path / "job.toml")]) == 1
    assert "patients.csv.gz: cannot be read" in capsys.readouterr().err


OTHER_FORMATS = [
    # name, content, expected message
    ("p.csv", gzip.compress(f"{HEADER}{ANNA}\n".encode()), r"compressed by gzip: its name must end in \.gz"),
    ("p.csv.gz", f"{HEADER}{ANNA}\n".encode(), r"not compressed, although its name ends in \.gz"),
    ("p.csv.xz", lzma.compress(f"{HEADER}{ANNA}\n".encode()), "compressed by xz"),
    ("p.csv.bz2", bz2.compress(f"{HEADER}{ANNA}\n".encode()), "compressed by bzip2"),
    ("p.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), r"an old spreadsheet workbook \(\.xls\)"),
    ("p.csv", b"PAR1\x15" + bytes(500), r"a Parquet file: its name must end in \.parquet"),
    ("p.csv", b"SQLite format 3\0" + bytes(500), "an SQLite database"),
]


@pytest.mark.parametrize(("name", "content", "message"), OTHER_FORMATS, ids=[row[2][:30] for row in OTHER_FORMATS])
def test_what_is_no_text_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(linkage.InputError, match=message):
        source(tmp_path / name).header()


def test_the_output_of_a_run_is_no_input(tmp_path: Path) -> None:
    parts = tmp_path / "deaths"
    parts.mkdir()
    DEATHS.to_parquet(parts / "a.parquet")
    (parts / ".hidden").mkdir()
    DEATHS.to_parquet(parts / ".hidden" / "b.parquet")
    DEATHS.to_parquet(parts / ".c.parquet")
    assert source(parts).files == [parts / "a.parquet"]
    with pytest.raises(linkage.OutputError, match="is in the input folder deaths, where the next run would read it"):
        check_folder(parts / "2020" / "out", [source(parts)])
    (parts / "out").mkdir()
    for name in ("links.parquet", "rejected.parquet", "manifest.json"):
        (parts / "out" / name).write_bytes((parts / "a.parquet").read_bytes())
    with pytest.raises(linkage.InputError, match=r"holds the output of a run \(out\), which would be read as input"):
        source(parts)


@pytest.mark.parametrize("name", ["dod", "Status", "fate", "followup_days", "person_id"])
def test_a_column_that_the_outcomes_have_is_not_carried_along(name: str) -> None:
    patients = DEATHS.rename(columns={"death_id": "patient_id"}).assign(**{name: "x"})
    with pytest.raises(linkage.InputError, match=f"{name} cannot be carried along, because outcomes has a column"):
        linkage.link(patients, DEATHS, groups=[name])


def test_every_column_of_the_outcomes_is_known_beforehand() -> None:
    patients = DEATHS.rename(columns={"death_id": "patient_id"})
    with linkage.link(patients, DEATHS, encounters=STAYS.assign(patient_id=["8", "9"]), threads=1) as run:
        assert tuple(run.outcomes.columns) == OUTCOME_COLUMNS


def test_a_summary_that_cannot_be_printed_fails_no_finished_run(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(f"{HEADER}{ANNA}\n")
    DEATHS.to_csv(tmp_path / "d.csv", index=False)
    command = f"{sys.executable} -m linkage run --patients p.csv --deaths d.csv --output out > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0
    assert "the output is written to out, but the summary could not be printed: No space left" in done.stderr
    assert (tmp_path / "out" / "manifest.json").is_file()


@pytest.mark.parametrize("quote", ["'", ""])
def test_another_quote_can_be_declared(tmp_path: Path, quote: str) -> None:
    path = write(tmp_path, f'1,{quote}Anna{quote},"Lee,014526789,1950-02-11')
    assert links(source(path, quote=quote)) == [("1", "8")]


def test_quotes_delimiters_and_line_breaks_inside_fields_are_part_of_them(tmp_path: Path) -> None:
    path = write(tmp_path, '1,"An\n""na""","Le,e",014526789,1950-02-11', BILL)
    assert links(path) == [("1", "8"), ("2", "9")]


def test_a_line_break_in_the_name_of_a_column_is_part_of_it(tmp_path: Path) -> None:
    path = write(tmp_path, ANNA, header='"patient\nid",first_name,last_name,ssn,birth_date\n')
    assert links(source(path, columns={"patient_id": "patient\nid"})) == [("1", "8")]


@pytest.mark.parametrize("cut", [1, 9, 200, 2000])
def test_a_truncated_gzip_file_is_refused_wherever_it_ends(tmp_path: Path, cut: int) -> None:
    rows = "".join(f"{n},Anna,Lee,{n:09},1950-02-11\n" for n in range(1000))
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress((HEADER + rows).encode())[:-cut])
    for encoding in ("utf-8", "cp1252"):
        with pytest.raises(linkage.InputError, match=r"p\.csv\.gz cannot be read"):
            links(source(tmp_path / "p.csv.gz", encoding=encoding))


def test_bytes_that_are_not_of_the_encoding_are_refused_with_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, ANNA, BILL)
    path.write_bytes(path.read_bytes().replace(b"Bill", b"B\x81ll") * 1)
    with pytest.raises(linkage.InputError, match=r"it is not UTF-8.*encoding = \"cp1252\""):
        links(path)
    many = HEADER.encode() + b"1,Anna,Lee,014526789,1950-02-11\n" * 60_000 + b"2,B\x81ll,,,\n"
    path.write_bytes(many)
    with pytest.raises(linkage.InputError, match=r"it is not cp1252 \(after line [0-9,]+\)"):
        links(source(path, encoding="cp1252"))


def test_utf_16_that_nobody_declared_is_recognized(tmp_path: Path) -> None:
    path = write(tmp_path, ANNA, encoding="utf-16")
    with pytest.raises(linkage.InputError, match='then declare encoding = "utf-16"'):
        links(path)
    assert links(source(path, encoding="utf-16")) == [("1", "8")]


@BOTH
@pytest.mark.parametrize("column", ["first_name", "last_name", "ssn", "birth_date"])
def test_a_column_that_holds_nothing_takes_no_part(tmp_path: Path, column: str, engine: str) -> None:
    patients = pd.DataFrame([ANNA.split(","), BILL.split(",")], columns=HEADER.strip().split(","), dtype=str)
    empty = patients.assign(**{column: ""})
    expected = [] if column in ("first_name", "last_name", "birth_date") else [("1", "8"), ("2", "9")]
    found = links(empty, engine=engine)
    assert found in (expected, [("1", "8"), ("2", "9")])
    assert links(patients, DEATHS.assign(**{column: None}), engine=engine) == found


@BOTH
@pytest.mark.parametrize("name", ["None", "Null", "TRUE", "NA", "False", "1e5", "inf"])
def test_real_names_that_look_like_nothing_are_names(tmp_path: Path, name: str, engine: str) -> None:
    path = write(tmp_path, f"1,Anna,{name},014526789,1950-02-11")
    deaths = DEATHS.head(1).assign(last_name=name.upper(), ssn=None)
    for patients in (path, pd.read_csv(path, dtype=str, keep_default_na=False)):
        assert links(patients, deaths, engine=engine) == [("1", "8")]


@BOTH
@pytest.mark.parametrize("type", ["int64", "float64", "Int64", "str"])
def test_numbers_that_lost_their_zeros_are_counted_and_put_back_only_on_request(
    tmp_path: Path, type: str, engine: str
) -> None:
    patients = pd.DataFrame({"patient_id": [1.0, 2.0], "ssn": pd.array([14526789, 212345678]).astype(type)})
    patients.to_parquet(tmp_path / "p.parquet")
    deaths = DEATHS[["death_id", "ssn", "birth_date"]]
    patients = patients.assign(birth_date=DEATHS["birth_date"])
    patients.to_parquet(tmp_path / "p.parquet")
    with linkage.link(tmp_path / "p.parquet", deaths, engine=engine) as run:
        assert run.links["patient_id"].tolist() == ["2"]
        assert run.counts["cleaned"]["patient"]["ssn"] == {"7 or 8 digits": 1}
        assert 'ssn_lost_zeros = "restore"' in str(run)
    restored = source(tmp_path / "p.parquet", ssn_lost_zeros="restore")
    assert links(restored, deaths, engine=engine) == [("1", "8"), ("2", "9")]


@BOTH
def test_whole_numbers_are_ids_whatever_places_behind_the_point_their_column_has(tmp_path: Path, engine: str) -> None:
    """Databases return ids as decimals: 7.00 is 7, but 7.50 stays 7.50."""
    numbers = pa.array([Decimal("1.00"), Decimal("0.00"), Decimal("7.50")], pa.decimal128(38, 10))
    people = {"ssn": ["014526789", "212345678", "313345678"], "birth_date": ["1950-02-11", "1960-02-11", "1970-02-11"]}
    pq.write_table(pa.table({"patient_id": numbers, **people}), tmp_path / "p.parquet")
    deaths = pd.DataFrame({"death_id": ["8", "9", "10"], **people})
    stays = pd.DataFrame({"patient_id": [1, 0], "discharge": ["2015-01-02", "2015-01-02"]})
    for patients in (tmp_path / "p.parquet", pq.read_table(tmp_path / "p.parquet")):
        with linkage.link(patients, deaths, encounters=stays, engine=engine) as run:
            assert run.links["patient_id"].tolist() == ["0", "1", "7.5000000000"]


@BOTH
def test_a_suffix_of_blanks_is_missing_not_wrong(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text("patient_id,last_name,suffix,ssn,birth_date\n1,Lee,    ,014526789,1950-02-11\n")
    with linkage.link(path, DEATHS, engine=engine) as run:
        assert not run.counts["cleaned"]["patient"].get("suffix")


FORMULAS = ["=CMD|' /C calc'!A0", "+1+2", "-1+2", "@SUM(A1)", "\t=1", "\n=1", "\r=1", " =1", "\uff1d1+1", "\u3000@A1"]


def test_texts_that_a_spreadsheet_would_run_are_made_inert_in_csv(tmp_path: Path) -> None:
    patients = pd.DataFrame({
        "subject_id": ["=1+1", "-2", "3"], "last_name": ["Lee", "Roe", FORMULAS[0]],
        "ssn": ["014526789", "212345678", ""], "birth_date": "1950-02-11", "=ward()": [FORMULAS[3], "-", "-12.5"],
        "\uff1dbed": ["\n=1", "\uff0b1+1", "x"],
    })  # fmt: skip
    stays = pd.DataFrame({"subject_id": patients["subject_id"], "start": "2015-01-01", "discharge": "2015-01-02"})
    with linkage.link(patients, DEATHS, encounters=stays, groups=["=ward()", "\uff1dbed"]) as run:
        run.write(tmp_path / "csv")
        run.write(tmp_path / "parquet", "parquet")
    outcomes = pd.read_csv(tmp_path / "csv" / "outcomes.csv.gz", dtype=str)
    assert sorted(outcomes["patient_id"]) == ["'=1+1", "-2", "3"]
    assert set(outcomes["'=ward()"]) == {"'@SUM(A1)", "-", "-12.5"}
    assert set(outcomes["'\uff1dbed"]) == {"'\n=1", "'\uff0b1+1", "x"}
    whole = pd.read_csv(tmp_path / "csv" / "patients.csv.gz", dtype=str)
    assert f"'{FORMULAS[0]}" in set(whole["last_name"])
    assert {"'=ward()", "'\uff1dbed"} < set(whole)
    exact = pd.read_parquet(tmp_path / "parquet" / "outcomes.parquet")
    assert sorted(exact["patient_id"]) == ["-2", "3", "=1+1"]
    assert "=ward()" in set(exact)


def test_an_apostrophe_goes_before_nothing_but_what_a_spreadsheet_would_run() -> None:
    begins = [chr(code) for code in range(1, 256)] + [
        "",
        "\u0141",
        "\U0001f600",
        "\u3000",
        "\uff0b",
        "\uff0d",
        "\uff21",
    ]
    texts = [begin + rest for begin in begins for rest in ("", "1", "1+1", "A", "\n", "=1", "\uff1d1", "\uff20")]
    engine = DuckDBEngine()
    engine.insert("given", {"value": [*texts, None]}, {"value": "STRING"})
    found = engine.rows("SELECT value, inert_text(value) FROM given ORDER BY rowid")
    engine.close()
    signs, numbers = tuple("=+-@\uff1d\uff0b\uff0d\uff20"), {"+1", "-1", "\t1", "\r1", "\n1"}
    runs = {
        text
        for text in texts
        if (text.startswith(("\t", "\r", "\n")) and len(text) > 1)
        or (
            (bare := text.lstrip("".join(map(chr, range(1, 33))) + "\x7f\u3000" + "".join(map(chr, range(128, 161)))))
            and bare.startswith(signs)
            and len(bare) > 1
        )
    } - numbers
    assert found == [(text, "'" + text if text in runs else text) for text in texts] + [(None, None)]


def test_formulas_among_names_are_read_as_text(tmp_path: Path) -> None:
    rows = [f'{n},Anna,"{text}",,1950-02-11' for n, text in enumerate(FORMULAS)]
    assert links(write(tmp_path, *rows, ANNA.replace("1,", "99,", 1))) == [("99", "8")]


def test_encodings_reach_the_patients_table_whole(tmp_path: Path) -> None:
    rows = [f"{n},José,Núñez,,1950-02-11" for n in range(3000)]
    path = write(tmp_path, *rows, header=HEADER.replace("patient_id", "subject_id"), encoding="utf-16")
    stays = STAYS.rename(columns={"patient_id": "subject_id"})
    with linkage.link(source(path, encoding="utf-16"), DEATHS, encounters=stays) as run:
        run.write(tmp_path / "out")
    whole = pd.read_csv(tmp_path / "out" / "patients.csv.gz", dtype=str)
    assert (len(whole), set(whole["last_name"])) == (3000, {"Núñez"})


def test_a_folder_of_parquet_files_is_one_table_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "2015").mkdir()
    DEATHS.tail(1).to_parquet(tmp_path / "b.parquet")
    columns = ["birth_date", "death_id", "last_name", "first_name", "ssn", "death_date"]
    DEATHS.head(1)[columns].assign(death_id=None).to_parquet(tmp_path / "2015" / "a.parquet")
    (tmp_path / "notes.txt").write_text("not a table")
    patients = pd.DataFrame([BILL.split(",")], columns=HEADER.strip().split(","))
    with linkage.link(patients, tmp_path) as run:
        assert run.links["death_id"].tolist() == ["9"]
        assert run.rejected["row_number"].tolist() == [2]
    assert source(tmp_path).digest() != source(tmp_path / "2015").digest()
    (tmp_path / "empty").mkdir()
    with pytest.raises(linkage.InputError, match="is a folder without Parquet files"):
        source(tmp_path / "empty")


@pytest.mark.parametrize("again", ["ssn", "SSN"])
def test_a_frame_with_two_columns_of_one_name_is_refused_as_a_file_is(again: str) -> None:
    twice = pd.concat([DEATHS, DEATHS[["ssn"]].rename(columns={"ssn": again})], axis=1)
    patients = DEATHS.rename(columns={"death_id": "patient_id"})
    for frame in (twice, pa.Table.from_arrays([pa.array(twice.iloc[:, n]) for n in range(7)], names=list(twice))):
        with pytest.raises(linkage.InputError, match=r"deaths: two columns are called (SSN, )?ssn\."):
            links(patients, frame)


def test_a_column_may_be_called_as_a_property_of_other_frames() -> None:
    frame = DEATHS.assign(column_names="kept").rename(columns={"death_id": "patient_id"})
    assert len(links(frame, DEATHS)) == len(links(frame.drop(columns="column_names"), DEATHS)) > 0


def test_frames_that_are_not_read_yet_are_refused() -> None:
    polars = pytest.importorskip("polars", reason="lazy frames need polars")
    with pytest.raises(linkage.InputError, match=r"the frame is lazy\. Pass the result of its collect\(\) method\."):
        links(polars.from_pandas(DEATHS).lazy())


def test_every_row_is_used_or_listed_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, ANNA, ANNA, ",,,,", BILL)
    DEATHS.to_csv(tmp_path / "deaths.csv", index=False)
    arguments = ["run", "--patients", str(path), "--deaths", str(tmp_path / "deaths.csv")]
    assert main([*arguments, "--output", str(tmp_path / "out")]) == 0
    assert "2 rows could not be used: see the table rejected." in capsys.readouterr().out
    rejected = gzip.decompress((tmp_path / "out" / "rejected.csv.gz").read_bytes()).decode().splitlines()
    assert rejected == [
        "file,row_number,reason",
        "patients.csv,3,repeats an earlier row",
        "patients.csv,4,no patient_id",
    ]


def test_a_registry_of_one_name_is_refused_before_its_pairs_are_made_and_the_name_is_not_printed() -> None:
    def people(id_column: str, many: int, start: int) -> pd.DataFrame:
        ids = [str(n) for n in range(many)]
        numbers = [f"{112_010_001 + start + 7 * n}" for n in range(many)]  # all different
        return pd.DataFrame(
            {id_column: ids, "first_name": "Zqjohn", "last_name": "Zqsmith", "birth_date": "1950-02-11", "ssn": numbers}
        )

    with pytest.raises(
        linkage.RulesError, match=r"25,000,000 pairs agree on every field required to be exact"
    ) as refused:
        linkage.link(people("patient_id", 250, 0), people("death_id", 100_000, 1))
    assert "Zq" not in str(refused.value)
    assert "List such values under not_known" in str(refused.value)


def test_a_name_that_everybody_has_is_no_fault_where_dates_tell_people_apart() -> None:
    days = [f"{1900 + n % 100}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(20_000)]
    deaths = pd.DataFrame({"death_id": [str(n) for n in range(20_000)], "first_name": "John", "last_name": "Smith"})
    deaths["birth_date"] = days
    patients = deaths.head(3).rename(columns={"death_id": "patient_id"})
    with linkage.link(patients, deaths) as run:
        assert run.counts["candidate_links"] == 60_000
