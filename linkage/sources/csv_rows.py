"""Find the rows of a CSV file: the line on which each begins, and whether it has as many fields as the header.

This is a separate step because databases accept some rows with shifted values, such as a row with an unquoted comma
and an empty last field. Here, a row whose number of fields differs from the header's is excluded and listed with its
line and the reason.
"""

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from linkage.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

LONGEST_ROW = 2_000_000
"""Maximum length of a row in bytes; DuckDB's reader has the same limit."""
_LF, _CR, _BOM = 10, 13, b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Written:
    """The format of a CSV file: its delimiter, quote (0: none), and line-end byte."""

    delimiter: int
    quote: int
    end: int


@dataclass(frozen=True)
class Piece:
    """Whole rows of a file: row n is `text[starts[n]:ends[n]]`, including its line end.

    `fields` is the number of its fields (0: a blank line), `lines` the line on which it begins, and `trailing` whether
    it ends with a delimiter.
    """

    text: bytes
    starts: "Numbers"
    ends: "Numbers"
    fields: "Numbers"
    lines: "Numbers"
    trailing: "Flags"

    def only(self, wanted: "Flags") -> "Piece":
        """Some of the rows."""
        starts, ends, fields, lines = (column[wanted] for column in (self.starts, self.ends, self.fields, self.lines))
        return Piece(self.text, starts, ends, fields, lines, self.trailing[wanted])


@dataclass
class CsvRows:
    """The rows found in a file: `rows` usable rows with `width` fields each.

    `unfit` has the line and the number of fields of every other row except blank lines. The line of
    the usable row at position p (from 0) is p + 2 + s, where s is the entry of `shifts` for the last entry of
    `positions` that is not above p. `header` is the number of names in the header; the last one is dropped if
    `drops_name`.
    """

    header: int
    width: int
    drops_name: bool = False
    rows: int = 0
    unfit: list[tuple[int, int]] = field(default_factory=list)
    positions: "array[int]" = field(default_factory=lambda: array("q"))
    shifts: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def is_regular(self) -> bool:
        """Whether a database can read the file directly and gets exactly the usable rows."""
        return not self.unfit and not self.drops_name

    @property
    def forgiven(self) -> str:
        """The irregularity that was tolerated; empty if the usable rows match the header."""
        if self.width > self.header:
            return "every row ends with an extra delimiter"
        return "the header ends with an extra delimiter" if self.drops_name else ""

    def line(self, position: int) -> int:
        """The line on which the usable row at a position begins."""
        at = bisect_right(self.positions, position)
        return position + 2 + (self.shifts[at - 1] if at else 0)

    def reasons(self) -> Iterator[tuple[int, str]]:
        """The line of each unusable row, and the reason."""
        for line, fields in self.unfit:
            yield line, f"{fields} {'field' if fields == 1 else 'fields'} where the header has {self.header}"


def find_rows(read: Callable[[], Iterable[bytes]], written: Written, names: Sequence[str], file: str) -> CsvRows:
    """Find the usable rows of a file by reading it once or twice.

    `read` gives its text in UTF-8, from the beginning; `names` are the names in its header. An extra delimiter is
    tolerated at the end of every row, or at the end of the header only; otherwise a row must have a field for each
    name.

    Raises InputError for a row without an end, and if no row has as many fields as the header.

    >>> text = b"id,name,born\\n1,Lee,1950\\n\\n2,LEE, JR,1950\\n3,Roe,1960\\n"
    >>> found = find_rows(lambda: [text], Written(44, 34, 10), ["id", "name", "born"], "deaths.csv")
    >>> found.rows, found.line(1), list(found.reasons())
    (2, 5, [(4, '4 fields where the header has 3')])
    """
    count = len(names)
    found, seen = _found(pieces(read(), written, file), count, None)
    width = _width(seen, count, nameless=not names[-1].strip())
    if width != found.width:
        found, _ = _found(pieces(read(), written, file), count, width)
    if not found.rows and found.unfit:
        line, fields = found.unfit[0]
        raise InputError(
            f"{file}: no row has as many fields as the header ({count}); the first, on line {line:,}, has {fields}."
            " Check the delimiter, and remove any lines above the header."
        )
    return replace(found, drops_name=width == count - 1)


