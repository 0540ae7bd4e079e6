"""The cells of an OpenDocument spreadsheet (.ods) with an error or a formula without a result.

The reading library returns them as empty, as a number that is no result, or as the text of the error.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

CONTENT = "content.xml"
"""The part that a file of this format has."""
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_ERROR = re.compile("#(N/A|VALUE!|REF!|DIV/0!|NAME[?]|NUM!|NULL!)|Err:[0-9]{3}")


def lost_cells(path: Path, sheet: str) -> Iterator[tuple[int, int, bool]]:
    """The row and column, from 0, of each cell without a result, and whether it holds an error."""
    with zipfile.ZipFile(path) as book:
        if b":formula" not in book.read(CONTENT):  # errors are results of formulas
            return
        with book.open(CONTENT) as content:
            yield from _lost(ElementTree.iterparse(content, ("start", "end")), sheet)


def _lost(events: Iterator[tuple[str, ElementTree.Element]], sheet: str) -> Iterator[tuple[int, int, bool]]:
    is_read, row, column = False, 0, 0
    for event, one in events:
        if one.tag == f"{_TABLE}table" and event == "start":
            is_read, row = one.get(f"{_TABLE}name") == sheet, 0
        elif one.tag in _CELLS and event == "end":
            is_error = _holds_error(one)
            if is_read and (is_error or _is_without_result(one)):
                yield row, column, is_error
            column += int(one.get(f"{_TABLE}number-columns-repeated", "1"))
        elif one.tag == f"{_TABLE}table-row" and event == "end":
            row, column = row + int(one.get(f"{_TABLE}number-rows-repeated", "1")), 0
            one.clear()


def _holds_error(cell: ElementTree.Element) -> bool:
    if cell.get(f"{_CALC}value-type") == "error":
        return True
    return f"{_TABLE}formula" in cell.attrib and bool(_ERROR.fullmatch(cell.findtext(f"{_TEXT}p") or ""))


def _is_without_result(cell: ElementTree.Element) -> bool:
    """Whether a cell has a formula, but no value and no text; an empty text is a result."""
    has_type = f"{_OFFICE}value-type" in cell.attrib
    return f"{_TABLE}formula" in cell.attrib and not has_type and cell.find(f"{_TEXT}p") is None
