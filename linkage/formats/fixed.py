"""SQL over the lines of a fixed-width file: which lines match the layout, and the columns made from their fields."""

import re
from collections.abc import Sequence
from dataclasses import replace

from linkage.formats.layout import Field, Layout, Made
from linkage.quoting import literal, quoted_name

SHORT, LONG, CUT, LETTERS, DIGITS, BYTES, BLANK = "too short", "too long", "cut", "letters", "digits", "bytes", "blank"
EDGE = "edge"
"""The problem of a header or trailer, see `edge_lines`."""


def problem_of(layout: Layout) -> str:
    """The SQL expression for the problem with a `line`; NULL if there is none.

    A line may end early, after the required fields, unless it ends inside a number.
    """
    numbers = [one for one in layout.fields if one.type == "number"]
    length = f"length(line) = {layout.length}"
    cases = [
        f"WHEN line < '!' AND regexp_full_match(line, ' *') THEN '{BLANK}'",  # the first spares most lines the second
        f"WHEN length(line) > {layout.length} THEN '{LONG}'",
        f"WHEN NOT {length} AND strlen(line) = {layout.length} THEN '{BYTES}'",
        f"WHEN length(line) < {layout.shortest} THEN '{SHORT}'",
        *(
            f"WHEN length(line) >= {one.start} AND length(line) < {one.end} AND trim({_piece(one)}) <> ''"
            f" THEN {literal(f'{CUT} {one.name}')}"
            for one in numbers
            if one.end > layout.shortest
        ),
    ]
    if numbers:
        together = ", ".join(f"substr(line, {start}, {length})" for start, length in _joined(layout))
        named = " ".join(f"WHEN {_has_letters(_piece(one))} THEN {literal(f'{LETTERS} {one.name}')}" for one in numbers)
        cases.append(f"WHEN {_has_letters(f'concat({together})')} THEN CASE {named} END")
    cases += [
        f"WHEN regexp_matches({_piece(one)}, '[0-9]') THEN {literal(f'{DIGITS} {one.name}')}"
        for one in layout.fields
        if one.type == "letters"
    ]
    return f"CASE {' '.join(cases)} END"


def _joined(layout: Layout) -> list[tuple[int, int]]:
    """The start and length of each stretch of a line that number fields cover, so that few pieces are taken.

    >>> from linkage.formats.layout import read_layout
    >>> _joined(read_layout("ssa_dmf"))
    [(2, 9), (66, 16)]
    """
    stretches: list[tuple[int, int]] = []
    for one in sorted((field for field in layout.fields if field.type == "number"), key=lambda field: field.start):
        start, length = stretches[-1] if stretches else (0, 0)
        if stretches and one.start <= start + length:
            stretches[-1] = (start, max(length, one.end + 1 - start))
        else:
            stretches.append((one.start, one.length))
    return stretches


def _has_letters(text: str) -> str:
    return f"NOT regexp_full_match({text}, '[0-9 ]*')"


def _piece(one: Field) -> str:
    return f"substr(line, {one.start}, {one.length})"


_DIGITS = "digits"
"""The type of a number field without a blank in any line."""


def filled(layout: Layout) -> Layout:
    """The layout for lines whose number fields contain no blank: these fields need no trimming."""
    fields = [replace(one, type=_DIGITS) if one.type == "number" else one for one in layout.fields]
    return replace(layout, fields=tuple(fields))


def value_of(layout: Layout, name: str) -> str:
    """The SQL expression for a field's value in a usable line: trimmed, with codes decoded, and NULL if not known."""
    text = _trimmed(layout, name)
    return _decoded(layout.field(name), text, text)


def _decoded(one: Field, text: str, other: str) -> str:
    """The SQL expression for the meaning of a field's text; `other` for a text that is no code and not unknown."""
    cases = [
        f"WHEN {literal(code)} THEN {literal(meaning) if meaning else 'NULL'}" for code, meaning in one.codes.items()
    ]
    cases += [f"WHEN {literal(code)} THEN NULL" for code in dict.fromkeys(("", *one.unknown))]
    return f"CASE {text} {' '.join(cases)} ELSE {other} END"


def _whole(layout: Layout, name: str, *, digits: bool = False) -> str:
    """The SQL expression for a value that is joined to others: a number has zeros for the blanks around it.

    With trimmed numbers, month 1 and day 12 would be joined to the same text as month 11 and day 2. `digits`: a text of
    digits is a number too.
    """
    one, text = layout.field(name), _trimmed(layout, name)
    if one.length == 1 or not (one.type == "number" or (digits and one.type == "text")):
        return value_of(layout, name)
    is_short = f"length({text}) < {one.length}"
    if one.type == "text":
        is_short += f" AND regexp_full_match({text}, '[0-9]+')"
    filled = f"lpad({text}, {one.length}, '0')"
    return _decoded(one, text, f"CASE WHEN {is_short} THEN {_decoded(one, filled, filled)} ELSE {text} END")


