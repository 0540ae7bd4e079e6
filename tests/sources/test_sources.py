"""The same people give the same links, whatever the kind of file or data frame."""

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import load_people
from linkage.method.rejected import start_rejected
from linkage.sources.make_source import as_source
from tests.stages import prepared

PATIENTS = pd.DataFrame({
    "patient_id": ["10", "9", "007"],
    "first_name": ["Anna", "Bill", "José, called \"Pepe\""],
    "last_name": ["Lee", "O'Hara", "Núñez"],
    "ssn": ["014-52-6789", "", "031441001"],
    "birth_date": ["1950-02-11", "1949-12-31", "1960-01-02"],
})  # fmt: skip
DEATHS = pd.DataFrame({
    "death_id": ["1", "2", "3"],
    "first_name": ["ANNA", "WILLIAM", "JOSE"],
    "last_name": ["LEE", "OHARA", "NUNEZ"],
    "ssn": ["014526789", None, "031441001"],
    "birth_date": ["1950-02-11", "1949-12-31", "1960-01-02"],
    "death_date": ["2015-06-30", "2015-07-01", "2015-07-02"],
})  # fmt: skip
LINKS = [("9", "2", "R2"), ("10", "1", "R1"), ("007", "3", "R1")]


def test_a_workbook_is_named_as_such(tmp_path: Path) -> None:
    for name, message in (("p.csv", "is a spreadsheet workbook or a zip archive"), ("p.xlsx", "read as a workbook")):
        (tmp_path / name).write_bytes(b"PK\x03\x04\x14\x00\x06\x00")
        with pytest.raises(linkage.InputError, match=message):
            linkage.link(tmp_path / name, tmp_path / name)


def links(patients: Any = PATIENTS, deaths: Any = DEATHS, **options: Any) -> list[tuple[str, str, str]]:
    """The linked pairs and their rules."""
    with linkage.link(patients, deaths, threads=1, **options) as run:
        return list(run.links[["patient_id", "death_id", "rule"]].itertuples(index=False, name=None))


def csv_text(delimiter: str = ",", end: str = "\n") -> str:
    """The patients as CSV with another delimiter or line end."""
    return PATIENTS.to_csv(index=False, sep=delimiter, lineterminator=end)


def write(path: Path, content: str | bytes) -> Path:
    """A file of these bytes, compressed where its name says so."""
    content = content.encode("utf-8") if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix.lower() == ".gz" else content)
    return path


FILES = [
    # name, content, special property
    ("patients.csv", csv_text(), "plain CSV"),
    ("patients.csv.gz", csv_text(), "compressed"),
    ("PATIENTS.CSV.GZ", csv_text(), "names in capitals"),
    ("patients.txt", csv_text("\t"), "tabs"),
    ("patients.csv", csv_text(";"), "semicolons, as spreadsheets write them in Europe"),
    ("patients.csv", csv_text("|"), "bars"),
    ("patients.csv", csv_text(end="\r\n"), "line ends of Windows and of RFC 4180"),
    ("patients.csv", "\ufeff" + csv_text(), "a byte order mark"),
    ("patients.csv", csv_text().rstrip("\n"), "no line end behind the last row"),
    ("it's \"here\", no?.csv", csv_text(), "quotes and a comma in the path"),
    ("a b%20c ünïcode.csv", csv_text(), "blanks and accents in the path"),
]  # fmt: skip


def tables(patients: Any = PATIENTS, deaths: Any = DEATHS) -> list[list[tuple[Any, ...]]]:
    """The tables of people from which pairs are made."""
    with prepared(patients, deaths) as ready:
        return [ready.linking.engine.rows(f"SELECT * FROM {side} ORDER BY {side}_id") for side in ("patient", "death")]


@pytest.fixture(scope="module")
def expected() -> list[list[tuple[Any, ...]]]:
    """The tables of frames of text, which give the expected links."""
    assert links() == LINKS
    return tables()


