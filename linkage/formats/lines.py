"""The lines of fixed-width files as a database reads them: one end of line, and no sign that shifts a column.

Systems write a form feed before a page, a control Z at the end of a file, a byte order mark before its first line, and
ends of lines of three kinds. A blank at the beginning of a line is a value, and stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from linkage.system.text_pipe import TextError

LONGEST_LINE = 1_000_000
_MARK = b"\xef\xbb\xbf"


@dataclass
class Ends:
    """How many lines each of several files has, as far as they have been read."""

    lines: list[int] = field(default_factory=list)


def plain_lines(files: Iterable[Iterable[bytes]], ends: Ends) -> Iterator[bytes]:
    """The text of files in UTF-8, one after the other, each line ended by a line feed. Raises TextError.

    >>> ends = Ends()
    >>> b"".join(plain_lines([[b"A1\\r", b"\\n\\x0cB2\\r\\n\\x1a"], [b" C3\\rD4"]], ends)), ends.lines
    (b'A1\\nB2\\n C3\\nD4\\n', [2, 2])
    """
    for blocks in files:
        ends.lines.append(0)
        for text in _whole_lines(blocks):
            if b"\x1f" in text or b"\0" in text:
                place = ends.lines[-1] + 1
                raise TextError(f"it holds bytes that are no text (after line {place:,}): is it a file of lines?")
            ends.lines[-1] += text.count(b"\n")
            yield text


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks that end with a line, the last of them too."""
    rest, first = b"", True
    for block in blocks:
        text = rest + block
        if first:
            if len(text) < len(_MARK):
                rest = text
                continue
            text, first = text.removeprefix(_MARK), False
        # A carriage return at the very end may be the first half of an end of line.
        held = text[-1:] == b"\r"
        text = _one_end(text[:-1] if held else text)
        whole = text.rfind(b"\n") + 1
        rest = text[whole:] + (b"\r" if held else b"")
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
    """The same without form feeds that begin or end a line."""
    if b"\x0c" not in text:
        return text
    return text.replace(b"\n\x0c", b"\n").replace(b"\x0c\n", b"\n").removeprefix(b"\x0c")