_HEAD = 10
"""Most names have at most this many characters, and trimming takes time for each character."""


def _trimmed(layout: Layout, name: str) -> str:
    """The SQL expression for `trim` of a field in a usable line, which is called only where it is needed."""
    one = layout.field(name)
    piece = _piece(one)
    if one.type == _DIGITS:
        return piece
    if one.type == "number":  # only digits and blanks; neighboring fields are searched for a blank together
        start, length = next(stretch for stretch in _joined(layout) if stretch[0] <= one.start < sum(stretch))
        return f"CASE WHEN contains(substr(line, {start}, {length}), ' ') THEN trim({piece}) ELSE {piece} END"
    if one.length == 1:
        return f"CASE WHEN {piece} BETWEEN '!' AND '~' THEN {piece} ELSE trim({piece}) END"
    if one.length <= _HEAD:
        return f"CASE WHEN {piece} = {literal(' ' * one.length)} THEN '' ELSE trim({piece}) END"
    rest = one.length - _HEAD
    return (
        f"CASE WHEN substr(line, {one.start + _HEAD}, {rest}) = {literal(' ' * rest)}"
        f" THEN trim(substr(line, {one.start}, {_HEAD})) ELSE trim({piece}) END"
    )


def columns_of(layout: Layout) -> list[str]:
    """The SQL expressions for all columns of a file with this layout."""
    read = {
        name: _made(layout, name, layout.columns[name]) if name in layout.columns else value_of(layout, name)
        for name in layout.names
    }
    return [f"{value} AS {quoted_name(name)}" for name, value in read.items()]


_DATES = re.compile("date|dob|dod", re.IGNORECASE)
"""Part of the name of a column of dates."""


def _made(layout: Layout, column: str, made: Made) -> str:
    if made.how == "join" and len(made.fields) > 1:  # NULL if any part is NULL
        return " || ".join(_whole(layout, name, digits=bool(_DATES.search(column))) for name in made.fields)
    values = [value_of(layout, name) for name in made.fields]
    if made.how == "join":
        return values[0]
    if made.how == "first_of":
        return f"coalesce({', '.join(values)})"
    if made.how == "all_of":
        return f"nullif(concat_ws(';', {', '.join(values)}), '')"
    joined = ", '|', ".join(values)  # concat passes over NULL
    return f"nullif(concat({joined}), '{'|' * (len(values) - 1)}')"


def key_of(layout: Layout) -> str:
    """The SQL expression for the key of a record; NULL if any part of it is not known."""
    *before, last = layout.key
    return " || ".join([*(_apart(layout, name) for name in before), _whole(layout, last)])


def _apart(layout: Layout, name: str) -> str:
    """The SQL expression for a part of a key that others follow: it has one width, so that 1 and 1234 are not 11 and
    234."""
    one, value = layout.field(name), _whole(layout, name)
    if not one.codes and (one.length == 1 or one.type in ("number", _DIGITS)):
        return value
    width = max(one.length, *map(len, one.codes.values()), 1)
    return f"CASE WHEN length({value}) < {width} THEN rpad({value}, {width}, ' ') ELSE {value} END"


def action_of(layout: Layout) -> str:
    """The SQL expression for the action of a line on the registry; NULL for an unknown code."""
    doing, unread, usual = [], [], []
    for name, codes in layout.actions:
        code, one = _trimmed(layout, name), layout.field(name)
        written = [code.ljust(one.length) for code, does in codes.items() if does == "add"]
        usual.append(f"{_piece(one)} IN ({_listed(written)})" if written else "FALSE")
        unread.append(f"WHEN {code} NOT IN ({_listed(list(codes))}) THEN NULL")
        doing += [f"WHEN {code} = {literal(one)} THEN '{does}'" for one, does in codes.items() if does != "add"]
    if not unread:
        return "'add'"
    return f"CASE WHEN {' AND '.join(usual)} THEN 'add' {' '.join([*unread, *doing])} ELSE 'add' END"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))


def reason_of(problem: str, length: int, layout: Layout) -> str:
    """Describe the problem with a line.

    >>> from linkage.formats.layout import read_layout
    >>> reason_of("letters SSN", 100, read_layout("ssa_dmf"))
    'SSN contains characters other than digits'
    >>> reason_of("digits DISP", 5000, read_layout("ije_mortality"))
    'DISP contains digits, so the line is shifted'
    >>> reason_of("too long", 101, read_layout("ssa_dmf"))
    '101 characters where the layout has 100'
    """
    kind, _, name = problem.partition(" ")
    if kind == EDGE:
        return "a header or trailer, not a record"
    if kind == CUT:
        return f"the line ends inside {name}, after {length:,} characters"
    if kind == DIGITS:
        return f"{name} contains digits, so the line is shifted"
    return (
        f"{name} contains characters other than digits"
        if kind == LETTERS
        else (f"{length:,} characters where the layout has {layout.length:,}")
    )