@pytest.mark.parametrize(("name", "content", "reason"), FILES, ids=[row[-1] for row in FILES])
def test_files_of_many_kinds_give_the_same_tables(
    tmp_path: Path, expected: list[list[tuple[Any, ...]]], name: str, content: str, reason: str
) -> None:
    assert tables(write(tmp_path / name, content)) == expected


def test_a_file_gives_the_same_links(tmp_path: Path) -> None:
    assert links(write(tmp_path / "patients.csv.gz", csv_text())) == LINKS


def test_parquet_gives_the_same_links(tmp_path: Path) -> None:
    for name in ("patients.parquet", "patients.pq"):
        PATIENTS.to_parquet(tmp_path / name)
        assert links(tmp_path / name) == LINKS
        assert links(str(tmp_path / name)) == LINKS


def test_parquet_with_types_gives_the_same_links(tmp_path: Path) -> None:
    typed = DEATHS.assign(
        death_id=[1, 2, 3],
        birth_date=[date(1950, 2, 11), date(1949, 12, 31), date(1960, 1, 2)],
        death_date=pd.to_datetime(DEATHS["death_date"]),
    )
    typed.to_parquet(tmp_path / "deaths.parquet")
    assert links(deaths=tmp_path / "deaths.parquet") == LINKS


TYPED = {
    "text": {},
    "whole numbers as ids": {"death_id": [1, 2, 3]},
    "ids that pandas has made floats": {"death_id": [1.0, 2.0, 3.0]},
    "dates of pandas": {"birth_date": pd.to_datetime(DEATHS["birth_date"])},
    "dates of Python": {"birth_date": [date(1950, 2, 11), date(1949, 12, 31), date(1960, 1, 2)]},
    "categories": {"last_name": pd.Categorical(DEATHS["last_name"])},
    "strings of pandas": {"last_name": DEATHS["last_name"].astype("string")},
    "a missing SSN as NaN": {"ssn": ["014526789", float("nan"), "031441001"]},
    "a missing SSN as NA": {"ssn": pd.array(["014526789", pd.NA, "031441001"], dtype="string")},
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_pandas_frames_give_the_same_tables_whatever_their_types(
    expected: list[list[tuple[Any, ...]]], typed: dict[str, Any]
) -> None:
    assert tables(deaths=DEATHS.assign(**typed)) == expected


def test_the_index_of_a_frame_means_nothing() -> None:
    assert links(PATIENTS.set_index(pd.Index([5, 5, 5]))) == LINKS


def test_arrow_tables_give_the_same_links() -> None:
    assert links(pa.Table.from_pandas(PATIENTS), pa.Table.from_pandas(DEATHS)) == LINKS


def test_a_frame_is_left_as_it_was() -> None:
    before = PATIENTS.copy(deep=True)
    links(PATIENTS)
    pd.testing.assert_frame_equal(PATIENTS, before)


def test_quotes_in_column_names_are_only_letters() -> None:
    odd = {"patient_id": 'the "id"', "last_name": "na'me; DROP TABLE patient"}
    assert links(PATIENTS.rename(columns=odd), columns={"patients": odd}) == LINKS


def test_quotes_in_column_names_of_files_are_only_letters(tmp_path: Path) -> None:
    odd = {"patient_id": 'the "id"', "last_name": "na'me, last"}
    PATIENTS.rename(columns=odd).to_csv(tmp_path / "patients.csv", index=False)
    assert links(tmp_path / "patients.csv", columns={"patients": odd}) == LINKS


REFUSED = [
    # name, content, expected message
    ("patients.csv", "", r"patients\.csv is empty, or its first line is\. It needs a header line"),
    ("patients.csv.gz", "", r"patients\.csv\.gz is empty"),
    ("patients.csv", "\n\n", r"patients\.csv is empty"),
    ("patients.csv", csv_text().splitlines()[0] + "\n", r"patients\.csv has a header but no rows"),
    ("patients.csv", "patient_id,last_name,last_name\n1,Lee,Lee\n", r"two columns are called last_name"),
    ("patients.csv", csv_text().splitlines()[0] + "\n11,Carl\n", r"patients\.csv: no row has as many fields as the"),
    ("patients.csv", csv_text() + '11,"Carl,x,,\n', r"patients\.csv cannot be read as csv"),
    ("patients.csv", csv_text().encode("latin-1"), r"patients\.csv cannot be read as csv: it is not UTF-8"),
    ("patients.parquet", "no Parquet", r"patients\.parquet cannot be read as parquet: it is not a Parquet file"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED, ids=[row[-1][:50] for row in REFUSED])
def test_a_file_that_cannot_be_read_is_refused_without_quoting_it(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(linkage.InputError, match=message) as refused:
        links(write(tmp_path / name, content))
    assert "Carl" not in str(refused.value)


def test_a_broken_gzip_stream_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress((csv_text() * 2000).encode())
    (tmp_path / "patients.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(linkage.InputError, match=r"patients\.csv\.gz cannot be read"):
        links(tmp_path / "patients.csv.gz")
    (tmp_path / "plain.csv.gz").write_text(csv_text())
    with pytest.raises(linkage.InputError, match=r"plain\.csv\.gz cannot be read"):
        links(tmp_path / "plain.csv.gz")


def test_a_path_that_is_not_there_and_a_thing_that_is_no_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(linkage.InputError, match=r"nobody\.csv: no such file"):
        links(tmp_path / "nobody.csv")
    with pytest.raises(linkage.InputError, match="no such file"):
        links(tmp_path)
    with pytest.raises(linkage.InputError, match="patients: dict is neither a path nor a data frame"):
        links({"patient_id": [1]})


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(linkage.InputError, match="engine = 'hive' is not one of: duckdb, spark, reference"):
        links(engine="hive")


def test_the_reference_engine_reads_the_same_files(tmp_path: Path) -> None:
    assert links(write(tmp_path / "patients.csv.gz", csv_text()), engine="reference") == LINKS


def test_a_frame_takes_what_a_job_file_takes_for_a_file() -> None:
    """Declared date formats, centuries, zeros, and kinds mean the same for a frame as for a file."""
    deaths = linkage.source(
        DEATHS.assign(birth_date=["11/02/50", "31/12/49", "02/01/60"], ssn=["14526789", None, "31441001"]),
        dates={"birth_date": "DD/MM/YY"},
        two_digit_years_up_to={"birth_date": 2020},
        ssn_lost_zeros="restore",
        columns={"first_name": "first_name"},
    )
    stays = linkage.source(
        pd.DataFrame({"patient_id": ["9"], "start": "02/01/15", "discharge": "03/01/15", "outtime": ""}),
        dates={"start": "DD/MM/YY", "discharge": "DD/MM/YY"},
        two_digit_years_up_to={"start": 2020, "discharge": 2020},
        kind="hospital",
        columns={"discharge": "discharge"},
    )
    policy = linkage.MortalityPolicy(anchor="hospital")
    with linkage.link(PATIENTS, deaths, encounters=stays, policy=policy, threads=1) as run:
        assert list(run.links[["patient_id", "death_id", "rule"]].itertuples(index=False, name=None)) == LINKS
        assert str(run.outcomes.set_index("patient_id").loc["9", "anchor_date"])[:10] == "2015-01-03"
        assert [source.name for source in run.sources] == ["patients", "deaths", "encounters"]


def test_columns_of_a_run_are_also_those_of_a_source_that_names_none() -> None:
    frame = linkage.source(PATIENTS.rename(columns={"patient_id": "mrn"}))
    assert links(frame, columns={"patients": {"patient_id": "mrn"}}) == LINKS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "cp1252"}, "A data frame has no encoding"),
        ({"table": "deaths"}, "A data frame has no table"),
        ({"date": {}}, r"'date' is not a setting of a source\. Allowed: .*Did you mean \"dates\"\?"),
    ],
)
def test_what_means_nothing_for_a_frame_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(linkage.InputError, match=message):
        linkage.source(DEATHS, **options)


