"""Standardize values that are not plain, in Python, once per distinct value.

The distinct values of a column that are not plain go through the Python functions of this package, and their rows are
updated. Most names and dates repeat, and most are plain, so few of millions of rows change.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from linkage.engines import Engine, LookUp
from linkage.method.records import Loaded
from linkage.method.standardize.as_read import COLUMNS, DATES, NAME_FIELDS, SEVERAL_NAMES
from linkage.method.standardize.plain_values import is_plain, not_dates, odd_numbers
from linkage.rules.cascade import Cascade, Field
from linkage.sources.reading import Reading
from linkage.values.affixes import standard_suffix, suffix_note
from linkage.values.date_forms import DateForm, FormFound
from linkage.values.dates import standard_date
from linkage.values.given_names import first_of_several, whole_formal_names
from linkage.values.names import Name, former_names, standard_name
from linkage.values.nicknames import nickname_table
from linkage.values.ssn import standard_ssn

# The results of the function of a column, before its notes. Lists are separated by bars.
_OUTPUTS = {
    **dict.fromkeys(NAME_FIELDS, ("name", "parts", "suffix", "middle", "former", "formal", "first")),
    "suffix": ("name",),
    "former_last_names": ("names",),
    "ssn": ("ssn", "last_four"),
    "birth_date": ("complete", "partial"),
    "death_date_partial": ("complete", "partial"),
}

# Changes by standardization that keep the meaning of a value.
_KEPT = {
    *("accents folded", "brackets dropped", "punctuation dropped", "digits dropped"),
    *("title dropped", "suffix moved", "initial moved", "former name found", "other name dropped", "partial"),
}


def list_values(engine: Engine, side: str, in_file: Collection[str]) -> None:
    """Make `{side}_value`, the distinct values of each column except the SSN (`field`, `value`): most names and dates
    repeat. The columns that are not in the file are empty.

    A separate table, because an engine that can push a test through DISTINCT evaluates it on every row.
    """
    selects = (
        f"SELECT DISTINCT '{column}' AS field, {column} AS value FROM {side} WHERE {column} IS NOT NULL"
        for column in _repeating(side, in_file)
    )
    engine.create(f"{side}_value", "\nUNION ALL ".join(selects))


def _repeating(side: str, in_file: Collection[str]) -> list[str]:
    """The columns in the file whose values usually repeat; at least one, so that there is something to select."""
    columns = [column for column in COLUMNS[side] if column != "ssn"]
    return [column for column in columns if DATES[side].get(column, column) in in_file] or columns[:1]


def replace_odd_values(
    engine: Engine,
    side: str,
    cascade: Cascade,
    table: Loaded,
    reading: Reading,
) -> dict[str, Counter[str]]:
    """Standardize the values that are not plain. Returns the values changed or dropped for each column, by reason.

    Call `list_values` first. Drops the tables that it made.
    """
    functions = _functions(side, cascade, table.forms, reading)
    asked = {"ssn", *_columns_with_odd_values(engine, side, cascade, table.columns)}
    found = [
        column
        for column in COLUMNS[side]
        if column in asked
        and engine.look_up(
            f"{column}_lookup", _odd_values(side, column, cascade), functions[column], (*_OUTPUTS[column], "notes")
        )
    ]
    counts: dict[str, Counter[str]] = {column: Counter() for column in COLUMNS[side]}
    if found:
        number = engine.row_numbers(side)
        held = " OR ".join(f"{column} IN (SELECT value FROM {column}_lookup)" for column in found)
        engine.create(f"{side}_odd", f"SELECT {number} AS odd_row, {side}.* FROM {side} WHERE {held}")
        _count_notes(engine, side, found, counts)
        engine.replace_rows(
            side, f"{number} IN (SELECT odd_row FROM {side}_odd)", _replaced_rows(side, table.groups, found)
        )
    engine.drop(f"{side}_value", f"{side}_odd", *(f"{column}_lookup" for column in found))
    return counts


def _count_notes(engine: Engine, side: str, found: Sequence[str], counts: Mapping[str, Counter[str]]) -> None:
    """Count the notes of all columns by one statement."""
    noted = "\nUNION ALL ".join(
        f"SELECT '{column}' AS field, notes FROM {side}_odd JOIN {column}_lookup ON {side}_odd.{column} = value"
        " WHERE notes <> ''"
        for column in found
    )
    for column, notes, rows in engine.rows(
        f"SELECT field, notes, count(*) FROM ({noted}) AS noted GROUP BY field, notes"
    ):
        for note in notes.split("; "):
            counts[column][note] += rows


def _columns_with_odd_values(engine: Engine, side: str, cascade: Cascade, in_file: Collection[str]) -> set[str]:
    """The columns of `{side}_value` with values that are not plain: few in small files, and found by one query."""
    columns = _repeating(side, in_file)
    values = ", ".join(f"value AS {column}" for column in columns)
    tests = " ".join(f"WHEN '{column}' THEN NOT ({is_plain(column, cascade)})" for column in columns)
    listed = f"SELECT field, {values} FROM {side}_value"
    return {
        field
        for (field,) in engine.rows(f"SELECT DISTINCT field FROM ({listed}) AS listed WHERE CASE field {tests} END")
    }


def _odd_values(side: str, column: str, cascade: Cascade) -> str:
    if column == "ssn":
        return odd_numbers(side, cascade)
    listed = f"SELECT value AS {column} FROM {side}_value WHERE field = '{column}'"
    return f"SELECT {column} AS value FROM ({listed}) AS listed WHERE NOT ({is_plain(column, cascade)})"


def _functions(side: str, cascade: Cascade, forms: Mapping[str, FormFound], reading: Reading) -> dict[str, LookUp]:
    """The function that reads a value, for each column of a side."""
    last_name, ssn = cascade.fields["last_name"], cascade.fields["ssn"]

    def former(text: str) -> tuple[str | None, ...]:
        names = former_names(text, last_name.not_known, last_name.steps)
        return "|".join(names) or None, "" if names or not text.strip() else "placeholder"

    def suffix(text: str) -> tuple[str | None, ...]:
        return standard_suffix(text), suffix_note(text)

    restore = reading.ssn_lost_zeros == "restore"
    functions = {name: _name_function(cascade.fields[name]) for name in NAME_FIELDS}
    functions |= {"former_last_names": former, "suffix": suffix, "ssn": _ssn_function(ssn.not_known, cascade, restore)}
    for column, ours in DATES[side].items():
        functions[column] = _date_function(not_dates(column, cascade), forms[ours].form)
    return functions


def _name_function(field: Field) -> LookUp:
    not_known, given = frozenset(field.not_known), field.name == "first_name"

    def look_up(text: str) -> tuple[str | None, ...]:
        name = standard_name(text, not_known, field.steps, given)
        compound = "|".join(name.parts) if name.parts and name.parts != (name.name,) else None
        former = "|".join(name.former) or None
        return name.name, compound, name.suffix, name.middle, former, *_several(name, given), "; ".join(name.notes)

    return look_up


def _several(name: Name, given: bool) -> tuple[str | None, str | None]:
    """Additional values by which a first name of several words is compared."""
    nicknames = nickname_table()
    formal = "|".join(whole_formal_names(name, nicknames)) if given else ""
    first = "|".join(first_of_several(name, nicknames)) if given else ""
    return formal or None, first or None


def _ssn_function(not_known: Iterable[str], cascade: Cascade, restore_zeros: bool) -> LookUp:
    dummies = frozenset(not_known)

    def look_up(text: str) -> tuple[str | None, ...]:
        number = standard_ssn(text, dummies, cascade.ssn, restore_zeros)
        return number.ssn, None if number.ssn else number.last_four, number.note or ""

    return look_up


def _date_function(not_known: frozenset[str], form: DateForm) -> LookUp:
    def look_up(text: str) -> tuple[str | None, ...]:
        read = standard_date(text, not_known, form)
        complete = read.digits is not None and read.note is None
        return read.digits if complete else None, None if complete else read.digits, read.note or ""

    return look_up


def _replaced_rows(side: str, groups: Iterable[str], found: Iterable[str]) -> str:
    """The SELECT of the rows of `{side}_odd`, which have a value that is not plain, with each such value replaced.

    `found` are the columns with such values, which have a lookup table; the tables of the others are empty.
    """
    died = ["death_date_partial"] if side == "death" else []
    columns = [
        f"{side}.{side}_id",
        *(_replaced(side, column, "name") for column in ("first_name", "last_name")),
        f"coalesce({_value(side, 'middle_name', 'name')}, first_name_lookup.middle) AS middle_name",
        *(f"{column}_lookup.parts AS {column}_parts" for column in NAME_FIELDS),
        f"coalesce({_value(side, 'suffix', 'name')}, last_name_lookup.suffix, first_name_lookup.suffix,"
        " middle_name_lookup.suffix) AS suffix",
        f"nullif(concat_ws('|', {_value(side, 'former_last_names', 'names')}, last_name_lookup.former), '')"
        " AS former_last_names",
        *(f"first_name_lookup.{name.removeprefix('first_name_')} AS {name}" for name in SEVERAL_NAMES),
        _replaced(side, "ssn", "ssn"),
        "ssn_lookup.last_four AS ssn_last_four",
        _replaced(side, "birth_date", "complete"),
        "birth_date_lookup.partial AS birth_date_partial",
        *(f"coalesce({_value(side, c, 'complete')}, {c}_lookup.partial) AS {c}" for c in died),
        f"{side}.sex",
        *(["death.void", "death.amends"] if side == "death" else []),
        *(f"{side}.{column}" for column in groups),
    ]
    joins = "\n".join(f"LEFT JOIN {c}_lookup ON {side}.{c} = {c}_lookup.value" for c in COLUMNS[side])
    listed = ",\n    ".join(columns)
    empty = ",\n".join(_nothing_odd(column) for column in COLUMNS[side] if column not in found)
    return f"{f'WITH {empty}' if empty else ''}\nSELECT\n    {listed}\nFROM {side}_odd AS {side}\n{joins}"


def _nothing_odd(column: str) -> str:
    nothing = ", ".join(f"CAST(NULL AS STRING) AS {name}" for name in ("value", *_OUTPUTS[column]))
    return f"{column}_lookup AS (SELECT * FROM (SELECT {nothing}) AS nothing WHERE FALSE)"


def _value(side: str, column: str, output: str) -> str:
    return f"CASE WHEN {column}_lookup.value IS NULL THEN {side}.{column} ELSE {column}_lookup.{output} END"


def _replaced(side: str, column: str, output: str) -> str:
    return f"{_value(side, column, output)} AS {column}"


def lost_values(reasons: Mapping[str, int], mended: bool = False) -> dict[str, int]:
    """The values of a column that are not known after reading, by reason; optionally with those that were corrected.

    >>> lost_values({"known dummy": 2, "leading zeros restored": 1, "accents folded": 9})
    {'known dummy': 2}
    """
    kept = _KEPT if mended else _KEPT | {"leading zeros restored"}
    return {reason: number for reason, number in reasons.items() if reason not in kept}
