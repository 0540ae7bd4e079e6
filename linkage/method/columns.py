"""SQL expressions for the values that are compared or used in blocking, from a standardized table.

Most rows have no compound surname, nickname or partial date, so such columns are stored only where they differ from the
plain column; the expressions here fill them in.
"""

from collections.abc import Iterable

from linkage.rules.cascade import FIELD_KINDS

SIDES = ("patient", "death")
"""The two files: the prefix of the names of their tables and columns."""


def column(side: str, name: str) -> str:
    """The SQL expression of a (possibly derived) column of one side.

    >>> column("patient", "ssn_last_four")
    'coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four)'
    >>> column("death", "ssn_without_last_four")
    "nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '')"
    >>> column("death", "last_name_initial")
    'substr(death.last_name, 1, 1)'
    """
    if name in FIELD_KINDS and name != "full_name":
        return f"{side}.{name}"
    if name == "full_name":
        return f"{side}.first_name || '|' || coalesce({side}.middle_name, '') || '|' || {side}.last_name"
    if name == "names_in_either_order":
        first, last = f"{side}.first_name", f"{side}.last_name"
        # least and greatest ignore NULL, but a single name is not a pair of names.
        return f"CASE WHEN {first} <= {last} THEN {first} || '|' || {last} ELSE {last} || '|' || {first} END"
    if name == "initials_in_either_order":
        first, last = f"substr({side}.first_name, 1, 1)", f"substr({side}.last_name, 1, 1)"
        return f"CASE WHEN {first} <= {last} THEN {first} || {last} ELSE {last} || {first} END"
    if name == "ssn_last_four":
        number = f"{side}.ssn"
        return f"coalesce(substr({number}, greatest(length({number}) - 3, 1), 4), {side}.ssn_last_four)"
    if name == "ssn_without_last_four":
        return f"nullif(substr({side}.ssn, 1, greatest(length({side}.ssn) - 4, 0)), '')"
    if name in ("birth_date_partial", "death_date_partial"):
        return f"coalesce({side}.{name.removesuffix('_partial')}, {side}.{name})"
    if name in _DATE_PIECES:
        start, length = _DATE_PIECES[name]
        known = f"substr({side}.birth_date, {start}, {length})"  # of nearly all records, so it comes first
        return f"coalesce({known}, nullif(substr({side}.birth_date_partial, {start}, {length}), '00'))"
    field, _, derived = name.rpartition("_")
    if derived == "initial":
        return f"substr({side}.{field}, 1, 1)"
    if derived == "sound":
        return f"{side}.{field}_sound"
    if name == "last_name_all":
        return f"words_of(nullif(concat_ws('|', {side}.last_name, {side}.former_last_names), ''))"
    stored = _stored(side, name)
    listed = ", ".join([*stored, f"{side}.{field}"])
    return f"words_of(coalesce({listed}))" if stored else f"words_of({listed})"


def stored_columns(names: Iterable[str]) -> list[str]:
    """The stored columns from which `column` computes these values, in order.

    >>> stored_columns(["ssn_last_four", "last_name_initial", "birth_year"])
    ['birth_date', 'birth_date_partial', 'last_name', 'ssn', 'ssn_last_four']
    """
    return sorted({name for derived in names for name in _sources(derived)})


def _sources(name: str) -> tuple[str, ...]:
    if name == "full_name":
        return ("first_name", "middle_name", "last_name")
    if name.endswith("_in_either_order"):
        return ("first_name", "last_name")
    if name in _DATE_PIECES:
        return ("birth_date", "birth_date_partial")
    if name == "ssn_without_last_four":
        return ("ssn",)
    field, _, derived = name.rpartition("_")
    if derived in ("partial", "four"):
        return (field.removesuffix("_last"), name)
    return (field,) if derived == "initial" else (name,)


def has_several(name: str) -> str:
    """The condition that a list of words is more than the plain value on either side; empty if it never is.

    >>> has_several("last_name_parts")
    'coalesce(patient.last_name_parts, death.last_name_parts) IS NOT NULL'
    """
    stored = [column for side in SIDES for column in _stored(side, name)]
    return f"coalesce({', '.join(stored)}) IS NOT NULL" if stored else ""


def _stored(side: str, name: str) -> list[str]:
    """The columns in which a list of words is stored where it is more than the plain value."""
    field, _, derived = name.rpartition("_")
    if derived in ("formal", "first"):
        return [*([f"{side}.{name}"] if field == "first_name" else []), f"{side}_{field}_formal.formal"]
    if derived == "parts":
        return [f"{side}.{name}"]
    return [f"{side}.former_last_names"] if name == "last_name_all" else []  # former names are kept only for last names


_DATE_PIECES = {"birth_year": (1, 4), "birth_month": (5, 2), "birth_day": (7, 2)}
