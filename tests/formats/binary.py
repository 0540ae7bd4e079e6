"""Write the smallest binary workbooks: one sheet of texts, numbers and errors (a cell `ERROR` or `FAILED`)."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from struct import pack

ERROR, FAILED = object(), object()
"""A cell with an error, and one with a formula that failed."""
NOT_AVAILABLE = 42
Rows = Sequence[Sequence[object]]


def write_small_xls(path: Path, rows: Rows, sheet: str = "People") -> Path:
    """A file .xls whose workbook is so short that a spreadsheet program stores it in small sectors."""
    return write_xls(path, rows, sheet, small=True)


def write_xls(path: Path, rows: Rows, sheet: str = "People", *, small: bool = False) -> Path:
    """A file .xls with one sheet, in a compound file of four kinds of sectors: list, folder, and the workbook (or, if
    it is `small`, the list of small sectors, and these)."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return pack("<HH", kind, len(content)) + content

    begin = pack("<HHHHII", 0x0600, 5, 0, 0, 0, 6)
    name = pack("<BB", len(sheet), 0) + sheet.encode("latin-1")
    before = record(0x0809, begin)
    at = len(before) + 4 + 6 + len(name) + 4
    before += record(0x0085, pack("<IBB", at, 0, 0) + name) + record(0x000A)
    cells = b"".join(
        record(*_xls_cell(row, column, value)) for row, one in enumerate(rows) for column, value in enumerate(one)
    )
    stream = before + record(0x0809, begin.replace(b"\x05", b"\x10", 1)) + cells + record(0x000A)
    length = len(stream) if small else max(4096, len(stream))
    stream = stream.ljust(-(-length // 512) * 512, b"\0")
    assert (length < 4096) is small
    first = 3 if small else 2
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFE] * small, *range(first + 1, first + len(stream) // 512), 0xFFFFFFFE]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 2 if small else 0xFFFFFFFE, int(small), 0xFFFFFFFE, 0)
    listed = pack("<109I", 0, *[0xFFFFFFFF] * 108)
    numbers = pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    parts = -(-length // 64)
    smalls = pack("<128I", *range(1, parts), 0xFFFFFFFE, *[0xFFFFFFFF] * (128 - parts)) if small else b""
    root = (3, len(stream)) if small else (0xFFFFFFFE, 0)
    folder = _entry("Root Entry", 5, 1, *root) + _entry("Workbook", 2, 0xFFFFFFFF, 0 if small else 2, length)
    path.write_bytes(header + listed + numbers + folder.ljust(512, b"\0") + smalls + stream)
    return path


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    links = pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return text.ljust(64, b"\0") + links + bytes(36) + pack("<IQ", first, size)


def _xls_cell(row: int, column: int, value: object) -> tuple[int, bytes]:
    place = pack("<HHH", row, column, 0)
    if value is ERROR:
        return 0x0205, place + bytes([NOT_AVAILABLE, 1])
    if value is FAILED:
        return 0x0006, place + bytes([2, 0, NOT_AVAILABLE, 0, 0, 0, 255, 255]) + bytes(8)
    if isinstance(value, int | float):
        return 0x0203, place + pack("<d", value)
    text = str(value)
    return 0x0204, place + pack("<HB", len(text), 0) + text.encode("latin-1")


def write_xlsb(path: Path, rows: Rows, sheet: str = "People") -> Path:
    """A file .xlsb with one sheet."""

    def record(kind: int, content: bytes = b"") -> bytes:
        kinds = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        length = len(content)
        sizes = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
        return kinds + sizes + content

    book = record(131) + record(143)
    book += record(156, pack("<II", 0, 1) + _wide("rId1") + _wide(sheet)) + record(144) + record(132)
    cells = b"".join(
        record(0, pack("<I", row) + bytes(13))
        + b"".join(record(*_xlsb_cell(column, value)) for column, value in enumerate(one))
        for row, one in enumerate(rows)
    )
    size = pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    content = record(129) + record(148, size) + record(145) + cells + record(146) + record(130)
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = (
        f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet"'
        ' Target="worksheets/sheet1.bin"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        file.writestr("xl/_rels/workbook.bin.rels", related)
        file.writestr("xl/workbook.bin", book)
        file.writestr("xl/worksheets/sheet1.bin", content)
    return path


def _wide(text: str) -> bytes:
    return pack("<I", len(text)) + text.encode("utf-16-le")


def _xlsb_cell(column: int, value: object) -> tuple[int, bytes]:
    place = pack("<II", column, 0)
    if value is ERROR:
        return 3, place + bytes([NOT_AVAILABLE])
    if value is FAILED:
        return 11, place + bytes([NOT_AVAILABLE]) + bytes(10)
    if isinstance(value, int | float):
        return 5, place + pack("<d", value)
    return 6, place + _wide(str(value))
