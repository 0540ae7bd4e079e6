"""Cells of a workbook that the reading library returns as empty although they are not: errors and unstored results.

A formula that failed (#N/A, #VALUE!), or that no spreadsheet program has calculated, has no value. The formats
.xlsx and .xlsm are searched here, the others in `binary_workbooks` and `open_document`.
"""

import re
import struct
import zipfile
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from linkage.formats.binary_workbooks import COMPOUND_FILE, XLSB, Place, errors_of_xls, errors_of_xlsb
from linkage.formats.open_document import CONTENT, lost_cells
from linkage.printing import agreeing, counted

_OPEN_XML = "xl/workbook.xml"
_AT_ONCE = 1 << 20
_LONGEST_ROW = 1 << 24
_CELL = re.compile(rb"<c ([^>]*)>(<f.*?)</c>|<c ([^>]*t=\"e\"[^>]*)>", re.DOTALL)
_NO_RESULT = re.compile(rb"<f[^>]*/>\s*(<v\s*/>|<v>\s*</v>)?|<f.*</f>\s*(<v\s*/>|<v>\s*</v>)?", re.DOTALL)
_PREFIX = re.compile(rb"<(/?)[A-Za-z]+:(row|c|f|v)\b")
"""Some programs name the namespace before every element."""
_HIDDEN_ROW = re.compile(rb"<(?:[A-Za-z]+:)?row\b[^<>]*\shidden=\"(?:1|true)\"")
_PLACE = re.compile(rb"\br=\"([A-Z]{1,3})([0-9]{1,7})\"")


def first_year(path: Path) -> int | None:
    """The year from which the days of a workbook count: 1900 or 1904, or None for formats that do not show it."""
    if _OPEN_XML not in _parts(path):
        return None
    with zipfile.ZipFile(path) as book:
        content = book.read(_OPEN_XML)
    return 1904 if re.search(rb"date1904=\"(1|true|on)\"", content) else 1900


