"""SQL over the lines of a fixed-width file: which lines fit the layout, and the columns that their fields make."""

from collections.abc import Sequence

from linkage.formats.layout import Field, Layout, Made
from linkage.quoting import literal, quoted_name

SHORT, LONG, CUT, LETTERS, BYTES = "too short", "too long", "cut", "letters", "bytes"


def problem_of(layout: Layout) -> str:
    """The expression that says of a `line` what is wrong with it; NULL where nothing is.

    A line may end early, behind the fields that a record needs, as long as it cuts no number in two.
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
    """The expression of a field's value: without blanks around it, NULL where it is not known, its codes read."""
    text = f"trim({_piece(one)})"
    cases = [
        f"WHEN {literal(code)} THEN {literal(meaning) if meaning else 'NULL'}" for code, meaning in one.codes.items()
    ]
    cases += [f"WHEN {literal(code)} THEN NULL" for code in dict.fromkeys(("", *one.unknown))]
    return f"CASE {text} {' '.join(cases)} ELSE {text} END"


def columns_of(layout: Layout) -> list[str]:
    """The expressions of every column that a file of a layout has, by name."""
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
    return " || ".join(values)  # a part that is not known leaves nothing


def key_of(layout: Layout) -> str:
    """The expression of what names a record; NULL where a part of it is not known."""
    return " || ".join(value_of(layout.field(name)) for name in layout.key)


def action_of(layout: Layout) -> str:
    """The expression of what a line does to the registry; NULL where a code is not understood."""
    doing, unread = [], []
    for name, codes in layout.actions:
        code = f"trim({_piece(layout.field(name))})"
        unread.append(f"WHEN {code} NOT IN ({_listed(list(codes))}) THEN NULL")
        doing += [f"WHEN {code} = {literal(one)} THEN '{does}'" for one, does in codes.items() if does != "add"]
    return f"CASE {' '.join([*unread, *doing])} ELSE 'add' END" if unread else "'add'"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))


def reason_of(problem: str, length: int, layout: Layout) -> str:
    """What is wrong with a line, in words.

    >>> from linkage.formats.layout import read_layout
    >>> reason_of("letters SSN", 100, read_layout("ssa_dmf"))
    'SSN holds other signs than digits'
    >>> reason_of("too long", 101, read_layout("ssa_dmf"))
    '101 characters where the layout has 100'
    """
    kind, _, name = problem.partition(" ")
    if kind == CUT:
        return f"the line ends inside {name}, after {length:,} characters"
    return (
        f"{name} holds other signs than digits"
        if kind == LETTERS
        else (f"{length:,} characters where the layout has {layout.length:,}")
    )
