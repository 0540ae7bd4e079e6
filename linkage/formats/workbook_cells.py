"""Cells of a workbook that the reading library returns as empty although they are not: errors and unstored results.

A formula that failed (#N/A, #VALUE!), or that no spreadsheet program has calculated, has no value. Of the formats of
workbooks, only .xlsx and .xlsm show these cells without a program.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from linkage.printing import agreeing, counted

_OPEN_XML = (".xlsx", ".xlsm")
_AT_ONCE = 1 << 20
_LONGEST_ROW = 1 << 24
_CELL = re.compile(rb"<c ([^>]*)>(<f.*?)</c>|<c ([^>]*t=\"e\"[^>]*)>", re.DOTALL)
_NO_RESULT = re.compile(rb"<f[^>]*/>\s*(<v\s*/>|<v>\s*</v>)?|<f.*</f>\s*(<v\s*/>|<v>\s*</v>)?", re.DOTALL)
_PLACE = re.compile(rb"\br=\"([A-Z]{1,3}[0-9]{1,7})\"")


def _is_open_xml(path: Path) -> bool:
    return path.suffix.lower() in _OPEN_XML and zipfile.is_zipfile(path)


def first_year(path: Path) -> int | None:
    """The year from which the days of a workbook count: 1900 or 1904, or None for formats that do not show it."""
    if not _is_open_xml(path):
        return None
    with zipfile.ZipFile(path) as book:
        content = book.read("xl/workbook.xml") if "xl/workbook.xml" in book.namelist() else b""
    return 1904 if re.search(rb"date1904=\"(1|true|on)\"", content) else 1900


def empty_results(path: Path, sheet: str) -> list[str]:
    """What looks wrong in the cells of a sheet; empty for formats that do not show it."""
    if not _is_open_xml(path):
        return []
    errors: list[str] = []
    without: list[str] = []
    with zipfile.ZipFile(path) as book:
        part = _part_of(book, sheet)
        for attributes, formula in _cells(book, part) if part else ():
            place = match[1].decode() if (match := _PLACE.search(attributes)) else "?"
            if b't="e"' in attributes:
                errors.append(place)
            elif b't="str"' not in attributes and _NO_RESULT.fullmatch(formula):
                without.append(place)
    concerns = []
    if errors:
        concerns.append(
            f"{counted(len(errors), 'cell holds', 'cells hold')} an error such as #N/A, first cell {errors[0]}."
            f" {agreeing(len(errors), 'It counts', 'They count')} as empty. Correct the formulas, or write the values."
        )
    if without:
        concerns.append(
            f"{counted(len(without), 'cell holds', 'cells hold')} a formula without a stored result, first cell"
            f" {without[0]}. {agreeing(len(without), 'It counts', 'They count')} as empty. Open the workbook in a"
            " spreadsheet program, and save it."
        )
    return concerns


def _part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """The part of the package that holds a sheet; empty if it is not found."""
    try:
        listed = ElementTree.fromstring(book.read("xl/workbook.xml"))
        related = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return ""
    targets = {one.get("Id"): one.get("Target", "") for one in related}
    for one in listed.iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            named = next((value for name, value in one.items() if name.endswith("}id")), None)
            target = targets.get(named, "").removeprefix("/xl/")
            return f"xl/{target}" if f"xl/{target}" in book.namelist() else ""
    return ""


def _cells(book: zipfile.ZipFile, part: str) -> Iterator[tuple[bytes, bytes]]:
    """The attributes and content of the cells of a sheet that hold a formula or an error."""
    rest = b""
    with book.open(part) as content:
        while block := content.read(_AT_ONCE):
            rows, end, rest = (rest + block).rpartition(b"</row>")
            if not end and len(rest) > _LONGEST_ROW:
                return
            yield from ((match[1] or match[3], match[2] or b"") for match in _CELL.finditer(rows))
