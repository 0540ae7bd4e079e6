"""Text in another encoding, handed to a reader of UTF-8 through a pipe: nothing is written to a disk."""

import gzip
import os
import threading
import zlib
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_CHUNK = 1 << 20


class TextPipe:
    """A file in some encoding as the path of a pipe that gives UTF-8, for one reading from front to back.

    `fault` says after the `with` block what was wrong with the file, if anything: a reader sees only
    that the text ends.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path, self.encoding = path, encoding
        self.fault = ""

    def __enter__(self) -> Self:
        self._reading, writing = os.pipe()
        self._thread = threading.Thread(target=self._feed, args=(writing,))
        self._thread.start()
        return self

    @property
    def name(self) -> str:
        """The path that gives the text."""
        return f"/dev/fd/{self._reading}"

    def _feed(self, writing: int) -> None:
        lines = 1
        try:
            with os.fdopen(writing, "wb") as target, open_text(self.path, self.encoding) as text:
                while block := text.read(_CHUNK):
                    target.write(block.encode("utf-8"))
                    lines += block.count("\n")
        except BrokenPipeError:
            pass  # the reader has seen enough
        except UnicodeError:
            self.fault = f"it is not {self.encoding} (after line {lines:,})"
        except (OSError, EOFError, zlib.error):
            self.fault = "the gzip stream is damaged" if self.path.suffix.lower() == ".gz" else "the disk failed"

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._reading)
        self._thread.join()


def open_text(path: Path, encoding: str, errors: str = "strict") -> IO[str]:
    """Open a file for reading, also a compressed one; line ends stay as they are."""
    # A byte order mark is no part of the first column's name.
    encoding = "utf-8-sig" if encoding.lower().replace("-", "").replace("_", "") == "utf8" else encoding
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    return opened(path, "rt", encoding=encoding, errors=errors, newline="")
