"""Workbooks whose cells do not hold what a person sees: the loss is told, and a wrong header is named."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from linkage.errors import InputError
from linkage.formats.tables import read_workbook
from linkage.formats.workbook_cells import concerns_of_cells, lost_cells_of
from linkage.sources.make_source import source
from tests.formats.binary import ERROR, FAILED, write_small_xls, write_xls, write_xlsb
from tests.formats.test_tables import workbook
from tests.formats.writing import read
from tests.stages import prepared

pytest.importorskip("python_calamine", reason="the extra excel is not installed")

HEADER: list[object] = ["death_id", "last_name", "ssn", "death_date"]
ROWS: list[list[object]] = [[9, "LEE", "012345678", "LATER"], [10, "ROE", "012345679", "2015-06-02"]]
PATIENTS = pd.DataFrame({"patient_id": ["1", "2"], "last_name": ["LEE", "ROE"], "ssn": ["012345678", "012345679"]})
LATER = '<c t="inlineStr"><is><t>LATER</t></is></c>'


def changed(path: Path, replaced: Mapping[str, str]) -> Path:
    """A workbook with other XML in its parts."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            for old, new in replaced.items():
                text = text.replace(old, new)
            book.writestr(name, text)
    return path


def concerns(path: Path, **declared: object) -> str:
    with prepared(PATIENTS, source(path, **declared)) as ready:
        return "\n".join(ready.concerns)


def empty_results(path: Path, sheet: str) -> list[str]:
    return concerns_of_cells(lost_cells_of(path, sheet), range(len(HEADER)))


CELLS = [
    # the cell as a spreadsheet program writes it, what is said
    ('<c r="D2" t="e"><v>#N/A</v></c>', "1 cell holds an error such as #N/A, first cell D2. It counts as empty."),
    ('<c r="D2" s="1" t="e"><f>A1/0</f><v>#DIV/0!</v></c>', "1 cell holds an error such as #N/A, first cell D2."),
    ('<c r="D2"><f>DATE(2015,6,1)</f><v/></c>', "1 cell holds a formula without a stored result, first cell D2."),
    ('<c r="D2"><f>DATE(2015,6,1)</f></c>', "1 cell holds a formula without a stored result, first cell D2."),
    ('<c r="D2" t="str"><f>""</f><v></v></c>', ""),
    ('<c r="D2" t="str"><f>TEXT(1,2)</f><v>2015-06-01</v></c>', ""),
    ('<c r="D2"><f si="0" t="shared"/><v>20150601</v></c>', ""),
    ('<c r="D2"/>', ""),
]


@pytest.mark.parametrize(("cell", "said"), CELLS, ids=[row[0] for row in CELLS])
def test_a_cell_whose_value_is_lost_is_told(tmp_path: Path, cell: str, said: str) -> None:
    path = changed(workbook(tmp_path / "a.xlsx", People=[HEADER, *ROWS]), {LATER: cell})
    found = concerns(path)
    assert said in found
    assert ("counts as empty" in found) == bool(said)


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ('<row hidden="1">', "2 rows are hidden"),
        ('<row r="2" hidden="true" s="1">', "2 rows are"),
        ('<row hidden="0">', ""),
    ],
)
def test_rows_that_a_filter_hides_are_told(tmp_path: Path, hidden: str, said: str) -> None:
    path = workbook(tmp_path / "a.xlsx", People=[HEADER, [9, "LEE", "012345678", "2015-06-01"], *ROWS[1:]])
    found = concerns(changed(path, {"<row><c><v>": f"{hidden}<c><v>"}))
    assert said in found
    assert ("hidden" in found) == bool(said)


def test_a_declared_calendar_that_is_not_the_workbooks_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", People=[HEADER, [9, "LEE", "", 42156], [10, "ROE", "", 42157]])
    assert "four years" not in concerns(path, dates={"death_date": "EXCEL"})
    assert 'Declare dates = { death_date = "EXCEL" }' in concerns(path, dates={"death_date": "EXCEL 1904"})
    changed(path, {"<sheets>": '<workbookPr date1904="1"/><sheets>'})
    said = concerns(path, dates={"death_date": "EXCEL"})
    assert "its days count from 1904, and death_date is declared as EXCEL" in said
    assert 'Declare dates = { death_date = "EXCEL 1904" }' in said


