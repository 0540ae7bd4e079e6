"""A side as it is read: in upper case, without dashes, and with room for what standardising will find.

Most values are done by that, while the file is read. Which are not, `odd_values` finds and replaces.
"""

from collections.abc import Mapping, Sequence

NAME_FIELDS = ("first_name", "middle_name", "last_name")
_COLUMNS = (*NAME_FIELDS, "suffix", "former_last_names", "ssn", "birth_date")
COLUMNS = {"patient": _COLUMNS, "death": (*_COLUMNS, "death_date_partial")}
DATES = {
    "patient": {"birth_date": "birth_date"},
    "death": {"birth_date": "birth_date", "death_date_partial": "death_date"},
}
"""The columns of dates of each side, and what they are called in the file."""

TRUE_WORDS = "('1', '1.0', 'T', 'TRUE', 'Y', 'YES')"  # pandas writes 1.0 where a column has gaps


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
        columns.append(f"coalesce(upper(trim(void)) IN {TRUE_WORDS}, FALSE) AS void")
        columns.append("nullif(trim(amends), '') AS amends")
    columns += [f"nullif(trim({column}), '') AS {column}" for column in groups]
    columns += carried
    listed = ",\n    ".join(columns)
    return f"SELECT\n    {listed}\nFROM (\n    SELECT\n        {inner}\n    FROM source\n) AS read"


_SEX = (
    "CASE WHEN sex IN ('M', 'F') THEN sex WHEN upper(trim(sex)) IN ('M', 'MALE', '1', '1.0') THEN 'M'"
    " WHEN upper(trim(sex)) IN ('F', 'FEMALE', '2', '2.0') THEN 'F' END AS sex"
)


def _upper(column: str) -> str:
    # In some files nothing is an empty text.
    return f"nullif(upper({column}), '')"


def _undashed(column: str) -> str:
    return f"CASE WHEN {column} LIKE '____-__-__' THEN replace({column}, '-', '') ELSE nullif({column}, '') END"