def _width(seen: Mapping[tuple[int, bool], int], count: int, *, nameless: bool) -> int:
    """The number of fields of usable rows. `seen` counts rows by number of fields and by trailing delimiter."""
    if seen and set(seen) == {(count + 1, True)}:
        return count + 1
    with_name, without = (sum(rows for (fields, _), rows in seen.items() if fields == n) for n in (count, count - 1))
    return count - 1 if nameless and without > with_name else count


def _found(found_pieces: Iterable[Piece], count: int, width: int | None) -> tuple[CsvRows, "Counter[tuple[int, bool]]"]:
    """The rows of a width (None: that of the first row), and counts of rows by number of fields."""
    import numpy as np

    found, seen, shift = CsvRows(count, width or 0), Counter[tuple[int, bool]](), 0
    for piece in data_rows(found_pieces, count):
        if not found.width and len(piece.fields):
            found.width = int(piece.fields[0])
        fits = piece.fields == found.width
        seen[found.width, True] += int((fits & piece.trailing).sum())
        seen[found.width, False] += int((fits & ~piece.trailing).sum())
        for line, fields, trailing in zip(
            *(column[~fits].tolist() for column in (piece.lines, piece.fields, piece.trailing)), strict=True
        ):
            found.unfit.append((line, fields))
            seen[fields, trailing] += 1
        lines = piece.lines[fits]
        shifted = lines - np.arange(found.rows + 2, found.rows + 2 + len(lines))
        changes = np.flatnonzero(np.diff(shifted, prepend=shift))
        found.positions.extend((changes + found.rows).tolist())
        found.shifts.extend(shifted[changes].tolist())
        shift = int(shifted[-1]) if len(shifted) else shift
        found.rows += len(lines)
    return found, +seen


def data_rows(found_pieces: Iterable[Piece], count: int) -> Iterator[Piece]:
    """The rows of a file without its header and its blank lines."""
    header = True
    for piece in found_pieces:
        if count == 1:  # with one column, a blank line is a row with an empty value
            piece = replace(piece, fields=piece.fields.clip(1))
        wanted = piece.fields > 0
        wanted[0] &= not header
        header = False
        yield piece if wanted.all() else piece.only(wanted)


def usable_text(
    read: Callable[[], Iterable[bytes]], written: Written, found: CsvRows, file: str, *, numbered: bool
) -> Iterator[bytes]:
    """The usable rows of a file, without its header; if `numbered`, each preceded by its line and a delimiter."""
    import numpy as np

    for piece in data_rows(pieces(read(), written, file), found.header):
        rows = piece.only(piece.fields == found.width)
        if numbered:
            sign = bytes([written.delimiter])
            yield b"".join(
                b"%d%s%s" % (line, sign, rows.text[start:end])
                for line, start, end in zip(rows.lines.tolist(), rows.starts.tolist(), rows.ends.tolist(), strict=True)
            )
        elif len(rows.starts):
            breaks = np.flatnonzero(rows.starts[1:] != rows.ends[:-1])  # adjacent rows form one block
            starts = rows.starts[np.concatenate([[0], breaks + 1])].tolist()
            ends = rows.ends[np.concatenate([breaks, [len(rows.ends) - 1]])].tolist()
            yield b"".join(rows.text[start:end] for start, end in zip(starts, ends, strict=True))


def pieces(blocks: Iterable[bytes], written: Written, name: str) -> Iterator[Piece]:
    """The rows of a UTF-8 text, including the header, in pieces of whole rows.

    Raises InputError for a row that is too long, for example because a quote is not closed.
    """
    import numpy as np

    rest, line, first = b"", 1, True
    for block, is_last in _with_last(blocks):
        text = rest + (block.removeprefix(_BOM) if first else block)
        first = False
        if is_last and text and text[-1] != written.end:
            text += bytes([written.end])
        starts, ends, fields, trailing = _split(text, written)
        if len(ends) and int((ends - starts).max()) > LONGEST_ROW:
            at = int(np.argmax(ends - starts > LONGEST_ROW))
            raise _too_long(name, line + text.count(written.end, 0, int(starts[at])))
        rest = text[int(ends[-1]) :] if len(ends) else text
        if len(rest) > LONGEST_ROW or (is_last and rest):
            raise _too_long(name, line + text.count(written.end, 0, len(text) - len(rest)))
        if len(ends):
            lines, line = _lines(text, ends, line, written)
            yield Piece(text, starts, ends, fields, lines, trailing)


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    last = b""
    for block in blocks:
        if last:
            yield last, False
        last = block
    yield last, True


