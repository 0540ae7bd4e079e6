"""SQL over the lines of a fixed-width file: which lines match the layout, and the columns made from their fields."""

from collections.abc import Sequence

from linkage.formats.layout import Field, Layout, Made
from linkage.quoting import literal, quoted_name

SHORT, LONG, CUT, LETTERS, BYTES = "too short", "too long", "cut", "letters", "bytes"


def problem_of(layout: Layout) -> str:
    """The SQL expression for the problem with a `line`; NULL if there is none.

    A line may end early, after the required fields, unless it ends inside a number.
    """
    numbers = [one for one in layout.fields if one.type == "number"]
    length = f"length(line) = {layout.length}"
    cases = [
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
        together = f"concat({', '.join(map(_piece, numbers))})"
        named = " ".join(f"WHEN {_has_letters(_piece(one))} THEN {literal(f'{LETTERS} {one.name}')}" for one in numbers)
        cases.append(f"WHEN {_has_letters(together)} THEN CASE {named} END")
    return f"CASE {' '.join(cases)} END"


def _has_letters(text: str) -> str:
    return f"NOT regexp_full_match({text}, '[0-9 ]*')"


def _piece(one: Field) -> str:
    return f"substr(line, {one.start}, {one.length})"


def value_of(one: Field) -> str:
    """The SQL expression for a field's value: trimmed, with codes decoded, and NULL if not known."""
    text = f"trim({_piece(one)})"
    cases = [
        f"WHEN {literal(code)} THEN {literal(meaning) if meaning else 'NULL'}" for code, meaning in one.codes.items()
    ]
    cases += [f"WHEN {literal(code)} THEN NULL" for code in dict.fromkeys(("", *one.unknown))]
    return f"CASE {text} {' '.join(cases)} ELSE {text} END"


def columns_of(layout: Layout) -> list[str]:
    """The SQL expressions for all columns of a file with this layout."""
    read = {
        name: _made(layout, layout.columns[name]) if name in layout.columns else value_of(layout.field(name))
        for name in layout.names
    }
    return [f"{value} AS {quoted_name(name)}" for name, value in read.items()]


def _made(layout: Layout, made: Made) -> str:
    values = [value_of(layout.field(name)) for name in made.fields]
    if made.how == "first_of":
        return f"coalesce({', '.join(values)})"
    if made.how == "all_of":
        return f"nullif(concat_ws(';', {', '.join(values)}), '')"
    if made.how == "parts":
        joined = " || '|' || ".join(f"coalesce({value}, '')" for value in values)
        return f"nullif({joined}, '{'|' * (len(values) - 1)}')"
    return " || ".join(values)  # NULL if any part is NULL


def key_of(layout: Layout) -> str:
    """The SQL expression for the key of a record; NULL if any part of it is not known."""
    return " || ".join(value_of(layout.field(name)) for name in layout.key)


def action_of(layout: Layout) -> str:
    """The SQL expression for the action of a line on the registry; NULL for an unknown code."""
    doing, unread = [], []
    for name, codes in layout.actions:
        code = f"trim({_piece(layout.field(name))})"
        unread.append(f"WHEN {code} NOT IN ({_listed(list(codes))}) THEN NULL")
        doing += [f"WHEN {code} = {literal(one)} THEN '{does}'" for one, does in codes.items() if does != "add"]
    return f"CASE {' '.join([*unread, *doing])} ELSE 'add' END" if unread else "'add'"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))


def reason_of(problem: str, length: int, layout: Layout) -> str:
    """Describe the problem with a line.

    >>> from linkage.formats.layout import read_layout
    >>> reason_of("letters SSN", 100, read_layout("ssa_dmf"))
    'SSN contains characters other than digits'
    >>> reason_of("too long", 101, read_layout("ssa_dmf"))
    '101 characters where the layout has 100'
    """
    kind, _, name = problem.partition(" ")
    if kind == CUT:
        return f"the line ends inside {name}, after {length:,} characters"
    return (
        f"{name} contains characters other than digits"
        if kind == LETTERS
        else (f"{length:,} characters where the layout has {layout.length:,}")
    )