def read_patients(patients: Any) -> list[tuple[str | None, ...]]:
    """Ids and last names of patients, as read."""
    engine = DuckDBEngine(threads=1)
    try:
        start_rejected(engine)
        load_people(engine, "patient", as_source(patients))
        return engine.rows("SELECT patient_id, last_name FROM patient ORDER BY rowid")
    finally:
        engine.close()


IDS = [
    # ids as stored by a program, as text, description
    (pd.Series([3.0, "A7", 12], dtype=object), ["3", "A7", "12"], "numbers and texts"),
    (pd.Series([3.0, 4.5, 12.0]), ["3", "4.5", "12"], "a fraction among whole numbers"),
    (pd.Series([3.0, 7.0, 12.0]).astype("category"), ["3", "7", "12"], "categories"),
    (pd.Series([3, None, 12], dtype="Int64"), ["3", None, "12"], "whole numbers with gaps"),
    (pd.Series([b"3", b"A7", None], dtype=object), ["3", "A7", None], "bytes"),
]


@pytest.mark.parametrize(("ids", "texts", "what"), IDS, ids=[row[-1] for row in IDS])
def test_an_id_is_the_same_text_whatever_stands_beside_it(ids: Any, texts: list[str | None], what: str) -> None:
    frame = pd.DataFrame({"patient_id": ids, "last_name": "LEE"})
    assert [id for id, _ in read_patients(frame)] == [text for text in texts if text]


