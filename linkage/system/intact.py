"""Whether an input file is whole, and still the file that it was when a run began.

A gzip stream ends in a sum of what it holds, and Parquet pages may carry one. A reader that looks at neither takes
flipped bits for other people. Each byte is hashed for the manifest anyway, and is checked on the way.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from linkage.errors import InputError

Stamp = tuple[int, int, int, int]
"""What tells one state of a file from another: device, inode, size and time of the last change."""
_CHUNK = 1 << 20
_GZIP = 31
"""The window bits by which zlib reads a gzip stream with its header and its sums."""

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class DamagedError(Exception):
    """What is wrong with a file, in words."""


def require_regular(path: Path) -> None:
    """Refuse what can be read only once, or never ends: a pipe, a device, a socket.

    >>> require_regular(Path("/dev/null"))
    Traceback (most recent call last):
    linkage.errors.InputError: /dev/null is a device, not a file. A run reads ... name that.
    """
    try:
        mode = path.stat().st_mode
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}.") from None
    for is_kind, kind in _KINDS:
        if is_kind(mode):
            raise InputError(
                f"{path} is {kind}, not a file. A run reads its files more than once and records what they held:"
                " write the data to a file (not <(...) or /dev/stdin), and name that."
            )


def stamp(path: Path) -> Stamp | None:
    """The state of a file; None where it is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def hashed(path: Path) -> str:
    """The SHA-256 of a file's bytes.

    Raises DamagedError when a sum in the file says that they are not those that were written.
    """
    sha = hashlib.sha256()
    checked = _inflated(path) if path.suffix.lower() == ".gz" else _blocks(path)
    for block in checked:
        sha.update(block)
    if path.suffix.lower() in (".parquet", ".pq"):
        _check_pages(path)
    return sha.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        while block := content.read(_CHUNK):
            yield block


def _inflated(path: Path) -> Iterator[bytes]:
    """The bytes of a gzip file, whose members' sums have been compared when the last one has been given."""
    from zlib_ng import zlib_ng

    error: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # typed as an instance

    member, members = None, 0
    for block in _blocks(path):
        left = block
        while left:
            member = member or zlib_ng.decompressobj(wbits=_GZIP)
            try:
                member.decompress(left, _CHUNK)  # in parts: a block may unpack to a thousand times its size
            except error:
                told = "what follows its gzip stream is not gzip" if members else "the gzip stream is damaged"
                raise DamagedError(told) from None
            left = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                member, members = None, members + 1
        yield block
    while member is not None and not member.eof:  # what is still to be unpacked
        if not member.decompress(member.unconsumed_tail, _CHUNK) and not member.eof:
            raise DamagedError("the gzip stream ends too soon")
    if not members:
        raise DamagedError("it holds no gzip stream")


def _check_pages(path: Path) -> None:
    """Compare the sums of all pages of a Parquet file whose first pages have them."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        if not _has_sums(path):
            return
        with ParquetFile(path, page_checksum_verification=True) as file:
            for _ in file.iter_batches(1 << 16):
                pass
    except pyarrow.ArrowNotImplementedError:  # a form that Arrow cannot read, and the database may
        return
    except (OSError, pyarrow.ArrowException):
        raise DamagedError("a page is damaged") from None


def _has_sums(path: Path) -> bool:
    from pyarrow.parquet import read_metadata

    told = read_metadata(path)
    if not told.num_row_groups:
        return False
    group = told.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    with path.open("rb") as content:
        for column in columns:
            content.seek(min(column.dictionary_page_offset or column.data_page_offset, column.data_page_offset))
            if _sum_in_header(content.read(64)):
                return True
    return False


def _sum_in_header(header: bytes) -> bool:
    """Whether the header of a page has the field `crc`: the fourth, after three that are always there.

    They are whole numbers in Thrift's compact form: each begins with a byte that holds how far its number lies behind
    the last one and its type (5), and goes on while the highest bit is set.

    >>> _sum_in_header(bytes.fromhex("150415f4c08001 15c2e74115dca9bff805 3c15".replace(" ", "")))
    True
    >>> _sum_in_header(bytes.fromhex("150415f4c0800115c2e7414c15c09a0e"))
    False
    """
    place, field = 0, 0
    while place < len(header) and header[place] & 15 == 5:
        field += header[place] >> 4
        if field == 4:
            return True
        place += 1
        while place < len(header) and header[place] & 128:
            place += 1
        place += 1
    return False
