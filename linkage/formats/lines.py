"""Normalize the lines of fixed-width files for a database: one line ending, and no characters that shift a column.

Systems write form feeds between pages, a Control-Z at the end of a file, a byte order mark before the first line, and
three kinds of line endings. A blank at the start of a line is part of a value and is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from linkage.formats.layout import Layout
from linkage.system.text_pipe import TextError

LONGEST_LINE = 1_000_000
_MARK = b"\xef\xbb\xbf"
_MOST_STRETCHES = 20


@dataclass
class Ends:
    """How many lines have been read from each of several files, and what is known of them.

    `doubtful` are the first and last numbers of stretches of lines, counted through all files, that may contain blank
    lines and lines that do not fit; all other lines fit. `are_filled`: no number field contains a blank. `are_plain`:
    no character was changed or removed.
    """

    lines: list[int] = field(default_factory=list)
    doubtful: list[tuple[int, int]] = field(default_factory=list)
    are_filled: bool = True
    are_plain: bool = True

    @property
    def are_regular(self) -> bool:
        """Whether all lines read so far fit, and stand in the files as they are passed on."""
        return self.are_plain and not self.doubtful

    def take(self, text: bytes, layout: Layout) -> None:
        """Count the lines of a block of whole lines, and note whether all fit."""
        lines, before = text.count(b"\n"), sum(self.lines)
        self.lines[-1] += lines
        fit, filled = _fit(text, lines, layout)
        self.are_filled &= filled
        if not fit:
            follows = self.doubtful and (self.doubtful[-1][1] == before or len(self.doubtful) == _MOST_STRETCHES)
            first = self.doubtful.pop()[0] if follows else before + 1
            self.doubtful.append((first, before + lines))


def _fit(text: bytes, lines: int, layout: Layout) -> tuple[bool, bool]:
    """Whether all lines surely fit a layout and none is blank, and whether no number field contains a blank.

    Each place of all lines is cut out at once, which is possible if they are in ASCII and have the full length.

    >>> from linkage.formats.layout import read_layout
    >>> layout = read_layout("ssa_dmf")
    >>> whole = f" 123456789{'LEE':55}0612201502111950".ljust(100) + "\\n"
    >>> [_fit(one.encode(), 1, layout) for one in (whole, whole.replace("06", "  "), whole.replace("1", "X"))]
    [(True, True), (True, False), (False, False)]
    """
    width = layout.length + 1
    if len(text) != lines * width or text[layout.length :: width] != b"\n" * lines or not text.isascii():
        return False, False
    numbers, letters = (
        [text[place::width] for one in layout.fields if one.type == kind for place in range(one.start - 1, one.end)]
        for kind in ("number", "letters")
    )
    if any(len(column.translate(None, b"0123456789")) < lines for column in letters):
        return False, False
    if all(column.isdigit() for column in numbers):
        return bool(numbers) or _none_is_blank(text, layout), True
    fit = not any(column.translate(None, b"0123456789 ") for column in numbers)
    return fit and _none_is_blank(text, layout), False


def _none_is_blank(text: bytes, layout: Layout) -> bool:
    """Whether some place is filled in all lines of a text."""
    return any(b" " not in text[place :: layout.length + 1] for place in range(layout.length))


def plain_lines(files: Iterable[Iterable[bytes]], ends: Ends, layout: Layout) -> Iterator[bytes]:
    """The UTF-8 text of files, concatenated, with each line ended by a line feed. Raises TextError.

    >>> from linkage.formats.layout import read_layout
    >>> ends, layout = Ends(), read_layout("ssa_dmf")
    >>> b"".join(plain_lines([[b"A1\\r", b"\\n\\x0cB2\\r\\n\\x1a"], [b" C3\\rD4"]], ends, layout)), ends.lines
    (b'A1\\nB2\\n C3\\nD4\\n', [2, 2])
    """
    for blocks in files:
        ends.lines.append(0)
        for text in _whole_lines(_noted(blocks, ends)):
            if b"\x1f" in text or b"\0" in text:
                place = ends.lines[-1] + 1
                raise TextError(f"it contains binary data (after line {place:,}). Is it a text file?")
            ends.take(text, layout)
            yield text


def _noted(blocks: Iterable[bytes], ends: Ends) -> Iterator[bytes]:
    """The blocks as they are; notes in `ends` if any contains a character that is changed or removed."""
    for block in blocks:
        ends.are_plain &= not (b"\r" in block or b"\x0c" in block or b"\x1a" in block or _MARK in block[:3])
        yield block


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