def test_an_id_is_the_same_text_in_parquet_and_in_a_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame({"patient_id": [3.0, 4.5, 12.0], "last_name": "LEE"})
    frame.to_parquet(tmp_path / "p.parquet")
    assert read_patients(tmp_path / "p.parquet") == read_patients(frame)


def test_bytes_in_parquet_are_text_in_utf8(tmp_path: Path) -> None:
    names = ["Núñez".encode(), None]
    pq.write_table(pa.table({"patient_id": [1, 2], "last_name": pa.array(names, pa.binary())}), tmp_path / "p.parquet")
    assert read_patients(tmp_path / "p.parquet") == [("1", "NÚÑEZ"), ("2", None)]
    table = pa.table({"patient_id": [1], "last_name": pa.array(["Núñez".encode("latin-1")], pa.binary())})
    pq.write_table(table, tmp_path / "q.parquet")
    with pytest.raises(
        linkage.InputError, match=r"q\.parquet cannot be read .*: a binary column contains text that is not"
    ):
        read_patients(tmp_path / "q.parquet")


ZONES = [
    # time zone of a column, local day of a death at 10 p.m., whether that is a guess
    ("America/New_York", "2015-06-01", False),
    ("Asia/Tokyo", "2015-06-01", False),
    ("UTC", "2015-06-01", True),
]


@pytest.mark.parametrize("kind", ["pandas", "arrow", "polars"])
@pytest.mark.parametrize(("zone", "day", "is_guess"), ZONES)
def test_a_time_with_a_zone_is_the_day_that_the_clock_there_showed(
    kind: str, zone: str, day: str, is_guess: bool
) -> None:
    """For UTC, the local time zone is not known, and the run reports this."""
    person = {"first_name": ["ANN"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]}
    patients = pd.DataFrame({"patient_id": [1], **person})
    died = pd.to_datetime(["2015-06-01 22:00"]).tz_localize(zone)
    deaths: Any = patients.rename(columns={"patient_id": "death_id"}).assign(death_date=died)
    if kind == "arrow":
        deaths = pa.Table.from_pandas(deaths)
    elif kind == "polars":
        deaths = pytest.importorskip("polars", reason="its frames need polars").from_pandas(deaths)
    stays = pd.DataFrame({"patient_id": [1], "start": ["2015-01-01"], "discharge": ["2015-01-02"]})
    with linkage.link(patients, deaths, encounters=stays, threads=1) as run:
        assert run.outcomes["dod"].astype(str).tolist() == [day]
        instants = [concern for concern in run.concerns if "1 value is an instant, read in UTC, and not" in concern]
        assert bool(instants) == is_guess
