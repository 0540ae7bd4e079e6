"""Standardising whole tables: a fast path in SQL while a file is read, and Python for the rest.

Most values are already plain (letters only; nine digits; 1980-01-31) and only need upper case or
their dashes removed, which SQL does as the file streams in. Every other value is kept aside in a
`_raw` column; its distinct values go through the Python functions of this package once each, and
the rows that hold them are replaced. Both ways give the same answer: the fast path only takes
values that Python would write in the same way.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from linkage.engines import Engine
from linkage.rules import Cascade, Field
from linkage.standardise.dates import EARLIEST_YEAR, LATEST_YEAR, reads_day_first, standard_date
from linkage.standardise.names import SUFFIXES, former_names, sound, standard_name, standard_suffix
from linkage.standardise.ssn import standard_ssn

NAME_FIELDS = ("first_name", "middle_name", "last_name")
RAW_COLUMNS = (*NAME_FIELDS, "suffix", "former_last_names", "ssn", "birth_date")


_Function = Callable[[str], tuple[Any, ...]]
# What the function of a raw column gives, before its notes.
_NAME_OUTPUTS = {"name": "VARCHAR", "parts": "VARCHAR[]", "suffix": "VARCHAR", "middle": "VARCHAR"}
_DATE_OUTPUTS = {"complete": "VARCHAR", "partial": "VARCHAR"}
_OUTPUTS = {
    **dict.fromkeys(NAME_FIELDS, _NAME_OUTPUTS),
    "suffix": {"name": "VARCHAR"},
    "former_last_names": {"names": "VARCHAR[]"},
    "ssn": {"ssn": "VARCHAR", "last_four": "VARCHAR"},
    "birth_date": _DATE_OUTPUTS,
    "death_date": _DATE_OUTPUTS,
}


def plain_select(side: str, values: Mapping[str, str], cascade: Cascade, groups: Mapping[str, str]) -> str:
    """The SELECT that reads one side from `source`: plain values standardised, others in `_raw`.

    `values` gives the expression for each of our columns, `groups` those of columns that are only
    carried along.
    """
    plain = _plain_values(side, cascade)
    carried = [f"{side}_id", "sex", *(["void"] if side == "death" else []), *groups]
    inner = ",\n        ".join(f"{expression} AS {name}" for name, expression in {**values, **groups}.items())
    middle = ",\n        ".join([*carried, *RAW_BY_SIDE[side], *(f"{plain[c]} AS {c}_plain" for c in plain)])
    return (
        f"SELECT\n    {f',{_BREAK}'.join(_read_columns(side, groups))}\nFROM (\n    SELECT\n        {middle}\n"
        f"    FROM (\n        SELECT {inner}\n        FROM source\n    ) AS read\n) AS tested"
    )


_BREAK = "\n    "
RAW_BY_SIDE = {"patient": RAW_COLUMNS, "death": (*RAW_COLUMNS, "death_date")}


def _plain_values(side: str, cascade: Cascade) -> dict[str, str]:
    """For each raw column, its standard form when the value is plain; otherwise NULL."""
    fields = cascade.fields
    plain = {name: _when(_is_plain_name(fields[name]), f"upper({name})") for name in NAME_FIELDS}
    plain["suffix"] = _when(f"suffix IN {_listed(set(SUFFIXES.values()))}", "suffix")
    plain["former_last_names"] = "CAST(NULL AS VARCHAR)"
    plain["ssn"] = _when(_is_plain_ssn(cascade), "replace(ssn, '-', '')")
    not_known = fields["birth_date"].not_known
    plain["birth_date"] = _when(_is_plain_date("birth_date", not_known), "replace(birth_date, '-', '')")
    if side == "death":
        plain["death_date"] = _when(_is_plain_date("death_date", ()), "replace(death_date, '-', '')")
    return plain


def _when(condition: str, value: str) -> str:
    return f"CASE WHEN {condition} THEN {value} END"


def _read_columns(side: str, groups: Iterable[str]) -> list[str]:
    no_list = "CAST(NULL AS VARCHAR[])"
    columns = [f"nullif(trim({side}_id), '') AS {side}_id"]
    for name in NAME_FIELDS:
        columns += [f"{name}_plain AS {name}", f"{no_list} AS {name}_parts"]
    columns += ["suffix_plain AS suffix", f"{no_list} AS last_name_all", "ssn_plain AS ssn"]
    columns += ["CAST(NULL AS VARCHAR) AS ssn_last_four", "birth_date_plain AS birth_date"]
    columns += ["CAST(NULL AS VARCHAR) AS birth_date_partial", _SEX]
    if side == "death":
        columns.append("death_date_plain AS death_date_partial")
        columns.append("coalesce(upper(trim(void)) IN ('1', 'T', 'TRUE', 'Y', 'YES'), FALSE) AS void")
    raw = [
        f"CASE WHEN {name}_plain IS NULL THEN nullif(trim({name}), '') END AS {name}_raw" for name in RAW_BY_SIDE[side]
    ]
    return [*columns, *raw, *(f"nullif(trim({column}), '') AS {column}" for column in groups)]


_SEX = (
    "CASE WHEN upper(trim(sex)) IN ('M', 'MALE', '1') THEN 'M'"
    " WHEN upper(trim(sex)) IN ('F', 'FEMALE', '2') THEN 'F' END AS sex"
)


def _listed(values: Iterable[str]) -> str:
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values))
    return f"({quoted})"


def _is_plain_name(field: Field) -> str:
    name = field.name
    plain = f"full_match({name}, '[A-Za-z]+')"
    # A key held down (XXX) is a placeholder; no real name begins with three of one letter.
    plain += f" AND NOT (substr({name}, 2, 1) = substr({name}, 3, 1)"
    plain += f" AND upper(substr({name}, 1, 1)) = upper(substr({name}, 2, 1)) AND length({name}) > 2)"
    placeholders = {value.replace(" ", "") for value in field.not_known}
    return f"{plain} AND upper({name}) NOT IN {_listed(placeholders)}" if placeholders else plain


def _is_plain_ssn(cascade: Cascade) -> str:
    if cascade.ssn.digits != 9:
        return "FALSE"
    digits = "replace(ssn, '-', '')"
    dummies = {*cascade.fields["ssn"].not_known, *(digit * 9 for digit in "0123456789")}
    taxpayer = "" if cascade.ssn.keep_taxpayer_numbers else f" AND substr({digits}, 1, 1) <> '9'"
    return (
        f"full_match({digits}, '[0-9]{{9}}') AND substr({digits}, 1, 3) NOT IN ('000', '666')"
        f" AND substr({digits}, 4, 2) <> '00' AND substr({digits}, 6, 4) <> '0000'"
        f" AND {digits} NOT IN {_listed(dummies)}{taxpayer}"
    )


def _is_plain_date(column: str, not_known: Sequence[str]) -> str:
    dashed = {f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" for digits in not_known}
    known = f" AND {column} NOT IN {_listed(dashed)}" if dashed else ""
    return (
        f"full_match({column}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND try_cast({column} AS DATE) IS NOT NULL"
        f" AND {column} BETWEEN '{EARLIEST_YEAR}-01-01' AND '{LATEST_YEAR}-12-31'{known}"
    )


def finish(engine: Engine, side: str, cascade: Cascade, groups: Iterable[str]) -> dict[str, Counter[str]]:
    """Standardise what the fast path left: replace the rows that hold a `_raw` value.

    Returns what was changed or dropped, counted by reason, for each column.
    """
    raw = RAW_BY_SIDE[side]
    counts = {column: _look_up(engine, side, column, cascade) for column in raw}
    engine.replace_rows(side, " OR ".join(f"{column}_raw IS NOT NULL" for column in raw), _fixed(side, raw, groups))
    engine.drop(*(f"{column}_lookup" for column in raw))
    return counts


def _look_up(engine: Engine, side: str, column: str, cascade: Cascade) -> Counter[str]:
    """Make the table of a raw column's distinct values and what they stand for."""
    raw = f"{column}_raw"
    values = [row[0] for row in engine.rows(f"SELECT DISTINCT {raw} FROM {side} WHERE {raw} IS NOT NULL")]
    function = _function(column, values, cascade)
    found = [function(value) for value in values]
    types = {"value": "VARCHAR", **_OUTPUTS[column], "notes": "VARCHAR"}
    transposed = zip(*found, strict=True) if found else [()] * (len(types) - 1)
    engine.insert(f"{column}_lookup", dict(zip(types, (values, *transposed), strict=True)), types)
    counted = (
        f"SELECT notes, count(*) FROM {side} JOIN {column}_lookup ON {raw} = value WHERE notes <> '' GROUP BY notes"
    )
    counts: Counter[str] = Counter()
    for notes, rows in engine.rows(counted) if values else ():
        for note in notes.split("; "):
            counts[note] += rows
    return counts


