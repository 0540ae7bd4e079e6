"""Standardising whole tables: what is cheap in SQL while a file is read, and Python for the rest.

Most values are plain: a name of letters only, nine digits, 1980-01-31. Reading puts them into upper
case and takes out dashes, and they are done. Of each column the distinct values that are not plain
go through the Python functions of this package once each, and the rows that hold them are replaced.
A plain value is one that those functions would leave as it is, so both ways give the same answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from linkage.engines import Engine
from linkage.reading import Reading
from linkage.rules import Cascade, Field
from linkage.standardise.dates import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    DateForm,
    FormFound,
    forms_shown,
    order_shown,
    standard_date,
)
from linkage.standardise.names import SUFFIXES, former_names, sound, standard_name, standard_suffix
from linkage.standardise.ssn import standard_ssn

NAME_FIELDS = ("first_name", "middle_name", "last_name")
_COLUMNS = (*NAME_FIELDS, "suffix", "former_last_names", "ssn", "birth_date")
COLUMNS = {"patient": _COLUMNS, "death": (*_COLUMNS, "death_date_partial")}
_REPEATING = {side: tuple(name for name in columns if name != "ssn") for side, columns in COLUMNS.items()}
_DATES = {
    "patient": {"birth_date": "birth_date"},
    "death": {"birth_date": "birth_date", "death_date_partial": "death_date"},
}

_Function = Callable[[str], tuple[str | None, ...]]
# What the function of a column gives, before its notes. Lists are written with bars.
_OUTPUTS = {
    **dict.fromkeys(NAME_FIELDS, ("name", "parts", "suffix", "middle")),
    "suffix": ("name",),
    "former_last_names": ("names",),
    "ssn": ("ssn", "last_four"),
    "birth_date": ("complete", "partial"),
    "death_date_partial": ("complete", "partial"),
}


def read_select(side: str, values: Mapping[str, str], groups: Mapping[str, str], carried: Sequence[str] = ()) -> str:
    """The SELECT that reads one side from `source`: upper case, and numbers and dates without dashes.

    `values` gives the expression for each of our columns, `groups` those of columns that are only
    carried along; `carried` are columns that the engine asks for.
    """
    read = {**values, **groups, **{name: name for name in carried}}
    inner = ",\n        ".join(f"{expression} AS {name}" for name, expression in read.items())
    nothing = "CAST(NULL AS STRING)"
    columns = [f"nullif(trim({side}_id), '') AS {side}_id"]
    for name in NAME_FIELDS:
        columns += [f"{_upper(name)} AS {name}", f"{nothing} AS {name}_parts"]
    columns += [f"{_upper(name)} AS {name}" for name in ("suffix", "former_last_names")]
    columns += ["nullif(replace(ssn, '-', ''), '') AS ssn", f"{nothing} AS ssn_last_four"]
    columns += [f"{_undashed('birth_date')} AS birth_date", f"{nothing} AS birth_date_partial", _SEX]
    if side == "death":
        columns.append(f"{_undashed('death_date')} AS death_date_partial")
        columns.append("coalesce(upper(trim(void)) IN ('1', '1.0', 'T', 'TRUE', 'Y', 'YES'), FALSE) AS void")
    columns += [f"nullif(trim({column}), '') AS {column}" for column in groups]
    columns += carried
    listed = ",\n    ".join(columns)
    return f"SELECT\n    {listed}\nFROM (\n    SELECT\n        {inner}\n    FROM source\n) AS read"


_SEX = (
    "CASE WHEN sex IN ('M', 'F') THEN sex WHEN upper(trim(sex)) IN ('M', 'MALE', '1') THEN 'M'"
    " WHEN upper(trim(sex)) IN ('F', 'FEMALE', '2') THEN 'F' END AS sex"
)


def _upper(column: str) -> str:
    # In some files nothing is an empty text.
    return f"nullif(upper({column}), '')"


def _undashed(column: str) -> str:
    return f"CASE WHEN {column} LIKE '____-__-__' THEN replace({column}, '-', '') ELSE nullif({column}, '') END"


def _plain(column: str, cascade: Cascade) -> str:
    """Whether a value is already as the Python function of its column would write it."""
    if column in NAME_FIELDS:
        return _is_plain_name(column, cascade.fields[column])
    if column == "suffix":
        return f"suffix IN {_listed(set(SUFFIXES.values()))}"
    if column == "ssn":
        return _is_plain_ssn(cascade)
    if column == "former_last_names":
        return _is_plain_name(column, cascade.fields["last_name"])
    return _is_plain_date(column, cascade.fields["birth_date"].not_known if column == "birth_date" else ())


def _listed(values: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in sorted(values)) + ")"


def _is_plain_name(name: str, field: Field) -> str:
    # A key held down (XXX) is a placeholder; no real name begins with three of one letter.
    held = f"substr({name}, 1, 1) = substr({name}, 2, 1) AND substr({name}, 2, 1) = substr({name}, 3, 1)"
    plain = f"full_match({name}, '[A-Z]+') AND NOT ({held})"
    placeholders = {value.replace(" ", "") for value in field.not_known}
    placeholders = {value for value in placeholders if value.isascii() and value.isalpha()}
    return f"{plain} AND {name} NOT IN {_listed(placeholders)}" if placeholders else plain


# Areas 000 and 666, group 00 and serial 0000 were never issued. One pattern costs a quarter of the arithmetic.
_AREAS = "00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6[0-57-9][0-9]|66[0-57-9]"
_ISSUED = "({areas})(0[1-9]|[1-9][0-9])([1-9][0-9]{{3}}|0[1-9][0-9]{{2}}|00[1-9][0-9]|000[1-9])"


def _is_plain_ssn(cascade: Cascade) -> str:
    if cascade.ssn.digits != 9:
        return "FALSE"
    areas = f"{_AREAS}|9[0-9]{{2}}" if cascade.ssn.keep_taxpayer_numbers else _AREAS
    dummies = {*cascade.fields["ssn"].not_known, *(digit * 9 for digit in "0123456789")}
    listed = _listed(dummy for dummy in dummies if dummy.isascii() and dummy.isdigit())
    return f"full_match(ssn, '{_ISSUED.format(areas=areas)}') AND ssn NOT IN {listed}"


def _is_plain_date(column: str, not_known: Sequence[str]) -> str:
    dashed = f"substr({column}, 1, 4) || '-' || substr({column}, 5, 2) || '-' || substr({column}, 7, 2)"
    known = f" AND {column} NOT IN {_listed(not_known)}" if not_known else ""
    return (
        f"full_match({column}, '[0-9]{{8}}') AND try_cast({dashed} AS DATE) IS NOT NULL"
        f" AND {column} BETWEEN '{EARLIEST_YEAR}0101' AND '{LATEST_YEAR}1231'{known}"
    )


def list_values(engine: Engine, side: str) -> None:
    """Make `{side}_{column}_value`, the distinct values of each column but the number: most names and dates repeat.

    Tables of their own, because an engine that sees the test of a value over a DISTINCT runs it on every row.
    """
    for column in _REPEATING[side]:
        engine.create(
            f"{side}_{column}_value", f"SELECT DISTINCT {column} AS value FROM {side} WHERE {column} IS NOT NULL"
        )


def date_forms(engine: Engine, side: str, reading: Reading) -> dict[str, FormFound]:
    """How each column of dates of a side is read: as declared, or as its own dates show. Needs `list_values`."""
    shown = {}
    for column, ours in _DATES[side].items():
        odd = f"SELECT value FROM {side}_{column}_value WHERE NOT full_match(value, '[0-9]{{8}}')"
        shown[ours] = orders_shown(engine, odd)
    return forms_shown(shown, reading.forms, reading.two_digit_years_up_to)


def orders_shown(engine: Engine, select: str) -> dict[str, int]:
    """How many of the dates of a SELECT show what of their order."""
    engine.look_up("date_shown", select, lambda text: (order_shown(text),), ("shown",))
    rows = engine.rows(_SHOWN) if _has_rows(engine, "date_shown") else ()
    shown = {str(one): int(number) for one, number in rows}
    engine.drop("date_shown")
    return shown


def _has_rows(engine: Engine, name: str) -> bool:
    return bool(engine.rows(f"SELECT count(*) FROM {name}")[0][0])


_SHOWN = "SELECT shown, count(*) FROM date_shown GROUP BY shown"


def finish(
    engine: Engine,
    side: str,
    cascade: Cascade,
    groups: Iterable[str],
    forms: Mapping[str, FormFound],
    reading: Reading,
) -> dict[str, Counter[str]]:
    """Standardise what is not plain. Returns what was changed or dropped, by reason, for each column.

    Needs `list_values`, and forgets what it made.
    """
    for column, function in _functions(side, cascade, forms, reading).items():
        odd = _odd_values(side, column, cascade)
        engine.look_up(f"{column}_lookup", odd, function, (*_OUTPUTS[column], "notes"))
    found = [column for column in COLUMNS[side] if _has_rows(engine, f"{column}_lookup")]
    counts: dict[str, Counter[str]] = {column: Counter() for column in COLUMNS[side]}
    if found:
        number = engine.row_numbers(side)
        held = " OR ".join(f"{column} IN (SELECT value FROM {column}_lookup)" for column in found)
        engine.create(f"{side}_odd", f"SELECT {number} AS odd_row, {side}.* FROM {side} WHERE {held}")
        counts |= {column: _count_notes(engine, side, column) for column in found}
        engine.replace_rows(side, f"{number} IN (SELECT odd_row FROM {side}_odd)", _replaced_rows(side, groups))
    engine.drop(f"{side}_odd", *(f"{column}_lookup" for column in COLUMNS[side]))
    engine.drop(*(f"{side}_{column}_value" for column in _REPEATING[side]))
    return counts


def _count_notes(engine: Engine, side: str, column: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for notes, rows in engine.rows(
        f"SELECT notes, count(*) FROM {side}_odd JOIN {column}_lookup ON {side}_odd.{column} = value"
        " WHERE notes <> '' GROUP BY notes"
    ):
        for note in notes.split("; "):
            counts[note] += rows
    return counts


def _odd_values(side: str, column: str, cascade: Cascade) -> str:
    if column == "ssn":
        return f"SELECT DISTINCT ssn AS value FROM {side} WHERE ssn IS NOT NULL AND NOT ({_plain('ssn', cascade)})"
    listed = f"SELECT value AS {column} FROM {side}_{column}_value"
    return f"SELECT {column} AS value FROM ({listed}) AS listed WHERE NOT ({_plain(column, cascade)})"


def _functions(side: str, cascade: Cascade, forms: Mapping[str, FormFound], reading: Reading) -> dict[str, _Function]:
    """What reads a value of each column of a side."""
    last_name, ssn, birth_date = (cascade.fields[name] for name in ("last_name", "ssn", "birth_date"))

    def former(text: str) -> tuple[str | None, ...]:
        return "|".join(former_names(text, last_name.not_known, last_name.steps)) or None, ""

    def suffix(text: str) -> tuple[str | None, ...]:
        return (code := standard_suffix(text)), "" if code else "not a suffix"

    restore = reading.ssn_lost_zeros == "restore"
    functions = {name: _name_function(cascade.fields[name]) for name in NAME_FIELDS}
    functions |= {"former_last_names": former, "suffix": suffix, "ssn": _ssn_function(ssn.not_known, cascade, restore)}
    for column, ours in _DATES[side].items():
        functions[column] = _date_function(birth_date.not_known if ours == "birth_date" else (), forms[ours].form)
    return functions


def _name_function(field: Field) -> _Function:
    not_known, given = frozenset(field.not_known), field.name == "first_name"

    def look_up(text: str) -> tuple[str | None, ...]:
        name = standard_name(text, not_known, field.steps, given)
        compound = "|".join(name.parts) if name.parts and name.parts != (name.name,) else None
        return name.name, compound, name.suffix, name.middle, "; ".join(name.notes)

    return look_up


def _ssn_function(not_known: Iterable[str], cascade: Cascade, restore_zeros: bool) -> _Function:
    dummies = frozenset(not_known)

    def look_up(text: str) -> tuple[str | None, ...]:
        number = standard_ssn(text, dummies, cascade.ssn, restore_zeros)
        return number.ssn, None if number.ssn else number.last_four, number.note or ""

    return look_up


def _date_function(not_known: Iterable[str], form: DateForm) -> _Function:
    defaults = frozenset(not_known)

    def look_up(text: str) -> tuple[str | None, ...]:
        read = standard_date(text, defaults, form)
        complete = read.digits is not None and read.note is None
        return read.digits if complete else None, None if complete else read.digits, read.note or ""

    return look_up


def _replaced_rows(side: str, groups: Iterable[str]) -> str:
    """The SELECT of the rows of `{side}_odd`, those with some value that is not plain, each such value replaced."""
    died = ["death_date_partial"] if side == "death" else []
    columns = [
        f"{side}.{side}_id",
        *(_replaced(side, column, "name") for column in ("first_name", "last_name")),
        f"coalesce({_value(side, 'middle_name', 'name')}, first_name_lookup.middle) AS middle_name",
        *(f"{column}_lookup.parts AS {column}_parts" for column in NAME_FIELDS),
        f"coalesce({_value(side, 'suffix', 'name')}, last_name_lookup.suffix, first_name_lookup.suffix) AS suffix",
        _replaced(side, "former_last_names", "names"),
        _replaced(side, "ssn", "ssn"),
        "ssn_lookup.last_four AS ssn_last_four",
        _replaced(side, "birth_date", "complete"),
        "birth_date_lookup.partial AS birth_date_partial",
        *(f"coalesce({_value(side, c, 'complete')}, {c}_lookup.partial) AS {c}" for c in died),
        f"{side}.sex",
        *(["death.void"] if side == "death" else []),
        *(f"{side}.{column}" for column in groups),
    ]
    joins = "\n".join(f"LEFT JOIN {c}_lookup ON {side}.{c} = {c}_lookup.value" for c in COLUMNS[side])
    listed = ",\n    ".join(columns)
    return f"SELECT\n    {listed}\nFROM {side}_odd AS {side}\n{joins}"


def _value(side: str, column: str, output: str) -> str:
    return f"CASE WHEN {column}_lookup.value IS NULL THEN {side}.{column} ELSE {column}_lookup.{output} END"


def _replaced(side: str, column: str, output: str) -> str:
    return f"{_value(side, column, output)} AS {column}"


def drop_shared_numbers(engine: Engine, people_at_most: int) -> dict[str, int]:
    """Make not known every SSN that too many different people carry, counted by side.

    A person is a last name with a birth date; both files are counted together, so that a dummy is
    gone from both. Leaves `{side}_repeated_ssn`: the numbers that stand on several rows of a side.
    """
    sides = ("patient", "death")
    for side in sides:
        repeated = f"SELECT ssn FROM {side} WHERE ssn IS NOT NULL GROUP BY ssn HAVING count(*) > 1"
        engine.create(f"{side}_repeated_ssn", repeated)
    # More than one person on both sides together, each number once on either, is no more than two.
    suspects = " UNION ".join(f"SELECT ssn FROM {side}_repeated_ssn" for side in sides)
    if people_at_most < 2:
        suspects = " UNION ".join(f"SELECT ssn FROM {side}" for side in sides)
    carried = " UNION ALL ".join(
        f"SELECT ssn, last_name, birth_date FROM {side} WHERE ssn IN (SELECT ssn FROM suspect)" for side in sides
    )
    engine.create(
        "shared_ssn",
        f"WITH suspect AS ({suspects}),\nperson AS (\n    SELECT DISTINCT ssn, last_name, birth_date\n"
        f"    FROM ({carried}) AS carried\n    WHERE last_name IS NOT NULL AND birth_date IS NOT NULL\n)\n"
        f"SELECT ssn FROM person GROUP BY ssn HAVING count(*) > {people_at_most}",
    )
    if not engine.rows("SELECT count(*) FROM shared_ssn")[0][0]:
        return dict.fromkeys(sides, 0)
    shared = "ssn IN (SELECT ssn FROM shared_ssn)"
    dropped = {side: int(engine.rows(f"SELECT count(*) FROM {side} WHERE {shared}")[0][0]) for side in sides}
    for side in sides:
        engine.blank(side, "ssn", shared)
    return dropped


def add_sounds(engine: Engine, side: str, fields: Iterable[str]) -> None:
    """Add the sound of names, for cascades that compare or block by it: each distinct name once."""
    for field in fields:
        names = f"SELECT DISTINCT {field} AS value FROM {side} WHERE {field} IS NOT NULL"
        engine.look_up("sound_lookup", names, lambda name: (sound(name),), ("sound",))
        engine.create(
            side,
            f"SELECT {side}.*, sound_lookup.sound AS {field}_sound"
            f" FROM {side} LEFT JOIN sound_lookup ON {side}.{field} = sound_lookup.value",
        )
        engine.drop("sound_lookup")
