"""Files of SAS, Stata, SPSS and Excel: ids are read exactly, and labels are read."""

import datetime
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from linkage.errors import InputError, LinkageError
from linkage.job.guess import guess_file
from tests.formats.writing import dmf, ije, read, write

pyreadstat = pytest.importorskip("pyreadstat", reason="the extra stat is not installed")
pytest.importorskip("python_calamine", reason="the extra excel is not installed")

PEOPLE = pd.DataFrame({
    "patient_id": [12345.0, 7.0], "last_name": ["García", "ROE"], "ssn": ["012345678", ""], "sex": [1.0, 2.0],
    "birth_date": [datetime.date(1950, 2, 11), None],
})  # fmt: skip


@pytest.mark.parametrize("suffix", ["dta", "sav", "xpt"])
def test_numbers_are_ids_and_labels_are_values(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"patients.{suffix}"
    labels = {} if suffix == "xpt" else {"variable_value_labels": {"sex": {1: "Male", 2: "Female"}}}
    writer = {"dta": pyreadstat.write_dta, "sav": pyreadstat.write_sav, "xpt": pyreadstat.write_xport}[suffix]
    writer(PEOPLE.drop(columns="birth_date") if suffix == "xpt" else PEOPLE, str(path), **labels)
    rows, given = read(path)
    assert [row["patient_id"] for row in rows] == ["12345", "7"]
    assert rows[0]["ssn"] == "012345678"
    assert "ssn" not in rows[1]
    assert [row["sex"] for row in rows] == (["1", "2"] if suffix == "xpt" else ["Male", "Female"])
    assert rows[0]["last_name"] == "García"
    if suffix != "xpt":
        assert rows[0]["birth_date"] == "1950-02-11"
    assert given.forgiven.startswith("its text is in ")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for name in ("a.sas7bdat", "a.dta", "a.xlsx"):
        (tmp_path / name).write_bytes(b"LEE;ANN;012345678" * 10)
        with pytest.raises(InputError, match="cannot be read as") as refused:
            read(tmp_path / name)
        assert "LEE" not in str(refused.value)


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook written by hand."""

    def cell(value: object) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    links = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, start=1))
    targets = "".join(
        f'<Relationship Id="r{n}" Type="{kind}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        start = f'<Relationship Id="r0" Type="{kind}/officeDocument" Target="xl/workbook.xml"/>'
        book.writestr("_rels/.rels", f"<Relationships {package}>{start}</Relationships>")
        book.writestr("xl/workbook.xml", f"<workbook {space} {links}><sheets>{listed}</sheets></workbook>")
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships {package}>{targets}</Relationships>")
        for n, rows in enumerate(sheets.values(), start=1):
            xml = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            book.writestr(f"xl/worksheets/s{n}.xml", f"<worksheet {space}><sheetData>{xml}</sheetData></worksheet>")
    return path


HEADER: list[object] = ["patient_id", "last_name", "ssn"]


def test_a_workbook_is_read_by_its_header(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", People=[HEADER, [12345.0, "LEE", "012345678"], [7, "ROE", 12345678]], Notes=[])
    rows, given = read(path)
    assert rows == [
        {"patient_id": "12345", "last_name": "LEE", "ssn": "012345678"},
        {"patient_id": "7", "last_name": "ROE", "ssn": "12345678"},
    ]
    assert given.row_number(1) == 3


def test_of_several_sheets_one_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", First=[HEADER, [1, "LEE", ""]], Second=[HEADER, [2, "ROE", ""]])
    with pytest.raises(InputError, match="2 sheets with rows: First, Second"):
        read(path)
    rows, _ = read(path, table="Second")
    assert [row["patient_id"] for row in rows] == ["2"]
    with pytest.raises(InputError, match='Did you mean "Second"'):
        read(path, table="Secnd")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([HEADER, [1, "LEE", "", "x"]], "row 2, has values in columns without a header"),
        ([["id", "ID"], [1, 2]], "two columns have the same name"),
        ([["id", "", "ssn"], [1, 2, 3]], "has no name"),
    ],
)
def test_a_header_that_does_not_name_every_column_is_refused(
    tmp_path: Path, rows: list[list[object]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(workbook(tmp_path / "a.xlsx", People=rows))


@pytest.mark.parametrize(("name", "extra"), [("a.dta", "stat"), ("a.xlsx", "excel")])
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, "pyreadstat", None)
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(LinkageError, match=rf"mortality-linkage\[{extra}\]"):
        read(tmp_path / name)


def test_init_knows_official_layouts(tmp_path: Path) -> None:
    death_master = write(tmp_path / "dmf.txt", [dmf("123456789", "LEE", "ANN")])
    certificates = write(tmp_path / "a.ije", [ije("000001"), ije("000002")[:4000]])
    (tmp_path / "deaths.ndjson").write_text("{}")
    found = {path: guess_file(path) for path in (death_master, certificates, tmp_path / "deaths.ndjson")}
    assert [one.role for one in found.values()] == ["deaths"] * 3
    assert [{key: value for key, value, _ in one.settings} for one in found.values()] == [
        {"layout": "ssa_dmf"}, {"layout": "ije_mortality"}, {}
    ]  # fmt: skip
    assert guess_file(workbook(tmp_path / "a.xlsx", People=[HEADER, [1, "LEE", "012345678"]])).role == "patients"
