"""A row of a CSV file has a value for each column of the header, or is rejected with its line; none is shifted."""

import gzip
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.sources.csv_rows import LONGEST_ROW
from linkage.sources.make_source import source
from linkage.sources.source import ROW_NUMBER, Source

HEADER = "id,last,first,born,ssn"
LEE, ROE = "1,LEE,ANN,1950-02-11,014526789", "2,ROE,BOB,1951-03-12,"
SHIFTED = "1001,TANGEN, JR,ORVILLE,1941-03-07,"


def of(path: Path, *rows: str, header: str = HEADER, end: str = "\n", **reading: Any) -> Source:
    """A file of these rows."""
    text = end.join([header, *rows, ""]).replace(",", reading.get("delimiter", ","))
    content = text.encode(reading.get("encoding", "utf-8"))
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return source(path, **reading)


def read(given: Source, column: str = "id") -> list[str | None]:
    """A column as the database reads it."""
    engine = DuckDBEngine(threads=1)
    engine.load("given", given, f"SELECT {column} AS value FROM source")
    values = [value for (value,) in engine.rows("SELECT value FROM given ORDER BY rowid")]
    engine.close()
    return values


def unfit(given: Source) -> list[tuple[int, str]]:
    """The excluded rows, with the reasons."""
    return list(given.csv_rows.reasons())


SIX = "6 fields where the header has 5"
WAYS = [
    # format of the file
    {},
    {"delimiter": "\t"},
    {"delimiter": ";"},
    {"delimiter": "|"},
    {"encoding": "utf-16"},
    {"encoding": "cp1252"},
    {"quote": ""},
    {"quote": "'"},
]


@pytest.mark.parametrize("reading", WAYS, ids=str)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_field_too_many_leaves_a_row_out_and_shifts_no_value(
    tmp_path: Path, reading: dict[str, str], end: str
) -> None:
    given = of(tmp_path / "p.csv", LEE, SHIFTED, ROE, end=end, **reading)
    assert unfit(given) == [(3, SIX)]
    assert read(given) == ["1", "2"]
    assert read(given, "born") == ["1950-02-11", "1951-03-12"]


ROWS = [
    # rows, excluded rows, ids of the used rows
    ([LEE, "1001,TANGEN, JR,ORVILLE,1941-03-07"], [], ["1", "1001"]),  # its values show it: see test_displaced_rows
    ([LEE, "1001,TANGEN"], [(3, "2 fields where the header has 5")], ["1"]),
    ([LEE, f"{ROE},,,"], [(3, "8 fields where the header has 5")], ["1"]),
    ([LEE, "   ", ROE], [(3, "1 field where the header has 5")], ["1", "2"]),
    ([LEE, "", "", ROE, SHIFTED], [(6, SIX)], ["1", "2"]),
    (['1,"LEE\n\nthe elder",ANN,,', SHIFTED, ROE], [(5, SIX)], ["1", "2"]),
    (['1,"a ""b"", c",ANN,,', SHIFTED, ROE], [(3, SIX)], ["1", "2"]),
    (['1,O"HARA,"AN""N",5\'10",', SHIFTED, ROE], [(3, SIX)], ["1", "2"]),
    ([' "1" , "LE,E",ANN,,', SHIFTED, ROE], [(3, SIX)], ["1", "2"]),
    (['7,"x\ny",,,,,', LEE], [(2, "7 fields where the header has 5")], ["1"]),
    ([f"{LEE},", f"{ROE},"], [], ["1", "2"]),
    ([f"{LEE},", ROE], [(2, SIX)], ["2"]),
    ([f"{LEE},", f"{ROE},", f"{SHIFTED},"], [(2, SIX), (3, SIX), (4, "7 fields where the header has 5")], None),
]


@pytest.mark.parametrize(("rows", "left_out", "used"), ROWS, ids=[row[0][-1][:30] + str(row[1]) for row in ROWS])
def test_rows_that_do_not_fit_the_header_are_left_out(
    tmp_path: Path, rows: list[str], left_out: list[tuple[int, str]], used: list[str] | None
) -> None:
    given = of(tmp_path / "p.csv.gz", *rows)
    if used is None:
        with pytest.raises(
            linkage.InputError, match=r"no row has as many fields as the header \(5\); the first, on lin"
        ):
            read(given)
        return
    assert unfit(given) == left_out
    assert read(given) == used