def _parts(path: Path) -> list[str]:
    """The parts of a workbook that is a package; empty for another file."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as book:
        return book.namelist()


@dataclass(frozen=True)
class LostCells:
    """The cells of a sheet without a result, and whether each holds an error; None if they could not be searched.

    `merged` are the first and last cells of merged ranges below the header, and `hidden_rows` is the number of rows
    that a filter or a person has hidden (.xlsx and .xlsm).
    """

    cells: Sequence[tuple[Place, bool]] | None = ()
    merged: Sequence[tuple[Place, Place]] = ()
    hidden_rows: int = 0


def lost_cells_of(path: Path, sheet: str, merged: Sequence[tuple[Place, Place]] = ()) -> LostCells:
    """Search a sheet for cells without a result."""
    try:
        return LostCells(list(_lost(path, sheet)), merged, _hidden_rows(path, sheet))
    except (struct.error, IndexError, KeyError, ValueError, ElementTree.ParseError, zipfile.BadZipFile):
        return LostCells(None, merged)


def concerns_of_cells(lost: LostCells, columns: Container[int]) -> list[str]:
    """What looks wrong in the cells of some columns, which are counted from 0."""
    if lost.cells is None:
        return ["its cells could not be searched for errors such as #N/A, which count as empty. Save it as .xlsx."]
    found = [(place, is_error) for place, is_error in lost.cells if place[1] in columns]
    errors, without = ([place for place, is_error in found if is_error is wanted] for wanted in (True, False))
    merged = [first for first, last in lost.merged if any(one in columns for one in range(first[1], last[1] + 1))]
    concerns = []
    if errors:
        concerns.append(
            f"{counted(len(errors), 'cell holds', 'cells hold')} an error such as #N/A, first cell"
            f" {_name_of(*errors[0])}. {agreeing(len(errors), 'It counts', 'They count')} as empty. Correct the"
            " formulas, or write the values."
        )
    if without:
        concerns.append(
            f"{counted(len(without), 'cell holds', 'cells hold')} a formula without a stored result, first cell"
            f" {_name_of(*without[0])}. {agreeing(len(without), 'It counts', 'They count')} as empty. Open the workbook"
            " in a spreadsheet program, and save it."
        )
    if merged:
        concerns.append(
            f"{counted(len(merged), 'range of cells is', 'ranges of cells are')} merged below the header, and only the"
            f" first cell of {agreeing(len(merged), 'it', 'each')} has its value, first in row {min(merged)[0] + 1:,}."
            " Split merged cells, and repeat their values."
        )
    if lost.hidden_rows:
        concerns.append(
            f"{counted(lost.hidden_rows, 'row is', 'rows are')} hidden, by a filter or a person, and"
            f" {agreeing(lost.hidden_rows, 'is', 'are')} read. If they should not count, delete them; otherwise show"
            " them."
        )
    return concerns


def _hidden_rows(path: Path, sheet: str) -> int:
    if _OPEN_XML not in _parts(path):
        return 0
    number, rest = 0, b""
    with zipfile.ZipFile(path) as book, book.open(_part_of(book, sheet)) as content:
        while block := content.read(_AT_ONCE):
            # The last tag may continue in the next block.
            whole, mark, last = (rest + block).rpartition(b"<")
            number, rest = number + len(_HIDDEN_ROW.findall(whole)), mark + last
    return number


def _lost(path: Path, sheet: str) -> Iterator[tuple[Place, bool]]:
    """The cells of a sheet without a result, and whether each holds an error, whatever the format of the workbook."""
    parts = _parts(path)
    if _OPEN_XML in parts:
        yield from _lost_in_open_xml(path, sheet)
    elif XLSB in parts:
        yield from ((place, True) for place in errors_of_xlsb(path, sheet))
    elif CONTENT in parts:
        yield from (((row, column), is_error) for row, column, is_error in lost_cells(path, sheet))
    elif _begins(path, COMPOUND_FILE):
        yield from ((place, True) for place in errors_of_xls(path, sheet))


def _begins(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _name_of(row: int, column: int) -> str:
    """The name of a cell, from its row and column, counted from 0.

    >>> _name_of(1, 3), _name_of(9, 26), _name_of(0, 701), _name_of(0, 702)
    ('D2', 'AA10', 'ZZ1', 'AAA1')
    """
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def _lost_in_open_xml(path: Path, sheet: str) -> Iterator[tuple[Place, bool]]:
    with zipfile.ZipFile(path) as book:
        for attributes, formula in _cells(book, _part_of(book, sheet)):
            is_error = b't="e"' in attributes
            if is_error or (b't="str"' not in attributes and _NO_RESULT.fullmatch(formula)):
                match = _PLACE.search(attributes)
                if not match:
                    raise ValueError("a cell without a place")
                yield (int(match[2]) - 1, _number_of(match[1].decode())), is_error


def _number_of(letters: str) -> int:
    """The column, counted from 0, with these letters.

    >>> _number_of("D"), _number_of("AA"), _number_of("ZZ"), _number_of("AAA")
    (3, 26, 701, 702)
    """
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """The part of the package that holds a sheet. Raises KeyError if it is not found."""
    listed = ElementTree.fromstring(book.read(_OPEN_XML))
    related = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in related}
    for one in listed.iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            named = next((value for name, value in one.items() if name.endswith("}id")), None)
            target = targets.get(named, "").removeprefix("/xl/")
            return f"xl/{target}"
    raise KeyError(sheet)


def _cells(book: zipfile.ZipFile, part: str) -> Iterator[tuple[bytes, bytes]]:
    """The attributes and content of the cells of a sheet that hold a formula or an error."""
    rest = b""
    with book.open(part) as content:
        while block := content.read(_AT_ONCE):
            rows, end, rest = _PREFIX.sub(rb"<\1\2", rest + block).rpartition(b"</row>")
            if not end and len(rest) > _LONGEST_ROW:
                return
            yield from ((match[1] or match[3], match[2] or b"") for match in _CELL.finditer(rows))