def _too_long(name: str, line: int) -> InputError:
    return InputError(
        f"{name} cannot be read as csv: a quote is opened and not closed in the row that begins on line {line:,}, or"
        f" that row has more than {LONGEST_ROW:,} bytes. Double a quote inside quotes (RFC 4180). If the"
        ' file has no quoting, declare quote = "".'
    )


def _lines(text: bytes, ends: "Numbers", line: int, written: Written) -> tuple["Numbers", int]:
    """The line on which each row begins, and the line after the last row."""
    import numpy as np

    if text.count(written.end, 0, int(ends[-1])) == len(ends):
        return np.arange(line, line + len(ends), dtype=np.int64), line + len(ends)
    breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == written.end)
    after = line + np.searchsorted(breaks, ends)
    return np.concatenate([[line], after[:-1]]), int(after[-1])


def _split(text: bytes, written: Written) -> tuple["Numbers", "Numbers", "Numbers", "Flags"]:
    """The starts and ends of the whole rows in a text, their numbers of fields, and whether a delimiter ends them."""
    import numpy as np

    data = np.frombuffer(text, np.uint8)
    ends: Numbers = np.flatnonzero(data == written.end)
    delimiters: Numbers = np.flatnonzero(data == written.delimiter)
    if written.quote and text.find(bytes([written.quote])) >= 0:
        quotes = np.flatnonzero(data == written.quote)
        if not _quotes_in_place(data, quotes, written):
            ends, delimiters = _one_by_one(text, written)
        else:
            ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
            delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    before = np.searchsorted(delimiters, ends)
    fields = np.diff(before, prepend=0) + 1
    final = ends - 1  # the last byte of the row, before its line end
    final = np.where((ends > starts) & (written.end == _LF) & (data[final] == _CR), final - 1, final)
    fields[final < starts] = 0
    trailing = (final >= starts) & (data[final] == written.delimiter) & (before > 0)
    return starts, ends + 1, fields, trailing


def _quotes_in_place(data: "Bytes", quotes: "Numbers", written: Written) -> bool:
    """Whether every quote opens or closes a field, or is doubled inside one. If so, a position is quoted if the number
    of quotes before it is odd."""
    import numpy as np

    opening, closing = quotes[::2], quotes[1::2]
    before = data[opening - 1]
    around = np.zeros(256, dtype=bool)
    around[[written.delimiter, written.end, _LF, _CR, written.quote]] = True
    if not (around[before] | (opening == 0)).all():
        return False
    closing = closing[closing + 1 < len(data)]
    return bool(around[data[closing + 1]].all())


def _one_by_one(text: bytes, written: Written) -> tuple["Numbers", "Numbers"]:
    """Line ends and delimiters outside quotes, in a text with quotes inside unquoted fields."""
    import numpy as np

    quote, delimiter, end = (re.escape(bytes([b])) for b in (written.quote, written.delimiter, written.end))
    # A quoted field may be surrounded by blanks. In any other field, quotes are ordinary characters.
    field = re.compile(
        rb"(?: *%(q)s(?:[^%(q)s]|%(q)s%(q)s)*+%(q)s *\r?|(?! *%(q)s)[^%(d)s%(e)s]*)([%(d)s%(e)s])"
        % {b"q": quote, b"d": delimiter, b"e": end}
    )
    found: dict[int, list[int]] = {written.delimiter: [], written.end: []}
    place = 0
    while match := field.match(text, place):
        place = match.end()
        found[text[place - 1]].append(place - 1)
    return np.array(found[written.end], dtype=np.int64), np.array(found[written.delimiter], dtype=np.int64)
