"""The rows of a CSV file: on which line each begins, and whether it has as many fields as the header.

Finding the structure is a step of its own because a database forgives what moves values into other columns: an
unquoted comma in a row whose last field is empty. Here a row with another number of fields than the header is left out,
with its line and the reason.
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
"""Bytes of a row; DuckDB reads no longer one."""
_LF, _CR, _BOM = 10, 13, b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Written:
    """How the text of a file is written: delimiter and quote (0: none), as bytes, and the byte that ends a line."""

    delimiter: int
    quote: int
    end: int


@dataclass(frozen=True)
class Piece:
    """Whole rows of a file: row n is `text[starts[n]:ends[n]]`, its line end included.

    `fields` is the number of its fields (0: a blank line), `lines` the line on which it begins, `trailing` whether it
    ends with a delimiter.
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
    """What was found in a file: `width` fields in each of its `rows` usable rows.

    `unfit` has the line and the number of fields of every other row; blank lines are left out. `places` and `shifts`
    say by how much the line of a usable row is more than its place (from 0) and 2, from each of these places on.
    `header` is the number of names in the header, of which the last is left out where `drops_name`.
    """

    header: int
    width: int
    drops_name: bool = False
    rows: int = 0
    unfit: list[tuple[int, int]] = field(default_factory=list)
    places: "array[int]" = field(default_factory=lambda: array("q"))
    shifts: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def is_regular(self) -> bool:
        """Whether a database reads the usable rows, and no others, from the file as it stands."""
        return not self.unfit and not self.drops_name

    @property
    def forgiven(self) -> str:
        """What is forgiven of every row, in words; nothing where every usable row is as the header says."""
        if self.width > self.header:
            return "every row ends with a delimiter, after which nothing stands"
        return "the header ends with a delimiter, after which no row has a field" if self.drops_name else ""

    def line(self, place: int) -> int:
        """The line on which a usable row begins, by its place."""
        at = bisect_right(self.places, place)
        return place + 2 + (self.shifts[at - 1] if at else 0)

    def reasons(self) -> Iterator[tuple[int, str]]:
        """The line of each row that cannot be used, and why."""
        for line, fields in self.unfit:
            yield line, f"{fields} {'field' if fields == 1 else 'fields'} where the header has {self.header}"


def find_rows(read: Callable[[], Iterable[bytes]], written: Written, names: Sequence[str], file: str) -> CsvRows:
    """Read a file to its end, once or twice, and say where its usable rows stand.

    `read` gives its text in UTF-8, from the beginning; `names` are those of its header. A delimiter at the end of
    every row is forgiven, and one at the end of the header alone; any other row must have a field for each name.

    Raises InputError for a row without an end, and when no row has as many fields as the header.

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
            f"{file}: no row has as many fields as the header ({count}); the first, on line {line:,}, has {fields}. Is"
            " the delimiter another, or does a line above the header tell something else?"
        )
    return replace(found, drops_name=width == count - 1)


def _width(seen: Mapping[tuple[int, bool], int], count: int, *, nameless: bool) -> int:
    """How many fields the usable rows have, by how many rows have so many fields and (one more) end in a delimiter."""
    if seen and set(seen) == {(count + 1, True)}:
        return count + 1
    with_name, without = (sum(rows for (fields, _), rows in seen.items() if fields == n) for n in (count, count - 1))
    return count - 1 if nameless and without > with_name else count


def _found(found_pieces: Iterable[Piece], count: int, width: int | None) -> tuple[CsvRows, "Counter[tuple[int, bool]]"]:
    """The rows of a width (None: that of the first), and how many rows there are of each number of fields."""
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
        found.places.extend((changes + found.rows).tolist())
        found.shifts.extend(shifted[changes].tolist())
        shift = int(shifted[-1]) if len(shifted) else shift
        found.rows += len(lines)
    return found, +seen


def data_rows(found_pieces: Iterable[Piece], count: int) -> Iterator[Piece]:
    """The rows of a file without its header and its blank lines."""
    header = True
    for piece in found_pieces:
        if count == 1:  # there, a blank line is a row that holds nothing
            piece = replace(piece, fields=piece.fields.clip(1))
        wanted = piece.fields > 0
        wanted[0] &= not header
        header = False
        yield piece if wanted.all() else piece.only(wanted)


def usable_text(
    read: Callable[[], Iterable[bytes]], written: Written, found: CsvRows, file: str, *, numbered: bool
) -> Iterator[bytes]:
    """The usable rows of a file, without its header; where `numbered`, each behind its line and a delimiter."""
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
            breaks = np.flatnonzero(rows.starts[1:] != rows.ends[:-1])  # rows that follow one another are one text
            starts = rows.starts[np.concatenate([[0], breaks + 1])].tolist()
            ends = rows.ends[np.concatenate([breaks, [len(rows.ends) - 1]])].tolist()
            yield b"".join(rows.text[start:end] for start, end in zip(starts, ends, strict=True))


def pieces(blocks: Iterable[bytes], written: Written, name: str) -> Iterator[Piece]:
    """The rows of a text in UTF-8, the header among them, in pieces of whole rows.

    Raises InputError for a row that is too long, as one is in which a quote is opened and not closed.
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
        f" that row has more than {LONGEST_ROW:,} bytes. Quotes stand doubled inside quotes (RFC 4180). Of a file"
        ' without quotes, say so: quote = "".'
    )


def _lines(text: bytes, ends: "Numbers", line: int, written: Written) -> tuple["Numbers", int]:
    """The line on which each row begins, and that of the row after the last."""
    import numpy as np

    if text.count(written.end, 0, int(ends[-1])) == len(ends):
        return np.arange(line, line + len(ends), dtype=np.int64), line + len(ends)
    breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == written.end)
    after = line + np.searchsorted(breaks, ends)
    return np.concatenate([[line], after[:-1]]), int(after[-1])


def _split(text: bytes, written: Written) -> tuple["Numbers", "Numbers", "Numbers", "Flags"]:
    """Where the whole rows of a text begin and end, how many fields each has, and whether it ends with a delimiter."""
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
    """Whether every quote opens or closes a field, or stands doubled inside one: then those before a place tell
    whether it is quoted."""
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
    """Line ends and delimiters outside quotes, where quotes also stand inside fields that are not quoted."""
    import numpy as np

    quote, delimiter, end = (re.escape(bytes([b])) for b in (written.quote, written.delimiter, written.end))
    # A quoted field may stand between blanks, and a field that begins otherwise holds quotes as letters.
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