def _function(column: str, values: Sequence[str], cascade: Cascade) -> _Function:
    last_name, ssn, birth_date = (cascade.fields[name] for name in ("last_name", "ssn", "birth_date"))
    if column in NAME_FIELDS:
        return _name_function(cascade.fields[column])
    if column == "former_last_names":
        return lambda text: ((former_names(text, last_name.not_known, last_name.steps) or None), "")
    if column == "suffix":
        return lambda text: ((code := standard_suffix(text)), "" if code else "not a suffix")
    if column == "ssn":
        return _ssn_function(ssn.not_known, cascade)
    return _date_function(birth_date.not_known if column == "birth_date" else (), reads_day_first(values))


def _name_function(field: Field) -> _Function:
    not_known, given = frozenset(field.not_known), field.name == "first_name"

    def look_up(text: str) -> tuple[Any, ...]:
        name = standard_name(text, not_known, field.steps, given)
        compound = list(name.parts) if name.parts and name.parts != (name.name,) else None
        return name.name, compound, name.suffix, name.middle, "; ".join(name.notes)

    return look_up


def _ssn_function(not_known: Iterable[str], cascade: Cascade) -> _Function:
    dummies = frozenset(not_known)

    def look_up(text: str) -> tuple[Any, ...]:
        number = standard_ssn(text, dummies, cascade.ssn)
        return number.ssn, None if number.ssn else number.last_four, number.note or ""

    return look_up


