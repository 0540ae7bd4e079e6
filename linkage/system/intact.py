"""Check that an input file is intact and has not changed since the run began.

A gzip stream ends in a checksum, and Parquet pages may contain one. A reader that ignores them would read corrupted
bytes as data of other people. Each file is hashed for the manifest anyway, so its checksums are verified in the same
pass.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from linkage.errors import InputError

Stamp = tuple[int, int, int, int]
"""The state of a file: device, inode, size in bytes, and time of the last change in nanoseconds."""
_CHUNK = 1 << 20
_GZIP = 31
"""The window bits with which zlib reads a gzip stream with its header and checksums."""

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class DamagedError(Exception):
    """A file is damaged; the message says how."""


def require_regular(path: Path) -> None:
    """Refuse a pipe, device or socket, which can be read only once or never ends.

    Raises InputError.

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
    """The state of a file; None if it no longer exists."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def hashed(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal.

    Raises DamagedError when a checksum in the file does not match.
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
    """Yield the bytes of a gzip file; the checksums of its members are verified along the way."""
    from zlib_ng import zlib_ng

    error: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub declares an instance

    member, members = None, 0
    for block in _blocks(path):
        left = block
        while left:
            member = member or zlib_ng.decompressobj(wbits=_GZIP)
            try:
                member.decompress(left, _CHUNK)  # limited: a block can decompress to a thousand times its size
            except error:
                fault = "the data after its gzip stream is not gzip" if members else "the gzip stream is damaged"
                raise DamagedError(fault) from None
            left = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                member, members = None, members + 1
        yield block
    while member is not None and not member.eof:
        if not member.decompress(member.unconsumed_tail, _CHUNK) and not member.eof:
            raise DamagedError("the gzip stream ends too soon")
    if not members:
        raise DamagedError("it contains no gzip stream")


def _check_pages(path: Path) -> None:
    """Verify the checksums of all pages of a Parquet file, if a first page of a column has one."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        if not _has_sums(path):
            return
        with ParquetFile(path, page_checksum_verification=True) as file:
            for _ in file.iter_batches(1 << 16):
                pass
    except pyarrow.ArrowNotImplementedError:  # an encoding that Arrow cannot read; the database may be able to
        return
    except (OSError, pyarrow.ArrowException):
        raise DamagedError("a page is damaged") from None


def _has_sums(path: Path) -> bool:
    from pyarrow.parquet import read_metadata

    metadata = read_metadata(path)
    if not metadata.num_row_groups:
        return False
    group = metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    with path.open("rb") as content:
        for column in columns:
            content.seek(min(column.dictionary_page_offset or column.data_page_offset, column.data_page_offset))
            if _sum_in_header(content.read(64)):
                return True
    return False


def _sum_in_header(header: bytes) -> bool:
    """Whether the header of a Parquet page has the field `crc`: the fourth, after three required ones.

    The fields are integers in Thrift's compact protocol. Each begins with a byte that holds the difference from the
    previous field number (high four bits) and the type (5, low four bits). The value follows in bytes whose highest
    bit is set in all but the last.

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
