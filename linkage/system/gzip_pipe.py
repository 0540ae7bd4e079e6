"""Pipes through which DuckDB, which may not open files, writes its output: unchanged or compressed.

DuckDB's own gzip takes ten times as long as writing the rows.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

from zlib_ng.gzip_ng import GzipNGFile

_CHUNK = 1 << 20
_LEVEL = 2
"""The lowest compression level of zlib-ng whose output does not depend on how the text is split into blocks."""


@contextmanager
def gzip_pipe(descriptor: int) -> Iterator[str]:
    """Yield the path of a pipe; text written to it is compressed into the open file `descriptor`, which is then closed.

    The same text gives the same bytes: the gzip header holds no time and no name. Raises any error of the
    compression, such as OSError on a full disk.

    >>> import gzip, tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     with gzip_pipe(os.dup(file.fileno())) as path, open(path, "w") as text:
    ...         _ = text.write("patient_id")
    ...     _ = file.seek(0)
    ...     gzip.decompress(file.read())
    b'patient_id'
    """
    with _pipe(descriptor, _compress) as path:
        yield path


@contextmanager
def plain_pipe(descriptor: int) -> Iterator[str]:
    """Yield the path of a pipe; text written to it goes unchanged into the open file `descriptor`, which is then
    closed."""
    with _pipe(descriptor, _copy) as path:
        yield path


@contextmanager
def _pipe(descriptor: int, pass_on: Callable[[IO[bytes], IO[bytes]], None]) -> Iterator[str]:
    reading, writing = os.pipe()
    with os.fdopen(descriptor, "wb") as target, ThreadPoolExecutor(1) as beside:
        passing = beside.submit(pass_on, os.fdopen(reading, "rb"), target)
        try:
            yield f"/dev/fd/{writing}"
        finally:
            os.close(writing)
            # Only the thread that writes the file gets the error of a full disk; the writer to the pipe gets a broken
            # pipe.
            if (problem := passing.exception()) is not None:
                raise problem from None


def _copy(content: IO[bytes], target: IO[bytes]) -> None:
    with content, target:  # closed here, so that an error while flushing the last block is raised here too
        shutil.copyfileobj(content, target, _CHUNK)


def _compress(text: IO[bytes], target: IO[bytes]) -> None:
    # Close the pipe even after an error; otherwise the writer would wait forever.
    with text, GzipNGFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=target, mtime=0) as archive:
        while block := text.read(_CHUNK):
            archive.write(block)