def test_a_delimiter_at_the_end_of_the_header_alone_names_no_column(tmp_path: Path) -> None:
    given = of(tmp_path / "p.csv", LEE, ROE, SHIFTED, header=f"{HEADER},")
    assert given.header() == HEADER.split(",")
    assert read(given) == ["1", "2"]
    assert [line for line, _ in given.csv_rows.reasons()] == [4]
    every = of(tmp_path / "q.csv", f"{LEE},", f"{ROE},", f"{SHIFTED},", header=f"{HEADER},")
    assert read(every) == ["1", "2"]
    assert unfit(every) == [(4, "7 fields where the header has 6")]


def test_the_row_number_is_the_line_on_which_a_row_begins(tmp_path: Path) -> None:
    rows = [LEE, "", '2,"ROE\n\nthe elder",BOB,,', "3", "4,POE,CAL,,"]
    given = of(tmp_path / "p.csv", *rows, header=HEADER.replace("first", '"first\nname"'))
    assert [given.row_number(place) for place in range(3)] == [3, 5, 9]
    assert read(given, ROW_NUMBER) == [3, 5, 9] or read(given, ROW_NUMBER) == ["3", "5", "9"]
    assert unfit(given) == [(8, "1 field where the header has 5")]
    frame = Source("frame", frame=pd.DataFrame({"id": ["a", "b"]}))
    assert [str(number) for number in read(frame, ROW_NUMBER) if number] == ["2", "3"]


def test_every_row_of_a_large_file_has_its_line(tmp_path: Path) -> None:
    rows = [
        f"{n},LEE,ANN,,\n" if n % 7 else f'{n},"LEE\nROE",ANN,,\n\n' if n % 21 else f"{n},,,,,\n" for n in range(60_000)
    ]
    path = tmp_path / "p.csv"
    path.write_text(f"{HEADER}\n{''.join(rows)}")
    lines, line = {}, 2
    for n, row in enumerate(rows):
        lines[n], line = line, line + row.count("\n")
    given = source(path)
    ids = [int(id or 0) for id in read(given)]
    assert ids == [n for n in range(60_000) if n % 21]
    assert [given.row_number(place) for place in range(len(ids))] == [lines[n] for n in ids]
    assert [line for line, _ in unfit(given)] == [lines[n] for n in range(0, 60_000, 21)]
    assert read(given, f"CAST({ROW_NUMBER} AS BIGINT)") == [lines[n] for n in ids]


ENDLESS = [
    # text after the first row
    "2,ROE,BOB,1951-03-12," + "9" * LONGEST_ROW,
    "2,ROE,BOB,1951-03-12," + "9" * 33_000_000,
    "2,ROE," + "9" * LONGEST_ROW + f",,\n{ROE}",
    '2,"ROE,BOB,,\n' + f"{ROE}\n" * 3,
    '2,"RO"E,BOB,,\n' + f"{ROE}\n" * 3,
]


@pytest.mark.parametrize("rest", ENDLESS, ids=["long last", "very long last", "long", "open quote", "quote in a quote"])
@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
def test_a_row_without_an_end_is_refused_with_its_line(tmp_path: Path, rest: str, name: str) -> None:
    given = of(tmp_path / name, LEE, rest)
    with pytest.raises(
        linkage.InputError, match=r"quote is opened and not closed in the row that begins on line 3, or"
    ):
        read(given)


def people(ids: bool = True) -> pd.DataFrame:
    """Two deaths, with or without a column of ids."""
    frame = pd.DataFrame({
        "first_name": ["ANN", "BOB"], "last_name": ["LEE", "ROE"], "birth_date": ["1950-02-11", "1951-03-12"],
        "ssn": ["014526789", "212345678"], "death_date": ["2015-06-30", "2015-07-01"],
    })  # fmt: skip
    return frame.assign(death_id=["8", "9"]) if ids else frame


