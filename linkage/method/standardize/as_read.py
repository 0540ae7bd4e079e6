"""Reading one side: convert to upper case, remove dashes, and add empty columns for later results of standardization.

This is all that most values need. `odd_values` finds and replaces the others.
"""

from collections.abc import Mapping, Sequence

from linkage.quoting import quoted
from linkage.values.codes import NULL_WORDS, SEX_LETTERS

NAME_FIELDS = ("first_name", "middle_name", "last_name")
SEVERAL_NAMES = ("first_name_formal", "first_name_first")
"""Additional values by which a first name of several words is compared; empty for other names."""
_COLUMNS = (*NAME_FIELDS, "suffix", "former_last_names", "ssn", "birth_date")
COLUMNS = {"patient": _COLUMNS, "death": (*_COLUMNS, "death_date_partial")}
DATES = {
    "patient": {"birth_date": "birth_date"},
    "death": {"birth_date": "birth_date", "death_date_partial": "death_date"},
}
"""The date columns of each side, and their names in the file."""


def id_of(text: str) -> str:
    """An id without surrounding blanks, and NULL if it is a null word. Most ids begin with a digit.

    >>> id_of("mrn")[:60]
    "CASE WHEN mrn >= '0' AND mrn < ':' THEN trim(mrn) WHEN upper"
    """
    backslash = chr(92)  # which only one of the dialects reads literally
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

    `values` has the expression for each of our columns, and `groups` those of columns that are only carried along;
    `carried` are columns that the engine needs. `own_sexes` says that the user declared words for the sex, so that none
    is interpreted here.
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
# Codes with only one meaning, whatever else is in their column; the others are read when all codes are known.
_SEX = (
    "CASE WHEN sex IN ('M', 'F') THEN sex "
    + " ".join(f"WHEN upper(trim(sex)) = '{word}' THEN '{letter}'" for word, letter in SEX_LETTERS.items())
    + f" ELSE {_WORD.format(column='sex')} END AS sex"
)


# Other dashes are kept here: 1.2E-8 would become 1.2E8.
_UNDASHED_NUMBER = "CASE WHEN ssn LIKE '___-__-____' THEN replace(ssn, '-', '') ELSE nullif(ssn, '') END"


def _upper(column: str) -> str:
    # Some files write missing values as empty texts.
    return f"nullif(upper({column}), '')"


def _undashed(column: str) -> str:
    # Only between digits: in 1938-08-XX and 1938-08--- the day is not known.
    dashed = f"full_match({column}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
    return f"CASE WHEN {dashed} THEN replace({column}, '-', '') ELSE nullif({column}, '') END"
