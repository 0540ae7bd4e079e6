"""Header and trailer lines of fixed-width files that have the full length of a record.

Without them, a layout whose fields are all text would give a death with the date on which the file was made.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from linkage.formats.layout import Layout

AT_EACH_END = 6
"""How many lines at each end of a file are judged, or show what records look like."""
_MARK = re.compile(r"\W*(HDR|HEADER|BOF|TRL|TRLR|TLR|TRAILER|FTR|FOOTER|EOF|END[ -]?OF[ -]?FILE)", re.IGNORECASE)
_MOST, _HALF = 0.75, 0.5

Line = tuple[int, str]


def edge_lines(lines: Sequence[Line], layout: Layout) -> list[int]:
    """The numbers of the lines at the start and end of a file that are no records, from its first and last lines.

    Fields that hold digits in most lines show it: a line is no record if at least two are such fields and it has
    digits in none of them, but letters in one; or if it begins with a word such as HDR or TRL, and lacks digits in half
    of them.

    >>> from linkage.formats.layout import Field
    >>> layout = Layout("a", "", 14, 14, (Field("id", 1, 3), Field("name", 4, 5), Field("date", 9, 6)), {})
    >>> edge_lines([(1, "HDRSTATE      "), (2, "001LEE  150601"), (3, "002ROE  150602"), (4, "TRL000002     ")], layout)
    [1, 4]
    >>> edge_lines([(1, "A01LEE  150601"), (2, "002ROE  150602"), (3, "   DOE  150602")], layout)
    []
    """
    pieces = [[line[one.start - 1 : one.end].strip() for one in layout.fields] for _, line in lines]
    records = [row for row, (_, line) in zip(pieces, lines, strict=True) if not _MARK.match(line)]
    filled = [sum(row[place].isdigit() for row in records) for place in range(len(layout.fields))]
    numeric = [place for place, number in enumerate(filled) if number >= _MOST * len(records)]
    if not records or not numeric:
        return []

    def is_edge(place: int) -> bool:
        values = [pieces[place][field] for field in numeric]
        without = [value for value in values if not value.isdigit()]
        if _MARK.match(lines[place][1]):
            return len(without) >= _HALF * len(values)
        return len(values) > 1 and len(without) == len(values) and any(re.search("[^0-9]", one) for one in without)

    at_start = len(list(takewhile(is_edge, range(len(lines)))))
    at_end = len(list(takewhile(is_edge, range(len(lines) - 1, at_start - 1, -1))))
    return [number for number, _ in (*lines[:at_start], *lines[len(lines) - at_end :])]
