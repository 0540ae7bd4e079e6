"""Normalize the lines of fixed-width files for a database: one line ending, and no characters that shift a column.

Systems write form feeds between pages, a Control-Z at the end of a file, a byte order mark before the first line, and
three kinds of line endings. A blank at the start of a line is part of a value and is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from linkage.system.text_pipe import TextError

LONGEST_LINE = 1_000_000
_MARK = b"\xef\xbb\xbf"


@dataclass
class Ends:
    """How many lines have been read from each of several files."""

    lines: list[int] = field(default_factory=list)


def plain_lines(files: Iterable[Iterable[bytes]], ends: Ends) -> Iterator[bytes]:
    """The UTF-8 text of files, concatenated, with each line ended by a line feed. Raises TextError.

    >>> ends = Ends()
    >>> b"".join(plain_lines([[b"A1\\r", b"\\n\\x0cB2\\r\\n\\x1a"], [b" C3\\rD4"]], ends)), ends.lines
    (b'A1\\nB2\\n C3\\nD4\\n', [2, 2])
    """
    for blocks in files:
        ends.lines.append(0)
        for text in _whole_lines(blocks):
            if b"\x1f" in text or b"\0" in text:
                place = ends.lines[-1] + 1
                raise TextError(f"it contains binary data (after line {place:,}). Is it a text file?")
            ends.lines[-1] += text.count(b"\n")
            yield text


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The text in blocks of whole lines."""
    rest, first = b"", True
    for block in blocks:
        text = rest + block
        if first:
            if len(text) < len(_MARK):
                rest = text
                continue
            text, first = text.removeprefix(_MARK), False
        # A carriage return at the end of a block may be the first half of a CRLF.
        maybe_crlf = text[-1:] == b"\r"
        text = _one_end(text[:-1] if maybe_crlf else text)
        whole = text.rfind(b"\n") + 1
        rest = text[whole:] + (b"\r" if maybe_crlf else b"")
        if len(rest) > LONGEST_LINE:
            raise TextError(f"a line has more than {LONGEST_LINE:,} bytes")
        if whole:
            yield _without_pages(text[:whole])
    rest = _one_end(rest.removeprefix(_MARK) if first else rest).rstrip(b"\x1a")
    if rest:
        yield _without_pages(rest if rest.endswith(b"\n") else rest + b"\n")


def _one_end(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _without_pages(text: bytes) -> bytes:
    """Remove form feeds at the start and end of lines."""
    if b"\x0c" not in text:
        return text
    return text.replace(b"\n\x0c", b"\n").replace(b"\x0c\n", b"\n").removeprefix(b"\x0c")
