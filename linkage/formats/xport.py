"""Whether a SAS transport file is complete: before version 8, it states neither its length nor its number of rows.

The library reads an incomplete file to its end without an error, and one with several data sets only to the end of the
first. Either loses people.
"""

import mmap
from pathlib import Path

from linkage.errors import InputError

_RECORD, _STATED = 80, slice(48, 63)
_MEMBER = b"HEADER RECORD*******MEM"
_ROWS_FOLLOW = (b"HEADER RECORD*******OBS ", b"HEADER RECORD*******OBSV8 ")


def require_complete(path: Path, rows: int, row_bytes: int) -> None:
    """Raise InputError if a transport file is cut off, or has more than the data set whose rows were read.

    Blanks may follow: they fill the last record, and the library reads blank rows at the end as such.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        size, sets = len(content), _count(content, _MEMBER)
        start = max(content.find(mark) for mark in _ROWS_FOLLOW)
        rest = content[start + _RECORD + rows * row_bytes :] if sets == 1 else b""
        stated = content[start + _STATED.start : start + _STATED.stop].strip()  # zeros before version 8
    if sets > 1:
        raise InputError(
            f"{path.name} has {sets:,} data sets, of which only one can be read. Write the one that is needed to a file"
            " of its own."
        )
    is_other_number = stated.isdigit() and int(stated) not in (0, rows)
    if start >= 0 and (is_other_number or size % _RECORD or rest.strip()):
        raise InputError(
            f"{path.name} is not complete: it ends in the middle of a row. Copy the file again from its source."
        )


def _count(content: mmap.mmap, mark: bytes) -> int:
    """How often a header record occurs; records begin at multiples of 80 bytes."""
    found = place = 0
    while (place := content.find(mark, place)) >= 0:
        found += place % _RECORD == 0
        place += len(mark)
    return found
