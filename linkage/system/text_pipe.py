"""Pass text in another encoding to a reader of UTF-8 through a pipe, without writing it to disk."""

import fcntl
import gzip
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from zlib_ng import gzip_ng, zlib_ng

from linkage.errors import InputError

_CHUNK = 1 << 20
_ERROR_OF_ZLIB_NG: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub declares an instance
_DAMAGED = (OSError, EOFError, zlib.error, _ERROR_OF_ZLIB_NG)


class TextError(Exception):
    """A file cannot be read as text; the message says why without quoting the file."""


class TextPipe:
    """A pipe from which blocks of UTF-8 text can be read once, from start to end.

    After the `with` block, `fault` says what was wrong with the file, or is empty. The reader itself sees only
    the end of the text.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.blocks = blocks
        self.fault = ""

    def __enter__(self) -> Self:
        self._reading, writing = os.pipe()
        with suppress(OSError, AttributeError):  # memory in pipes is limited; only Linux can enlarge them
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _CHUNK)  # fewer changes between the two threads
        self._thread = threading.Thread(target=self._feed, args=(writing,))
        self._thread.start()
        return self

    @property
    def name(self) -> str:
        """The path from which to read the text."""
        return f"/dev/fd/{self._reading}"

    def _feed(self, writing: int) -> None:
        try:
            with os.fdopen(writing, "wb") as target:
                for block in self.blocks:
                    target.write(block)
        except BrokenPipeError:
            pass  # the reader closed the pipe early
        except (TextError, InputError) as problem:
            self.fault = str(problem)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._reading)
        self._thread.join()


def utf8_blocks(path: Path, encoding: str, *, is_utf8: bool, line: int = 1) -> Iterator[bytes]:
    """The text of a plain or gzip file, as blocks of UTF-8. Raises TextError when it cannot be read.

    If all lines have `line` bytes, blocks are whole lines, which spares the reader two copies of each.
    """
    lines = 1
    size = max(_CHUNK // line, 1) * line
    try:
        if is_utf8:
            opened = gzip_ng.open if path.suffix.lower() == ".gz" else open
            with opened(path, "rb") as file:
                while block := file.read(size):
                    yield block
            return
        with open_text(path, encoding) as text:
            while part := text.read(_CHUNK):
                yield part.encode("utf-8")
                lines += part.count("\n")
    except UnicodeError:
        raise TextError(f"it is not {encoding} (after line {lines:,})") from None
    except _DAMAGED:
        raise TextError("the gzip stream is damaged" if path.suffix.lower() == ".gz" else "the disk failed") from None


_SIGNS = {
    b"\x1f\x8b": "compressed by gzip: its name must end in .gz",
    b"\xfd7zXZ\0": "compressed by xz. Unpack it, or compress it by gzip",
    b"BZh91AY": "compressed by bzip2. Unpack it, or compress it by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd. Unpack it, or compress it by gzip",
    b"PK\3\4": "a spreadsheet workbook or a zip archive. Save its sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet workbook (.xls). Save its sheet as CSV",
    b"PAR1\x15": "a Parquet file: its name must end in .parquet",
    b"SQLite format 3": "an SQLite database. Export its table as CSV",
}


def other_format(path: Path) -> str:
    """The format of a file that is not text, by its first bytes, and what to do; empty if it may be text.

    Raises OSError.
    """
    with path.open("rb") as file:
        first = file.read(16)
    if path.suffix.lower() == ".gz":
        return "" if first.startswith(b"\x1f\x8b") or not first else "not compressed, although its name ends in .gz"
    return next((format_ for sign, format_ in _SIGNS.items() if first.startswith(sign)), "")


def open_text(path: Path, encoding: str, errors: str = "strict") -> IO[str]:
    """Open a plain or gzip file for reading as text; line ends are not changed."""
    # "utf-8-sig" drops a byte order mark, which would become part of the first column's name.
    encoding = "utf-8-sig" if encoding.lower().replace("-", "").replace("_", "") == "utf8" else encoding
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    return opened(path, "rt", encoding=encoding, errors=errors, newline="")
