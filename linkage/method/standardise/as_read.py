"""A side as it is read: in upper case, without dashes, and with room for what standardising will find.

Most values are done by that, while the file is read. Which are not, `odd_values` finds and replaces.
"""

from collections.abc import Mapping, Sequence

from linkage.quoting import quoted
from linkage.values.codes import NULL_WORDS

NAME_FIELDS = ("first_name", "middle_name", "last_name")
SEVERAL_NAMES = ("first_name_formal", "first_name_first")
"""What a first name of several words is compared by beside the whole; empty for others."""
_COLUMNS = (*NAME_FIELDS, "suffix", "former_last_names", "ssn", "birth_date")
COLUMNS = {"patient": _COLUMNS, "death": (*_COLUMNS, "death_date_partial")}
DATES = {
    "patient": {"birth_date": "birth_date"},
    "death": {"birth_date": "birth_date", "death_date_partial": "death_date"},
}
"""The columns of dates of each side, and what they are called in the file."""


def id_of(text: str) -> str:
    """An id without blanks around it, and NULL where it is a word for nothing. Most ids begin with a digit.

    >>> id_of("mrn")[:60]
    "CASE WHEN mrn >= '0' AND mrn < ':' THEN trim(mrn) WHEN upper"
    """
    backslash = chr(92)  # which only one of the dialects reads as it is
    words = quoted(tuple(word for word in NULL_WORDS if backslash not in word))
    return (
        f"CASE WHEN {text} >= '0' AND {text} < ':' THEN trim({text}) WHEN upper(trim({text})) IN ({words})"
        f" OR upper(trim({text})) = chr(92) || 'N' THEN NULL ELSE nullif(trim({text}), '') END"
    )


def read_select(
    side: str,
    values: Mapping[str, str],
    groups: Mapping[str, str],
    carried: Sequence[str] = (),
    own_sexes: bool = False,
) -> str:
    """The SELECT that reads one side from `source`: upper case, and numbers and dates without dashes.

    `values` gives the expression for each of our columns, `groups` those of columns that are only
    carried along; `carried` are columns that the engine asks for. `own_sexes` says that the words for the sex are
    declared, so that none is read here.
    """
    read = {**values, **groups, **{name: name for name in carried}}
    inner = ",\n        ".join(f"{expression} AS {name}" for name, expression in read.items())
    nothing = "CAST(NULL AS STRING)"
    columns = [f"{id_of(f'{side}_id')} AS {side}_id"]
    for name in NAME_FIELDS:
        columns += [f"{_upper(name)} AS {name}", f"{nothing} AS {name}_parts"]
    columns += [f"{nothing} AS {name}" for name in SEVERAL_NAMES]
    columns += [f"{_upper(name)} AS {name}" for name in ("suffix", "former_last_names")]
    columns += [f"{_UNDASHED_NUMBER} AS ssn", f"{nothing} AS ssn_last_four"]
    columns += [f"{_undashed('birth_date')} AS birth_date", f"{nothing} AS birth_date_partial"]
    columns.append(f"{_WORD.format(column='sex')} AS sex" if own_sexes else _SEX)
    if side == "death":
        columns.append(f"{_undashed('death_date')} AS death_date_partial")
        columns.append(f"{_WORD.format(column='void')} AS void")
        columns.append(f"{id_of('amends')} AS amends")
    columns += [f"nullif(trim({column}), '') AS {column}" for column in groups]
    columns += carried
    listed = ",\n    ".join(columns)
    return f"SELECT\n    {listed}\nFROM (\n    SELECT\n        {inner}\n    FROM source\n) AS read"


_WORD = "nullif(upper(trim({column})), '')"
# The codes that mean the same whatever else stands in their column; the others are read when all are known.
_SEX = (
    "CASE WHEN sex IN ('M', 'F') THEN sex WHEN upper(trim(sex)) IN ('MALE', '8507') THEN 'M'"
    f" WHEN upper(trim(sex)) IN ('FEMALE', '8532') THEN 'F' ELSE {_WORD.format(column='sex')} END AS sex"
)


# No other dash is taken out here: 1.2E-8 would become 1.2E8.
_UNDASHED_NUMBER = "CASE WHEN ssn LIKE '___-__-____' THEN replace(ssn, '-', '') ELSE nullif(ssn, '') END"


def _upper(column: str) -> str:
    # In some files nothing is an empty text.
    return f"nullif(upper({column}), '')"


def _undashed(column: str) -> str:
    # Only between digits: in 1938-08-XX and 1938-08--- the day is not known.
    dashed = f"full_match({column}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
    return f"CASE WHEN {dashed} THEN replace({column}, '-', '') ELSE nullif({column}, '') END"