def _date_function(not_known: Iterable[str], day_first: bool) -> _Function:
    defaults = frozenset(not_known)

    def look_up(text: str) -> tuple[Any, ...]:
        read = standard_date(text, defaults, day_first)
        complete = read.digits is not None and read.note is None
        return read.digits if complete else None, None if complete else read.digits, read.note or ""

    return look_up


def _fixed(side: str, raw: Sequence[str], groups: Iterable[str]) -> str:
    """The SELECT of the rows with some raw value, each such value replaced by what was looked up."""
    columns = [
        f"{side}.{side}_id",
        _replaced(side, "first_name", "name"),
        "first_name_lookup.parts AS first_name_parts",
        f"coalesce({side}.middle_name, middle_name_lookup.name, first_name_lookup.middle) AS middle_name",
        "middle_name_lookup.parts AS middle_name_parts",
        _replaced(side, "last_name", "name"),
        "last_name_lookup.parts AS last_name_parts",
        f"coalesce({side}.suffix, suffix_lookup.name, last_name_lookup.suffix, first_name_lookup.suffix) AS suffix",
        f"list_with(former_last_names_lookup.names, coalesce({side}.last_name, last_name_lookup.name))"
        " AS last_name_all",
        _replaced(side, "ssn", "ssn"),
        "ssn_lookup.last_four AS ssn_last_four",
        _replaced(side, "birth_date", "complete"),
        "birth_date_lookup.partial AS birth_date_partial",
        f"{side}.sex",
        *(f"{side}.{column}" for column in groups),
    ]
    if side == "death":
        digits = "death.death_date_partial, death_date_lookup.complete, death_date_lookup.partial"
        columns += [f"coalesce({digits}) AS death_date_partial", "death.void"]
    joins = "\n".join(f"LEFT JOIN {column}_lookup ON {side}.{column}_raw = {column}_lookup.value" for column in raw)
    odd = " OR ".join(f"{side}.{column}_raw IS NOT NULL" for column in raw)
    listed = ",\n    ".join(columns)
    return f"SELECT\n    {listed}\nFROM {side}\n{joins}\nWHERE {odd}"


def _replaced(side: str, column: str, output: str) -> str:
    return f"coalesce({side}.{column}, {column}_lookup.{output}) AS {column}"


def drop_shared_numbers(engine: Engine, people_at_most: int) -> dict[str, int]:
    """Make not known every SSN that too many different people carry, counted by side.

    A person is a last name with a birth date; both files are counted together, so that a dummy is
    gone from both.
    """
    both = " UNION ALL ".join(f"SELECT ssn, last_name, birth_date FROM {side}" for side in ("patient", "death"))
    engine.create(
        "shared_ssn",
        "WITH often AS (\n"
        f"    SELECT ssn FROM ({both}) AS carried WHERE ssn IS NOT NULL GROUP BY ssn HAVING count(*) > {people_at_most}\n"
        "), person AS (\n"
        f"    SELECT DISTINCT ssn, last_name, birth_date FROM ({both}) AS carried\n"
        "    WHERE ssn IN (SELECT ssn FROM often) AND last_name IS NOT NULL AND birth_date IS NOT NULL\n"
        f") SELECT ssn FROM person GROUP BY ssn HAVING count(*) > {people_at_most}",
    )
    dropped = {}
    if not engine.rows("SELECT count(*) FROM shared_ssn")[0][0]:
        return dict.fromkeys(("patient", "death"), 0)
    for side in ("patient", "death"):
        shared = "ssn IN (SELECT ssn FROM shared_ssn)"
        dropped[side] = int(engine.rows(f"SELECT count(*) FROM {side} WHERE {shared}")[0][0])
        engine.blank(side, "ssn", shared)
    return dropped


def add_sounds(engine: Engine, side: str, fields: Iterable[str]) -> None:
    """Add the sound of names, for cascades that compare or block by it: each distinct name once."""
    for field in fields:
        names = [row[0] for row in engine.rows(f"SELECT DISTINCT {field} FROM {side} WHERE {field} IS NOT NULL")]
        columns = {"name": names, "sound": [sound(name) for name in names]}
        engine.insert("sound_lookup", columns, dict.fromkeys(columns, "VARCHAR"))
        engine.create(
            side,
            f"SELECT {side}.*, sound_lookup.sound AS {field}_sound"
            f" FROM {side} LEFT JOIN sound_lookup ON {side}.{field} = sound_lookup.name",
        )
        engine.drop("sound_lookup")
