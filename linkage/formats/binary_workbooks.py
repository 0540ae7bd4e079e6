"""The cells of binary workbooks (.xls, .xlsb) that hold an error, which the reading library returns as empty.

Only the records that say so are understood: BoolErr and Formula of [MS-XLS], BrtCellError and BrtFmlaError of
[MS-XLSB], and the sectors of compound files, [MS-CFB], that hold the former.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import unpack_from
from xml.etree import ElementTree

COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How a file of the format .xls begins."""
XLSB = "xl/workbook.bin"
"""The part that a file of the format .xlsb has."""
_LARGEST_SECTOR = 0xFFFFFFFA  # greater numbers are marks such as the end of a chain
_OF_FILE, _OF_BOOK, _ENDS, _BEGINS, _SHEET, _ERROR, _FORMULA = 109, ("Workbook", "Book"), 10, 2057, 133, 517, 6
_ROW, _CELL_ERROR, _FORMULA_ERROR, _SHEET_OF_XLSB = 0, 3, 11, 156
_IS_ERROR, _NO_NUMBER = 2, b"\xff\xff"

Place = tuple[int, int]
"""The row and column of a cell, from 0."""


def errors_of_xls(path: Path, sheet: str) -> Iterator[Place]:
    """The cells of a sheet of a file .xls that hold an error. Raises KeyError if the sheet is not found."""
    stream = _stream(path.read_bytes())
    start = dict(_sheets_of_xls(stream))[sheet]
    depth = 0
    for kind, at, _ in _records_of_xls(stream, start):
        depth += (kind == _BEGINS) - (kind == _ENDS)  # charts within the sheet have a beginning and an end too
        if not depth:
            return
        is_error = kind == _ERROR and stream[at + 7] == 1
        if is_error or (kind == _FORMULA and stream[at + 6] == _IS_ERROR and stream[at + 12 : at + 14] == _NO_NUMBER):
            yield unpack_from("<HH", stream, at)


def _stream(content: bytes) -> bytes:
    """The records of a workbook, put together from the sectors of a compound file.

    A stream that is shorter than a limit is stored in small sectors, which are parts of the stream of the root entry.
    """
    size = 1 << unpack_from("<H", content, 30)[0]
    following = _following(content, size)

    def chain(sector: int) -> bytes:
        return _chain(content[size:], size, following, sector)

    root, *entries = _entries(chain(unpack_from("<I", content, 48)[0]))
    for name, first, length in entries:
        if name in _OF_BOOK and length >= unpack_from("<I", content, 56)[0]:
            return chain(first)[:length]
        if name in _OF_BOOK:
            links = chain(unpack_from("<I", content, 60)[0])
            following_small = unpack_from(f"<{len(links) // 4}I", links)
            small = 1 << unpack_from("<H", content, 32)[0]
            return _chain(chain(root[1]), small, following_small, first)[:length]
    return b""


def _following(content: bytes, size: int) -> Sequence[int]:
    """For each sector of a compound file the sector that follows it in its stream."""

    def numbers(sector: int) -> tuple[int, ...]:
        return unpack_from(f"<{size // 4}I", content, (sector + 1) * size)

    lists = list(unpack_from(f"<{_OF_FILE}I", content, 76))
    further = unpack_from("<I", content, 68)[0]
    while further < _LARGEST_SECTOR and len(lists) < len(content):
        *more, further = numbers(further)
        lists += more
    return [number for one in lists if one < _LARGEST_SECTOR for number in numbers(one)]


def _chain(sectors: bytes, size: int, following: Sequence[int], sector: int) -> bytes:
    """The stream that begins with a sector."""
    parts: list[bytes] = []
    while sector < _LARGEST_SECTOR and len(parts) <= len(following):
        parts.append(sectors[sector * size : (sector + 1) * size])
        sector = following[sector]
    return b"".join(parts)


def _entries(folder: bytes) -> list[tuple[str, int, int]]:
    """The name, the first sector, and the length of each stream of a compound file."""
    entries = []
    for at in range(0, len(folder), 128):
        length = unpack_from("<H", folder, at + 64)[0]
        name = folder[at : at + max(0, length - 2)].decode("utf-16-le")
        entries.append((name, *unpack_from("<II", folder, at + 116)))
    return entries


def _records_of_xls(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The kind of each record, and where its content begins and ends."""
    while at + 4 <= len(stream):
        kind, length = unpack_from("<HH", stream, at)
        yield kind, at + 4, at + 4 + length
        at += 4 + length


def _sheets_of_xls(stream: bytes) -> Iterator[tuple[str, int]]:
    """The name of each sheet, and where its records begin."""
    is_old = len(stream) > 5 and unpack_from("<H", stream, 4)[0] < 0x0600
    for kind, at, end in _records_of_xls(stream, 0):
        if kind == _ENDS:
            return
        if kind == _SHEET:
            name = stream[at + 7 : end] if is_old else stream[at + 8 : end]
            wide = not is_old and stream[at + 7] & 1
            yield name.decode("utf-16-le" if wide else "latin-1"), unpack_from("<I", stream, at)[0]


def errors_of_xlsb(path: Path, sheet: str) -> Iterator[Place]:
    """The cells of a sheet of a file .xlsb that hold an error. Raises KeyError if the sheet is not found."""
    with zipfile.ZipFile(path) as book:
        content = book.read(_part_of_xlsb(book, sheet))
    row = 0
    for kind, at in _records_of_xlsb(content):
        if kind == _ROW:
            row = unpack_from("<I", content, at)[0]
        elif kind in (_CELL_ERROR, _FORMULA_ERROR):
            yield row, unpack_from("<I", content, at)[0]


def _records_of_xlsb(content: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each record, and where its content begins. Numbers are stored in groups of seven bits."""
    at = 0
    while at < len(content):
        kind = content[at] & 0x7F
        if content[at] & 0x80:
            at += 1
            kind |= (content[at] & 0x7F) << 7
        at += 1
        length = 0
        for group in range(4):
            more = content[at] & 0x80
            length |= (content[at] & 0x7F) << 7 * group
            at += 1
            if not more:
                break
        yield kind, at
        at += length


def _part_of_xlsb(book: zipfile.ZipFile, sheet: str) -> str:
    """The part of the package that holds a sheet."""
    content = book.read(XLSB)
    related = ElementTree.fromstring(book.read("xl/_rels/workbook.bin.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in related}
    for kind, at in _records_of_xlsb(content):
        if kind == _SHEET_OF_XLSB:
            relation, after = _wide_text(content, at + 8)
            if _wide_text(content, after)[0] == sheet:
                return f"xl/{targets.get(relation, '').removeprefix('/xl/')}"
    raise KeyError(sheet)


def _wide_text(content: bytes, at: int) -> tuple[str, int]:
    """A text that follows its length, and where it ends."""
    end = at + 4 + 2 * unpack_from("<I", content, at)[0]
    return content[at + 4 : end].decode("utf-16-le"), end
