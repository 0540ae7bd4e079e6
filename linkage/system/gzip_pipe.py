"""What is written through a pipe, because the one that writes it may open no file: as it comes, or compressed.

DuckDB's own gzip would cost ten times what the rows cost.
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
"""The lowest of zlib-ng at which the bytes do not depend on the pieces in which the text comes."""


@contextmanager
def gzip_pipe(descriptor: int) -> Iterator[str]:
    """The path of a pipe: what is written there arrives compressed in an open file, which is then closed.

    The same text gives the same bytes: the header of the file holds no time and no name. Raises what compressing
    raised, such as OSError on a full disk.

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
    """The path of a pipe: what is written there arrives as it is in an open file, which is then closed."""
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
            # A full disk is met by the one that writes the file; the other only sees a broken pipe.
            if (problem := passing.exception()) is not None:
                raise problem from None


def _copy(content: IO[bytes], target: IO[bytes]) -> None:
    with content, target:  # closed here, so that a last full block is met here too
        shutil.copyfileobj(content, target, _CHUNK)


def _compress(text: IO[bytes], target: IO[bytes]) -> None:
    # Closing the pipe, also after a fault, lets go of the writer, which would otherwise wait for ever.
    with text, GzipNGFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=target, mtime=0) as archive:
        while block := text.read(_CHUNK):
            archive.write(block)