def test_a_calendar_matters_only_where_it_is_known_and_days_are_numbers(tmp_path: Path) -> None:
    given = workbook(tmp_path / "a.xlsx", People=[["ID", "SSN", "Date of Death"], [9, "012345678", "2015-06-01"]])
    columns = {"death_id": "ID"}
    assert "four years" not in concerns(given, columns=columns, dates={"death_date": "EXCEL 1904"})
    changed(given, {'<c t="inlineStr"><is><t>2015-06-01</t></is></c>': "<c><v>40694</v></c>"})
    assert "four years" in concerns(given, columns=columns, dates={"death_date": "EXCEL 1904"})
    write_ods(tmp_path / "a.ods", [[CELL_OF_ODS.format(cell) for cell in row] for row in (HEADER, DAY_AS_NUMBER)])
    assert [row["death_date"] for row in read(tmp_path / "a.ods")[0]] == ["40694"]
    assert "four years" not in concerns(tmp_path / "a.ods", dates={"death_date": "EXCEL 1904"})


DAY_AS_NUMBER = ["9", "LEE", "012345678", "40694"]
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
ODS = (
    f'<office:document-content xmlns:office="{OASIS}:office:1.0" xmlns:table="{OASIS}:table:1.0"'
    f' xmlns:text="{OASIS}:text:1.0" xmlns:calcext="{CALC}"><office:body><office:spreadsheet>'
    '<table:table table:name="People">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)
CELL_OF_ODS = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'


def write_ods(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """A file .ods with one sheet of these cells."""
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", "<manifest/>")
        whole = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        book.writestr("content.xml", ODS.format(whole))
    return path


@pytest.mark.parametrize(("suffix", "write"), [("xls", write_xls), ("xls", write_small_xls), ("xlsb", write_xlsb)])
def test_an_error_in_a_binary_workbook_is_told(tmp_path: Path, suffix: str, write: Any) -> None:
    sound = read_workbook(write(tmp_path / f"sound.{suffix}", [HEADER, *ROWS]))
    assert concerns_of_cells(sound.attrs["lost"], range(4)) == []
    found = read_workbook(write(tmp_path / f"a.{suffix}", [HEADER, [9, "LEE", "", ERROR], [10, "ROE", FAILED]]))
    assert found["death_date"].tolist() == [None, None]
    (said,) = concerns_of_cells(found.attrs["lost"], range(4))
    assert "2 cells hold an error such as #N/A, first cell D2. They count as empty." in said


START = '<table:table-cell table:formula="of:=1/0"'
CELLS_OF_ODS = [
    # the cell as a spreadsheet program writes it, what is said
    (
        f'{START} office:value-type="string" office:string-value="" calcext:value-type="error"/>',
        "an error such as #N/A",
    ),
    (f'{START} office:value-type="string"><text:p>#REF!</text:p></table:table-cell>', "an error such as #N/A"),
    (f"{START}/>", "a formula without a stored result"),
    (f'{START} office:value-type="string" office:string-value=""><text:p/></table:table-cell>', ""),
    (f"{START}><text:p/></table:table-cell>", ""),  # a result that is an empty text, as LibreOffice writes it
    (CELL_OF_ODS.format("2015-06-01"), ""),
]


@pytest.mark.parametrize(("cell", "said"), CELLS_OF_ODS)
def test_a_cell_of_an_open_document_whose_value_is_lost_is_told(tmp_path: Path, cell: str, said: str) -> None:
    three = '<table:table-cell table:number-columns-repeated="3"/>'
    rows = [[CELL_OF_ODS.format(one) for one in HEADER], [three, CELL_OF_ODS.format("")], [three, cell], [three, cell]]
    found = concerns_of_cells(read_workbook(write_ods(tmp_path / "a.ods", rows)).attrs["lost"], range(4))
    assert len(found) == bool(said)
    assert all(one.startswith(f"2 cells hold {said}, first cell D3. They count as empty.") for one in found)


def test_a_workbook_whose_cells_cannot_be_searched_is_told(tmp_path: Path) -> None:
    path = write_xls(tmp_path / "a.xls", [HEADER, *ROWS])
    path.write_bytes(path.read_bytes()[:600])
    assert "could not be searched for errors" in empty_results(path, "People")[0]


@pytest.mark.parametrize(("suffix", "write"), [("xls", write_xls), ("xlsb", write_xlsb), ("xlsx", None)])
def test_a_sheet_that_is_not_found_is_told(tmp_path: Path, suffix: str, write: Any) -> None:
    path = tmp_path / f"a.{suffix}"
    path = write(path, [HEADER, *ROWS]) if write else workbook(path, People=[HEADER, *ROWS])
    assert "could not be searched for errors" in empty_results(path, "Another")[0]


def test_elements_with_the_name_of_their_namespace_are_searched(tmp_path: Path) -> None:
    cell = '<x:c r="D2" t="e"><x:f>A1/0</x:f><x:v>#DIV/0!</x:v></x:c><x:c r="D3"><x:f>A1</x:f><x:v/></x:c>'
    path = changed(workbook(tmp_path / "a.xlsx", People=[HEADER, *ROWS]), {LATER: cell, "</row>": "</x:row>"})
    assert [said[:13] for said in empty_results(path, "People")] == ["1 cell holds ", "1 cell holds "]


def test_a_lost_cell_in_a_column_that_is_not_read_does_not_matter(tmp_path: Path) -> None:
    rows = [[*ROWS[0][:3], "2015-06-01", "LATER"], [*ROWS[1], "B4"]]
    end, merged = "</sheetData>", '<mergeCells count="1"><mergeCell ref="E2:E3"/></mergeCells>'
    path = changed(
        workbook(tmp_path / "a.xlsx", People=[[*HEADER, "ward"], *rows]),
        {LATER: '<c r="E2" t="e"><v>#N/A</v></c>', end: f"{end}{merged}"},
    )
    with prepared(PATIENTS, source(path)) as ready:
        assert not [one for one in ready.concerns if "error such as" in one or "merged" in one]
    with prepared(PATIENTS, source(path, columns={"middle_name": "ward"})) as ready:
        found = "\n".join(ready.concerns)
    assert "1 cell holds an error such as #N/A, first cell E2." in found
    assert "1 range of cells is merged" in found


def test_a_hidden_sheet_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", People=[HEADER, *ROWS], Notes=[])
    assert "hidden" not in concerns(path)
    changed(path, {'name="People"': 'name="People" state="hidden"'})
    assert "the sheet People, which is read, is hidden. Is it the right one?" in concerns(path)
    two = workbook(tmp_path / "b.xlsx", People=[HEADER, *ROWS], Old=[HEADER, *ROWS])
    changed(two, {'name="Old"': 'name="Old" state="veryHidden"'})
    with pytest.raises(InputError, match=r"2 sheets with rows: People, Old \(hidden\)\."):
        read(two)


def test_merged_cells_below_the_header_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", People=[HEADER, *ROWS])
    end = "</sheetData>"
    changed(path, {end: f'{end}<mergeCells count="1"><mergeCell ref="D2:D3"/></mergeCells>'})
    assert "1 range of cells is merged below the header, and only the first cell of it has its value" in concerns(path)
    assert "first in row 2." in concerns(path)
    changed(path, {'<mergeCell ref="D2:D3"/>': '<mergeCell ref="A3:B3"/><mergeCell ref="D2:D3"/>'})
    assert "2 ranges of cells are merged" in concerns(path)
    assert "first in row 2." in concerns(path)
    changed(path, {'<mergeCell ref="D2:D3"/>': "", "A3:B3": "A1:B1"})
    assert "merged" not in concerns(path)
    changed(path, {"A1:B1": "no cells"})
    with pytest.raises(InputError, match=r"a\.xlsx cannot be read as a workbook"):
        concerns(path)


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ([["Deaths of 2015"]], "row 2, has values in columns without a header. Row 2 seems to be the header"),
        ([["Deaths of 2015"], []], "Row 3 seems to be the header: remove what is above it."),
        ([[None, "Person", None, "Death"]], "only the first has a name. Row 2 seems to be the header"),
        ([[]], "the first row is empty. It must be the header with the column names. Row 2 seems to be the header"),
    ],
)
def test_a_title_above_the_header_is_named(tmp_path: Path, above: list[list[object]], said: str) -> None:
    with pytest.raises(InputError) as refused:
        read(workbook(tmp_path / "a.xlsx", People=[*above, HEADER, *ROWS]))
    assert said in str(refused.value)
