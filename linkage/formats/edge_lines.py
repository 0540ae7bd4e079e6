"""Header and trailer lines of fixed-width files that have the full length of a record.

Without them, a layout whose fields are all text would give a death with the date on which the file was made.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from linkage.formats.layout import Layout
from linkage.values.dates import NOT_KNOWN_WORDS
from linkage.values.written_dates import UNKNOWN

AT_EACH_END = 6
"""How many lines at each end of a file are judged, or show what records look like."""
_HEADER = r"\W*(HDR|HEADER|BOF)"
_TRAILER = r"\W*(TRL|TRLR|TLR|TRAILER|FTR|FOOTER|EOF|END[ -]?OF[ -]?(FILE|REPORT|DATA))"
_MOST, _HALF, _NAME = 0.75, 0.5, 6

Line = tuple[int, str]


def edge_lines(lines: Sequence[Line], layout: Layout) -> list[int]:
    """The numbers of the lines at the start and end of a file that are no records, from its first and last lines.

    Fields that hold digits in the same shape (150601, 15-JUN-01) in most lines show it: a line is no record if at least
    two are such fields and it has the shape in none of them, but a word in one; or if it begins with a word such as HDR
    or TRL, and lacks the shape in half of them (in all of them, if lines begin with names, such as Footer and Bofill).

    >>> from linkage.formats.layout import Field
    >>> layout = Layout("a", "", 14, 14, (Field("id", 1, 3), Field("name", 4, 5), Field("date", 9, 6)), {})
    >>> edge_lines([(1, "HDRSTATE      "), (2, "001LEE  150601"), (3, "002ROE  150602"), (4, "TRL000002     ")], layout)
    [1, 4]
    >>> edge_lines([(1, "A01LEE  150601"), (2, "002ROE  150602"), (3, "   DOE  150602")], layout)
    []
    >>> edge_lines([(1, "HDRSTATE150701"), (2, "TRL000000     ")], layout)
    [1, 2]
    """
    pieces = [[line[one.start - 1 : one.end].strip() for one in layout.fields] for _, line in lines]
    records = [row for row, (_, line) in zip(pieces, lines, strict=True) if not _is_marked(line)]
    if not records:
        return [number for number, _ in lines] if _is_frame([line for _, line in lines]) else []
    shapes = _shapes(records)
    has_names = _begin_with_names(records, layout)

    def is_edge(place: int) -> bool:
        without = [pieces[place][field] for field, shape in shapes.items() if _shape(pieces[place][field]) != shape]
        if _is_marked(line := lines[place][1]):
            could_be_name = has_names and re.match(r"[^\W\d_]{4}", line)
            return bool(shapes) and len(without) >= (1 if could_be_name else _HALF) * len(shapes)
        return len(shapes) > 1 and len(without) == len(shapes) and any(map(_is_word, without))

    at_start = len(list(takewhile(is_edge, range(len(lines)))))
    at_end = len(list(takewhile(is_edge, range(len(lines) - 1, at_start - 1, -1))))
    return [number for number, _ in (*lines[:at_start], *lines[len(lines) - at_end :])]


def _is_marked(line: str) -> bool:
    return bool(re.match(f"{_HEADER}|{_TRAILER}", line, re.IGNORECASE))


def _is_frame(lines: Sequence[str]) -> bool:
    """Whether marked lines are the header and trailer of a file without records."""
    ends = ((_HEADER, lines[0]), (_TRAILER, lines[-1])) if lines else ()
    return bool(ends) and all(re.match(mark, line, re.IGNORECASE) for mark, line in ends)


def _shapes(records: Sequence[Sequence[str]]) -> dict[int, str]:
    """The places of the fields that hold digits in one shape in most records, and the shape."""
    usual = [Counter(map(_shape, column)).most_common(1)[0] for column in zip(*records, strict=True)]
    return {
        place: shape for place, (shape, number) in enumerate(usual) if "9" in shape and number >= _MOST * len(records)
    }


def _shape(value: str) -> str:
    """What a value looks like, such as 9A9 for 15JUN01."""
    return re.sub("[0-9]+", "9", re.sub(r"[^\W\d_]+", "A", value))


def _begin_with_names(records: Sequence[Sequence[str]], layout: Layout) -> bool:
    """Whether most lines begin with letters, in a field that is too long for a code such as that of a state."""
    if layout.fields[0].length < _NAME:
        return False
    return sum(not re.search("[0-9]", row[0]) for row in records) >= _MOST * len(records)


def _is_word(value: str) -> bool:
    """Whether a value is neither digits nor a word for one that is not known."""
    return bool(re.search("[^0-9]", value)) and value.upper() not in {*NOT_KNOWN_WORDS, *UNKNOWN}