PATIENTS = people().rename(columns={"death_id": "patient_id"}).drop(columns="death_date")


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize("kind", ["frame", "csv", "blank lines", "parquet"])
def test_deaths_without_ids_are_numbered_by_their_rows(tmp_path: Path, engine: str, kind: str) -> None:
    deaths: Any = people(ids=False)
    expected = ["2", "3"]
    if kind == "parquet":
        deaths.to_parquet(tmp_path / "d.parquet")
        deaths = tmp_path / "d.parquet"
    elif kind != "frame":
        text = deaths.to_csv(index=False)
        if kind == "blank lines":
            text, expected = text.replace("ROE", "R,OE").replace("BOB", "\nX,Y\nBOB"), ["2", "5"]
            text = text.replace("R,OE", '"R\nOE"')
        (tmp_path / "d.csv").write_text(text)
        deaths = tmp_path / "d.csv"
    with linkage.link(PATIENTS, deaths, engine=engine, threads=1) as run:
        assert run.links["death_id"].tolist() == expected[: len(run.links)]
        assert "2" in run.links["death_id"].tolist()
        assert "has no column of death ids: the row number is used as the death_id. It depends on the order" in str(run)


def test_the_ssn_may_be_the_id_of_a_death_and_stays_an_ssn() -> None:
    for columns in ({"death_id": "ssn"}, {"death_id": "ssn", "ssn": "ssn"}):
        with linkage.link(PATIENTS, people(ids=False), columns={"deaths": columns}, threads=1) as run:
            assert run.links[["death_id", "rule"]].to_numpy().tolist() == [["014526789", "R1"], ["212345678", "R1"]]
            assert "the SSN is also the death_id, so every output table with a death_id" in str(run)


def test_what_is_forgiven_of_every_row_is_reported(tmp_path: Path) -> None:
    text = PATIENTS.to_csv(index=False).replace("\n", ",\n")
    (tmp_path / "rows.csv").write_text(text.replace(",\n", "\n", 1))
    (tmp_path / "header.csv").write_text(PATIENTS.to_csv(index=False).replace("\n", ",\n", 1))
    assert source(tmp_path / "rows.csv").forgiven == "every row ends with an extra delimiter"
    with linkage.link(tmp_path / "header.csv", people(), threads=1) as run:
        assert len(run.links) == 2
        assert "header.csv: the header ends with an extra delimiter." in str(run)


def test_rejected_rows_have_the_numbers_of_their_lines_whatever_stands_between(tmp_path: Path) -> None:
    text = PATIENTS.to_csv(index=False)
    header, *rows = text.splitlines()
    width = len(header.split(","))
    (tmp_path / "p.csv").write_text("\n".join([header, "", rows[0], "x,y", "", "," * (width - 1), rows[1], rows[1]]))
    stays = "patient_id,start,discharge\n\n8,2015-01-01,2015-01-02\n\n77,2015-01-01,2015-01-02\n8,2015-01-01\n"
    (tmp_path / "s.csv").write_text(stays)
    (tmp_path / "t.csv").write_text(stays)
    files = [tmp_path / "s.csv", tmp_path / "t.csv"]
    with linkage.link(tmp_path / "p.csv", people(), encounters=files, threads=1) as run:
        rejected = run.rejected.astype(str).agg(" ".join, axis=1).tolist()
        assert run.counts["rows"][0] == {"file": "p.csv", "read": 5, "rejected": 3, "used": 2}
    stay = ["5 patient_id is not among the patients", "6 2 fields where the header has 3"]
    assert rejected == [
        f"p.csv 4 2 fields where the header has {width}",
        "p.csv 6 no patient_id",
        "p.csv 8 repeats an earlier row",
        *(f"{name} {reason}" for name in ("s.csv", "t.csv") for reason in stay),
    ]


def test_pandas_reads_the_same_rows_where_every_row_fits(tmp_path: Path) -> None:
    rows = [f'{n},"L{n}\n""E""",{"" if n % 3 else "A;B"},1950-02-11,' for n in range(500)]
    given = of(tmp_path / "p.csv", *rows)
    frame = pd.read_csv(io.StringIO((tmp_path / "p.csv").read_text()), dtype=str)
    assert read(given, "last") == frame["last"].tolist()
    assert given.csv_rows.rows == len(frame)
